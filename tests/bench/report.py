"""`python -m tests.bench.report`: the quarterly report, from the database to the PDF.

A plain one of 60 items, a large one of 300 with 120 photos, and a town's with 4,000 lines, each
set for the first time in each language; then the words for the page, and the reading of what is
kept.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.inspection import make_begun, make_instrument, make_town, usual
from tests.makers.project import make_owner, make_project
from tests.makers.staff import make_person
from tickets import db, embedded, media
from tickets.inspection import actions
from tickets.inspection.models import InspectionReport
from tickets.inspection.rules import Result
from tickets.inspection.rules.paper import on_paper
from tickets.migrations import upgrade
from tickets.staff.queries import who_is
from tickets.staff.rules import Who

LIMITS = {"plain": (0.5, 15.0), "large": (5.0, 15.0), "town": (60.0, 15.0)}
AT = datetime(2026, 6, 20, 2, tzinfo=UTC)


def photo(seed: int) -> bytes:
    """12 million pixels with as much in them as a lit street has."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (160, 120), chance.randbytes(160 * 120 * 3))
    picture = coarse.resize((4000, 3000), Image.Resampling.BICUBIC)
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


async def signed(
    session: AsyncSession, who: Who, code: str, *, cabinets: int, lines: int, photos: int
) -> InspectionReport:
    """A report of so many lines, so many photos: half of them of what failed."""
    owner = await make_owner(session, name=f"城管局 {code}")
    project = await make_project(
        session, code=code, name="滨江夜景", owner=owner, accepted_on=date(2026, 4, 1)
    )
    await make_town(session, project, cabinets=cabinets, circuits=4)
    tool = await make_instrument(session, serial=f"J-{code}", until=date(2027, 1, 1))
    inspection, lined = await make_begun(session, who, project, 1, at=AT)
    if len(lined) < lines:
        sys.exit(f"only {len(lined)} lines")
    told = usual(lined[:lines], tool=tool.id)
    spare = []
    for n in range(photos):
        taken = await media.take(session, photo(n), by_id=who.id)
        spare.append(taken.id)
    for n, result in enumerate(told):
        if photos and n % (lines // (photos // 2)) == 0 and len(spare) > 1:
            two = (spare.pop(), spare.pop())
            verdict = "fail" if n % 2 and not result.values else result.verdict
            told[n] = Result(
                result.item,
                result.asset,
                verdict=verdict,
                values=result.values,
                photos=two,
                instrument=result.instrument,
                note="现场照片见下" if verdict == "fail" else None,
            )
    for first in range(0, len(told), 500):
        batch = told[first : first + 500]
        await actions.check(session, who, inspection.id, batch, now=AT + timedelta(hours=1))
    _, report = await actions.sign(
        session,
        who,
        inspection.id,
        signed_by="李总工",
        signature=None,
        now=AT + timedelta(hours=2),
    )
    return report


async def measured(url: str) -> bool:
    await upgrade(url)
    engine = db.connect(url)
    is_kept = True
    async with db.transaction() as session:
        who = who_is(await make_person(session, role="manager", locale="zh-CN"))
        await actions.printed(
            session, await signed(session, who, "W", cabinets=1, lines=60, photos=0), "en"
        )  # the first child reads its libraries from disk
        asked = {"plain": (2, 60, 0), "large": (5, 300, 120), "town": (50, 4000, 0)}
        for name, (cabinets, lines, photos) in asked.items():
            report = await signed(
                session, who, name.upper(), cabinets=cabinets, lines=lines, photos=photos
            )
            shown = len(on_paper(report, "zh-CN")["pictures"])
            for locale in ("zh-CN", "en"):
                began = time.perf_counter()
                made = await actions.printed(session, report, locale)
                first = time.perf_counter() - began
                began = time.perf_counter()
                await actions.printed(session, report, locale)
                again = time.perf_counter() - began
                began = time.perf_counter()
                on_paper(report, locale)
                words = time.perf_counter() - began
                size = len(made) / 2**20
                seconds, megabytes = LIMITS[name]
                kept = first <= seconds and size <= megabytes
                is_kept &= kept
                print(  # noqa: T201
                    f"{name:6} {locale:6} {len(report.facts['lines'])} lines told {lines},"
                    f" {shown} photos: {first:.2f} s (limit {seconds} s), {size:.1f} MiB"
                    f" (limit {megabytes} MB); kept one {again * 1000:.1f} ms;"
                    f" words {words * 1000:.1f} ms {'kept' if kept else 'NOT KEPT'}"
                )
    await engine.dispose()
    return is_kept


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["TICKETS_DATA_DIR"] = str(folder)
        url = stack.enter_context(embedded.postgres(folder, durable=False))
        sys.exit(0 if asyncio.run(measured(url)) else 1)


if __name__ == "__main__":
    main()
