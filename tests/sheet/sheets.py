"""Sheets for tests: workbooks and CSVs, sent in and carried out as the worker does it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import python_calamine
import xlsxwriter
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.sheet import actions
from tickets.sheet.models import SheetLoad

HEADINGS = ("设备编号", "名称", "类型", "上级", "功率(W)", "安装日期", "纬度", "经度")
Rows = Sequence[Sequence[Any]]


def workbook(rows: Rows, *, headings: Sequence[str] = HEADINGS, **how: Any) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **how})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page = book.add_worksheet()
    for n, row in enumerate([headings, *rows]):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(n, column, cell, day)
            elif cell is not None:
                page.write(n, column, cell)
    book.close()
    return out.getvalue()


def csv_of(rows: Rows, *, headings: Sequence[str] = HEADINGS, encoding: str = "utf-8") -> bytes:
    lines = [",".join("" if c is None else str(c) for c in row) for row in [headings, *rows]]
    return "\r\n".join(lines).encode(encoding)


async def sent(
    browser: AsyncClient,
    code: str,
    content: bytes,
    *,
    name: str = "台账.xlsx",
    what: str = "assets",
) -> str:
    """The address of the sheet that was sent in."""
    answer = await browser.post(
        f"/projects/{code}/sheets", data={"what": what}, files={"file": (name, content)}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def chosen(page: str) -> dict[str, str]:
    """Which column is chosen for each field, as the page has it."""
    found = {}
    for name, options in re.findall(r'name="(column_\w+)">(.*?)</select>', page, re.S):
        if match := re.search(r'value="(\d+)" selected', options):
            found[name] = match[1]
    return found


async def tell_nobody(percent: int) -> None:
    return None


async def carried_out(
    session: AsyncSession,
    browser: AsyncClient,
    address: str,
    wish: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> SheetLoad:
    """Started with what the page proposes, and done as the worker does it."""
    form = dict(columns) if columns is not None else chosen((await browser.get(address)).text)
    answer = await browser.post(f"{address}/start", data=form | dict(wish or {}))
    assert answer.status_code == 303, answer.text
    load = await actions.take_up(session)
    assert load is not None
    await actions.carry_out(session, load, tell=tell_nobody, now=datetime.now(UTC))
    return load


async def brought(
    session: AsyncSession,
    browser: AsyncClient,
    code: str,
    content: bytes,
    wish: Mapping[str, str] | None = None,
    **how: Any,
) -> SheetLoad:
    return await carried_out(session, browser, await sent(browser, code, content, **how), wish)


def cells(content: bytes) -> list[list[Any]]:
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(content))
    return book.get_sheet_by_index(0).to_python()


def wrong(load: SheetLoad) -> list[tuple[int, int, str]]:
    """Row, column, sentence."""
    return [(row, column, sentence) for row, column, sentence, _ in load.bad.get("first", [])]
