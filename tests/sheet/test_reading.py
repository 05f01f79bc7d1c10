"""What Excel makes of a sheet: dates of two systems, long numbers, merged cells, bombs."""

import asyncio
import re
import time
import zipfile
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
import xlsxwriter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.sheet.sheets import brought, workbook, wrong
from tickets.asset.models import Asset
from tickets.refusals import Invalid
from tickets.sheet import reading
from tickets.sheet.rules import limits
from tickets.sheet.rules.cells import column_letter, day_of_cell, guarded, text_of

HEADINGS = ("设备编号", "名称", "类型", "序列号", "安装日期")


@pytest.mark.parametrize(
    ("cell", "is_1904", "day"),
    [
        (45901, False, date(2025, 9, 1)),
        (44439, True, date(2025, 9, 1)),
        (20250901, False, date(2025, 9, 1)),
        ("2025-09-01", False, date(2025, 9, 1)),
        ("2025/9/1", False, date(2025, 9, 1)),
        ("2025年9月1日", False, date(2025, 9, 1)),
        ("２０２５．９．１", False, date(2025, 9, 1)),
        ("2025-09-01 08:30:00", False, date(2025, 9, 1)),
        ("", False, None),
        (" ", False, None),
    ],
)
def test_a_day_is_read_however_it_was_written(cell: Any, is_1904: bool, day: date | None) -> None:
    assert day_of_cell("installed_on", cell, is_1904=is_1904) == day


@pytest.mark.parametrize("cell", ["9/1/25", "01-09-2025", "2025-13-01", "2025-02-30", "昨天", 7e9])
def test_what_can_be_read_in_two_ways_is_no_day(cell: Any) -> None:
    with pytest.raises(Invalid, match="is not a day"):
        day_of_cell("installed_on", cell)


def test_a_number_that_excel_has_spoilt_is_told_not_guessed() -> None:
    with pytest.raises(Invalid, match="15 digits"):
        text_of("serial", 4.40106e17)
    assert text_of("serial", 13812345678.0) == "13812345678"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@x", "\tx", "\rx"])
def test_what_would_compute_is_guarded_and_comes_back_as_it_was(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert text_of("name", guarded(text)) == text.strip()


def test_columns_are_named_as_excel_names_them() -> None:
    assert [column_letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]


async def loaded(
    session: AsyncSession, as_role: SignedIn, content: bytes, **how: Any
) -> tuple[Any, dict[str, Asset]]:
    project = await make_project(session, code="P1")
    load = await brought(session, await as_role("manager"), "P1", content, **how)
    rows = await session.scalars(select(Asset).where(Asset.project_id == project.id))
    return load, {asset.code: asset for asset in rows}


async def test_a_workbook_of_1904_has_its_own_first_day(
    session: AsyncSession, as_role: SignedIn
) -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": True})
    page, shape = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, HEADINGS)
    page.write_row(1, 0, ("L-1", "灯", "投光灯", "440106199001011234"))
    page.write_number(1, 4, 44439, shape)
    book.close()
    load, found = await loaded(session, as_role, out.getvalue())
    assert load.counts["added"] == 1, load.bad
    assert found["L-1"].installed_on == date(2025, 9, 1)
    assert found["L-1"].serial == "440106199001011234"


async def test_headings_lower_down_blank_rows_merged_cells_and_formulas(
    session: AsyncSession, as_role: SignedIn
) -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet()
    page.merge_range(0, 0, 0, 4, "滨江夜景 设备台账")
    page.write_row(2, 0, HEADINGS)
    page.write_row(4, 0, ("L-1", "灯", "投光灯"))
    page.write_formula(6, 0, '="L-"&2', None, "L-2")
    page.write_row(6, 1, ("灯", "投光灯"))
    page.merge_range(8, 1, 9, 1, "并灯")
    page.write(8, 0, "L-3")
    page.write(8, 2, "投光灯")
    page.write(9, 0, "L-4")
    page.write(9, 2, "投光灯")
    book.close()
    load, found = await loaded(session, as_role, out.getvalue())
    assert set(found) >= {"L-1", "L-2", "L-3"}, load.bad
    # What was merged over several rows stands in each of them.
    assert wrong(load) == []
    assert (found["L-3"].name, found["L-4"].name) == ("并灯", "并灯")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04nothing", "cannot be read as a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old or a locked workbook"),
        (workbook([]), "empty"),
        (bytes(range(256)) * 40, ""),
    ],
)
async def test_what_is_no_sheet_is_refused_with_a_sentence(
    session: AsyncSession, as_role: SignedIn, content: bytes, said: str
) -> None:
    await make_project(session, code="P1")
    manager = await as_role("manager")
    answer = await manager.post(
        "/projects/P1/sheets", data={"what": "assets"}, files={"file": ("x.xlsx", content)}
    )
    assert answer.status_code == 422
    assert said in answer.text
    nothing = await manager.post("/projects/P1/sheets", data={"what": "assets"})
    assert "Choose a file first." in nothing.text


def bomb(path: Path, rows: int) -> None:
    """Millions of rows in a few megabytes, as Excel would never write them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as parts:
        parts.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        parts.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<sheets><sheet name="a" sheetId="1"/></sheets></workbook>',
        )
        with parts.open("xl/worksheets/sheet1.xml", "w") as page:
            page.write(b"<worksheet><sheetData>")
            thousand = b'<row><c t="inlineStr"><is><t>x</t></is></c></row>' * 1000
            for _ in range(rows // 1000):
                page.write(thousand)
            page.write(b"</sheetData></worksheet>")


async def peak_of_child(over: asyncio.Event) -> int:
    """The most memory, in bytes, that the reading child ever had resident, as its kernel tells."""
    peak = 0
    while not over.is_set():
        for child in psutil.Process().children():
            with suppress(psutil.Error, OSError):
                if any(word.endswith("reading/child.py") for word in child.cmdline()):
                    told = Path(f"/proc/{child.pid}/status").read_text()
                    if match := re.search(r"VmHWM:\s+(\d+) kB", told):
                        peak = max(peak, int(match[1]) << 10)
        await asyncio.sleep(0.005)
    return peak


async def test_a_bomb_of_five_million_rows_is_refused_early_and_never_unpacked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bomb.xlsx"
    await asyncio.to_thread(bomb, path, 5_000_000)
    assert path.stat().st_size < limits.LARGEST
    over = asyncio.Event()
    watching = asyncio.create_task(peak_of_child(over))
    began = time.monotonic()
    with pytest.raises(Invalid) as refusal:
        await reading.look(path, "assets")
    assert time.monotonic() - began < 15
    over.set()
    assert "more than" in refusal.value.sentence
    # The interpreter with what it imports, and a few megabytes of the stream at a time; unpacked
    # it is 250 MB, before the first row of it is a row.
    assert 10 << 20 < await watching < 100 << 20


async def test_a_reader_that_grows_too_large_is_ended_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    line = "L-{n},灯,投光灯,x,2025-09-01\n"
    text = ",".join(HEADINGS) + "\n" + "".join(line.format(n=n) for n in range(200_000))
    path.write_text(text)
    with pytest.raises(Invalid, match="too much memory"):
        await reading.child(
            "assets",
            path=path,
            what="assets",
            columns={"code": 0},
            folder=tmp_path,
            memory=90 << 20,
        )
