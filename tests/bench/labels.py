"""`make bench`: a thousand labels, from the register to the PDF."""

import asyncio
import time
from datetime import UTC, datetime

from tests.bench.table import Table
from tickets.asset import rules
from tickets.papers import paper

MANY = 1000
LIMIT = 10.0


async def made() -> float:
    """Seconds for a thousand labels of the usual sheet, a third of them with a long name."""
    sheet = rules.sheet_of("A4-63x38")
    pages: list[list[dict[str, object]]] = []
    codes = {}
    for n in range(MANY):
        x, y = sheet.place(n % sheet.places)
        if n % sheet.places == 0:
            pages.append([])
        name = "沿江音乐广场主入口东侧第三组喷泉水下彩色投光灯" if n % 3 == 0 else "投光灯"
        code = f"BENCH{n:05}"
        codes[f"{code}.svg"] = (f"https://desk.example.com/q/{code}", "Q")
        pages[-1].append(
            {"x": x, "y": y, "code": f"L-{n:04}", "name": name, "picture": f"{code}.svg"}
        )
    facts = {
        "title": "labels",
        "project": "滨江夜景一期",
        "hotline": "400-820-1234",
        "pages": pages,
        "side": 31.5,
        "pad": rules.PAD,
        "cut": True,
        "sheet": {
            name: getattr(sheet, name)
            for name in ("width", "height", "label_width", "label_height")
        },
    }
    began = time.perf_counter()
    await paper("labels", facts, locale="zh-CN", codes=codes, at=datetime.now(UTC))
    return time.perf_counter() - began


def measure(table: Table) -> None:
    table.single(f"{MANY:,} labels with their codes, one PDF", asyncio.run(made()), "s", LIMIT)
