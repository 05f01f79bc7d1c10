"""The last day of a warranty, every acceptance day of eight years × 1 to 60 months: the same in
Python, in SQL, on the page, in JSON and on the paper, both sides of midnight in every zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.project.test_cover import Batch
from tests.project.test_expiry import words_of
from tickets.project.rules import Decision, day_of, decide_cover, decide_on, warranty_end

FIRST, LAST = date(2022, 1, 1), date(2029, 12, 31)  # two 29 February among them
DAYS = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
MONTHS = range(1, 61)
MICROSECOND = timedelta(microseconds=1)
# One that never changes its clocks, one two hours behind its country's, two that change; in
# Santiago the clocks change at midnight itself, so that a day may have none.
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "America/New_York", "America/Santiago")

EVERY = text(
    "SELECT a::date, m, (a::date + make_interval(months => m))::date"
    " FROM generate_series(cast(:first AS date), cast(:last AS date), '1 day') AS a,"
    " generate_series(1, 60) AS m"
)


async def test_sql_and_python_agree_on_every_end(session: AsyncSession) -> None:
    rows = (await session.execute(EVERY, {"first": FIRST, "last": LAST})).all()
    assert len(rows) == len(DAYS) * len(MONTHS) == 175_320
    assert [tuple(row) for row in rows if warranty_end(row[0], row[1]) != row[2]] == []


def test_the_last_day_is_covered_and_the_next_is_not_for_every_acceptance() -> None:
    for accepted_on in DAYS:
        for months in MONTHS:
            last = warranty_end(accepted_on, months)
            batch = [Batch(accepted_on, months=months)]
            told = decide_on(batch, [], [], last)
            after = decide_on(batch, [], [], last + timedelta(1))
            assert (told.decision, told.ends_on) == (Decision.WARRANTY, last)
            assert (after.decision, after.ends_on) == (Decision.EXPIRED, last)


@pytest.mark.parametrize("zone", ZONES)
def test_midnight_of_the_project_parts_the_days(zone: str) -> None:
    """Of every day on which any of these warranties ends."""
    day, until = warranty_end(FIRST, 1), warranty_end(LAST, 60)
    while day <= until:
        after = day + timedelta(1)
        midnight = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(zone))
        begins = midnight.astimezone(UTC)
        assert (day_of(begins - MICROSECOND, zone), day_of(begins, zone)) == (day, after)
        day = after


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("accepted_on", ["2024-02-29", "2023-08-31", "2025-11-30", "2025-10-09"])
def test_a_report_at_midnight_is_of_the_new_day(zone: str, accepted_on: str) -> None:
    for months in MONTHS:
        batch = [Batch(date.fromisoformat(accepted_on), months=months)]
        after = warranty_end(batch[0].accepted_on, months) + timedelta(1)
        begins = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(zone))
        begins = begins.astimezone(UTC)
        assert decide_cover(batch, [], begins - MICROSECOND, zone).decision == "warranty"
        assert decide_cover(batch, [], begins, zone).decision == "expired"


@pytest.mark.parametrize(
    ("accepted_on", "months"),
    [
        (date(2024, 2, 29), 12),
        (date(2025, 8, 31), 6),
        (date(2024, 1, 31), 13),
        (date(2025, 12, 31), 2),
        (date(2028, 2, 29), 48),
        (date(2026, 5, 30), 57),
    ],
)
async def test_page_json_and_paper_say_the_same_day(
    session: AsyncSession, as_role: SignedIn, accepted_on: date, months: int
) -> None:
    await make_project(session, code="P1", accepted_on=accepted_on, months=months)
    sql = await session.scalar(
        text("SELECT (cast(:a AS date) + make_interval(months => :m))::date"),
        {"a": accepted_on, "m": months},
    )
    last = warranty_end(accepted_on, months)
    assert sql == last
    client = await as_role("manager")
    assert (await client.get("/api/v1/projects/P1")).json()["covers"][0]["ends_on"] == f"{last}"
    for day, decision, words in (
        (last, "warranty", "In warranty"),
        (last + timedelta(1), "expired", "Warranty over"),
    ):
        asked = {"as_of": day.isoformat()}
        told = (await client.get("/api/v1/projects/P1", params=asked)).json()["cover"]
        assert (told["decision"], told["ends_on"]) == (decision, f"{last}")
        page = (await client.get("/projects/P1/covers", params=asked)).text
        assert f"<b>{words}</b>" in page
        assert f"{last.day} {last:%b} {last.year}" in page
    spoken = f"{last.day} {last:%B} {last.year}"
    assert spoken in (await client.get("/projects/P1/expiry_notice?lang=en")).text
    paper = await client.get("/projects/P1/expiry_notice.pdf?lang=en")
    assert spoken.replace(" ", "") in words_of(paper.content)
    paper = await client.get("/projects/P1/expiry_notice.pdf?lang=zh-CN")
    assert f"{last.year}年{last.month}月{last.day}日" in words_of(paper.content)
