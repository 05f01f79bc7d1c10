"""`tickets import assets` and `tickets export`, as an operator runs them."""

import csv
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest

from tests.makers.command import Command
from tests.makers.database import own_database
from tests.sheet.sheets import cells, workbook

Rows: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_n = count(1)


@pytest.fixture(scope="module")
async def url(server: str) -> AsyncIterator[str]:
    async with own_database(server) as made:
        yield made


@pytest.fixture
async def rows(url: str) -> AsyncIterator[Rows]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def project(rows: Rows) -> str:
    code = f"P{next(_n)}"
    owner = await rows.fetchval("INSERT INTO owner (name) VALUES ($1) RETURNING id", code)
    await rows.execute(
        "INSERT INTO project (code, name, owner_id, timezone, grams)"
        " VALUES ($1, 'Riverside', $2, 'Asia/Shanghai', '{}')",
        code,
        owner,
    )
    return code


@pytest.fixture
def tickets(url: str, tmp_path: Path) -> Command:
    return Command(url, tmp_path / "var")


def told(good: int, bad: int, known: int, changed: int, added: int) -> list[str]:
    return [
        *(f"good {good}", f"bad {bad}", f"known {known}", f"changed {changed}", f"added {added}")
    ]


async def assets_of(rows: Rows, project: str) -> dict[str, asyncpg.Record]:
    found = await rows.fetch(
        "SELECT a.*, p.code AS parent FROM asset a JOIN project ON project.id = a.project_id"
        " LEFT JOIN asset p ON p.id = a.parent_id WHERE project.code = $1",
        project,
    )
    return {row["code"]: row for row in found}


async def test_a_register_is_loaded_in_any_order_and_a_second_time_changes_nothing(
    tickets: Command, rows: Rows, project: str, tmp_path: Path
) -> None:
    file = tmp_path / "台账.xlsx"
    file.write_bytes(
        workbook([["L-1", "投光灯", "投光灯", "DB01", "36W"], ["DB01", "南门箱", "配电箱"]])
    )
    words = ("import", "assets", str(file), "--project", project)
    code, out, err = await tickets(*words)
    assert (code, out) == (0, told(2, 0, 0, 0, 2)), err
    assert err.startswith("loaded 2 in ")
    found = await assets_of(rows, project)
    assert (found["L-1"]["parent"], found["L-1"]["power_w"]) == ("DB01", 36)
    assert (await tickets(*words, "--update"))[:2] == (0, told(2, 0, 2, 0, 0))
    file.write_bytes(workbook([["L-1", "洗墙灯", None, None, "18W"]]))
    assert (await tickets(*words, "--update"))[:2] == (0, told(1, 0, 0, 1, 0))
    found = await assets_of(rows, project)
    assert (found["L-1"]["name"], found["L-1"]["parent"]) == ("洗墙灯", "DB01")
    event = (
        "SELECT facts->>'number', facts->>'changed' FROM event JOIN project p ON p.id = project_id"
        " WHERE p.code = $1 AND event.kind = 'asset.imported' ORDER BY event.id"
    )
    assert [tuple(row) for row in await rows.fetch(event, project)] == [("2", "0"), ("0", "1")]


async def test_bad_rows_are_named_by_their_cell_and_all_or_nothing_loads_none(
    tickets: Command, rows: Rows, project: str, tmp_path: Path
) -> None:
    file = tmp_path / "register.csv"
    file.write_text("Code,Asset name,Kind\nL-1,lamp,LUM_FLOOD\nL-2,lamp,saucer\n")
    words = ("import", "assets", str(file), "--project", project)
    reason = "line 3 (C3): There is no kind of equipment saucer."
    for option, code, added, said in (
        ("--all-or-nothing", 1, 0, "Nothing was loaded."),
        ("--dry-run", 0, 0, "A dry run: nothing was written."),
        ("--no-dry-run", 0, 1, "loaded 1 in "),
    ):
        answer = await tickets(*words, option)
        assert answer[:2] == (code, [reason, *told(1, 1, 0, 0, added)])
        assert answer[2].startswith(said)
        assert len(await assets_of(rows, project)) == added
    # Without --update what is known is a bad row; the terminal's language tells why.
    tickets.env["LC_ALL"] = "zh_CN.UTF-8"
    code, out, _ = await tickets(*words)
    assert code == 0
    assert out[0] == "第 2 行（A2）：本项目中已有设备 L-1。"
    assert out[2:] == told(0, 2, 0, 0, 0)


async def test_a_mapping_says_what_headings_mean_that_nobody_could_guess(
    tickets: Command, rows: Rows, project: str, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "register.csv", tmp_path / "map.toml"
    file.write_text("甲,乙,丙\nL-1,灯,投光灯\n", encoding="gb18030")
    words = ("import", "assets", str(file), "--project", project)
    assert await tickets(*words) == (1, [], "Say which column holds the code of the asset.\n")
    mapping.write_text('[columns]\ncode = "丁"')
    answer = await tickets(*words, "--mapping", str(mapping))
    assert answer == (1, [], "There is no column 丁.\n")
    mapping.write_text('[columns]\ncode = "甲"\nname = "乙"\nkind = "丙"\n')
    assert (await tickets(*words, "--mapping", str(mapping)))[:2] == (0, told(1, 0, 0, 0, 1))
    assert (await assets_of(rows, project))["L-1"]["kind"] == "LUM_FLOOD"


async def test_what_is_exported_is_the_register_and_can_be_sent_in_again(
    tickets: Command, project: str, tmp_path: Path
) -> None:
    file, book, text = (tmp_path / name for name in ("in.csv", "out.xlsx", "out.csv"))
    lines = ["Code,Asset name,Kind,Stands in,Latitude,Longitude,Serial number"]
    lines += ["DB01,=箱+1,BOX,,,,", "L-1,喆堃灯,LUM_FLOOD,DB01,31.23,121.47,440106199001011234"]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert (await tickets("import", "assets", str(file), "--project", project))[0] == 0
    for out in (book, text):
        answer = await tickets("export", "assets", str(out), "--project", project)
        assert answer == (0, [], f"written: {out}\n")
        again = ("import", "assets", str(out), "--project", project, "--update")
        assert (await tickets(*again))[:2] == (0, told(2, 0, 2, 0, 0))
    written = cells(book.read_bytes())
    assert [row[0] for row in written] == ["Code", "DB01", "L-1"]
    assert written[1][1] == "=箱+1"
    assert text.read_bytes().startswith(b"\xef\xbb\xbf")
    with text.open(encoding="utf-8-sig", newline="") as read:
        guarded = list(csv.reader(read))
    assert [row[0] for row in guarded] == ["Code", "DB01", "L-1"]
    assert guarded[1][1] == "'=箱+1"


async def test_tickets_are_exported_with_their_callers(
    tickets: Command, project: str, tmp_path: Path
) -> None:
    file, out = tmp_path / "old.csv", tmp_path / "tickets.csv"
    file.write_text(
        "external_ref,reported_at,repaired_at,reporter_name,reporter_phone,description\n"
        "A-1,2025-10-09 10:00,2025-10-09 19:00,Zhang Wei,13812345678,dark\n"
    )
    code, said, err = await tickets("import", "tickets", str(file), "--project", project)
    assert (code, said[-1]) == (0, "added 1"), err
    tickets.env["LC_ALL"] = "zh_CN.UTF-8"
    assert (await tickets("export", "tickets", str(out), "--project", project))[0] == 0
    with out.open(encoding="utf-8-sig", newline="") as read:
        (row,) = csv.DictReader(read)
    assert "13812345678" in row.values()
    assert "Zhang Wei" in row.values()
    assert row["原单号"] == "A-1"


async def test_what_cannot_be_is_one_sentence(
    tickets: Command, project: str, tmp_path: Path
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"PK\x03\x04")
    for words, sentence in (
        (
            ("import", "assets", str(file), "--project", project),
            "This file cannot be read as a workbook. Save it as XLSX again.\n",
        ),
        (
            ("export", "assets", str(tmp_path / "x.xls"), "--project", project),
            "The name of the file ends in .xlsx or .csv.\n",
        ),
        (
            ("export", "tickets", str(tmp_path / "y.csv"), "--project", "nowhere"),
            "There is no project nowhere.\n",
        ),
    ):
        assert await tickets(*words) == (1, [], sentence)
    assert not (tmp_path / "y.csv").exists()
