"""What is typed at a place and cannot be taken: refused beside its line, and kept."""

import re
from datetime import date
from html import unescape

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.inspection.test_checking import setting, tell
from tests.makers.project import make_project
from tickets.inspection import actions
from tickets.inspection.models import Check, Inspection, Upkeep
from tickets.inspection.rules import Result
from tickets.project import actions as projects


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def at_the_cabinet(
    session: AsyncSession, as_role: SignedIn
) -> tuple[AsyncClient, Inspection, int]:
    _, inspection, who = await setting(session)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    client = await as_role("manager")
    html = (await client.get(f"/inspections/{inspection.id}/check/P1")).text
    found = re.search(r'id="line-(\d+)"[^>]*data-item="BOX-01"', html)
    assert found is not None
    return client, inspection, int(found[1])


async def kept(session: AsyncSession, line: int) -> Check:
    asked = select(Check).where(Check.id == line).execution_options(populate_existing=True)
    return (await session.scalars(asked)).one()


async def test_junk_at_a_place_is_never_a_failure_of_ours(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client, inspection, n = await at_the_cabinet(session, as_role)
    path = f"/inspections/{inspection.id}/check/P1"

    async def post(**typed: str) -> Response:
        return await client.post(path, data={f"{name}.{n}": said for name, said in typed.items()})

    done = await post(verdict="pass", instrument="²", row="x" * 5000, note="好\0\u202e了")
    assert done.status_code == 303, done.text
    line = await kept(session, n)
    assert (line.verdict, line.note) == ("pass", "好了")
    assert (line.limit_row, line.instrument_id) == (None, None)
    long = await post(verdict="fail", note="长" * 10_001)
    assert long.status_code == 422
    assert "At most 10000 characters" in unescape(long.text)
    assert (await kept(session, n)).verdict == "pass"
    assert (await post(verdict="splendid")).status_code == 422
    for file in (b"", b"\0"):
        answer = await client.post(path, files={f"note.{n}": ("a.txt", file, "text/plain")})
        assert answer.status_code == 303


async def test_a_note_of_which_nobody_says_how_it_is_is_kept_on_the_page(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client, inspection, n = await at_the_cabinet(session, as_role)
    answer = await client.post(
        f"/inspections/{inspection.id}/check/P1", data={f"note.{n}": "锁有点松"}
    )
    assert answer.status_code == 422
    assert "Say whether it passed" in answer.text
    assert "锁有点松" in answer.text
    assert (await kept(session, n)).verdict is None


async def test_junk_at_every_door_is_refused_and_nothing_breaks(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client, inspection, _ = await at_the_cabinet(session, as_role)
    huge, path = str(10**30), f"/inspections/{inspection.id}"
    for number in (huge, "-1", "0", str(2**63), str(2**31)):
        for where in (
            f"/inspections/{number}",
            f"/inspections/{number}/check",
            f"/inspections/{number}/report",
            f"/inspections/{number}/report.pdf",
            f"/checklists/{number}",
            f"/trainings/{number}/record.pdf",
            f"/api/v1/inspections/{number}",
        ):
            assert (await client.get(where)).status_code in (404, 422), where
        for where in (
            f"/inspections/{number}/visit",
            f"/inspections/{number}/handover",
            f"/findings/{number}/ticket",
            f"/findings/{number}/settlement",
            f"/upkeep/{number}/done",
            f"/instruments/{number}/retirement",
            f"/checklists/{number}/publication",
            f"/api/v1/findings/{number}/ticket",
        ):
            answer = await client.post(where, data={"note": "x", "version": "1"})
            assert answer.status_code in (401, 403, 404, 415, 422), (where, answer.status_code)
    typed = {
        "visit": [
            {"visit_on": "99999-01-01", "version": "1"},
            {"version": "-5"},
            {"version": huge},
            {"version": "1", "visit_on": "2026-12-01", "people": huge},
        ],
        "description": [{"row.": "x"}, {"row.LUM-05": "\0"}, {"note": "\0"}, {"row.X\0": "a" * 99}],
        "handover": [
            {"received_by": "王科", "how": "link", "link_days": days}
            for days in ("0", "-1", huge, "1.5", "nan")
        ],
        "signature": [{"signed_by": "\0"}, {"signed_by": ""}, {"signed_by": "x" * 201}],
    }
    for where, forms in typed.items():
        for form in forms:
            answer = await client.post(f"{path}/{where}", data=form)
            assert answer.status_code in (404, 409, 422), (where, form, answer.status_code)
    for asked in ("year=99999", "year=²", "after=%00", "project=%00", "year=-1"):
        assert (await client.get(f"/inspections?{asked}")).status_code in (200, 404, 422), asked
    for asked in (f"cursor={'x' * 50}", "state=junk", "project=%00", "limit=0"):
        answer = await client.get(f"/api/v1/inspections?{asked}")
        assert answer.status_code in (200, 404, 422), asked
    for key in ("x", "%00", "x" * 5000):
        assert (await client.get(f"/r/{key}")).status_code == 404


async def test_a_cancelled_task_is_not_done(session: AsyncSession, as_role: SignedIn) -> None:
    await make_project(session, code="UP-9", accepted_on=date(2026, 1, 5))
    boss = await as_role("manager")
    form = {"project": "UP-9", "kind": "cleaning", "what": "清洗", "due_on": "2026-06-01"}
    assert (await boss.post("/upkeep", data=form)).status_code == 303
    task = (await session.scalars(select(Upkeep))).one()
    gone = await boss.post(f"/upkeep/{task.id}/cancellation", data={"reason": "已拆除"})
    assert gone.status_code == 303
    answer = await boss.post(f"/upkeep/{task.id}/done", data={})
    assert answer.status_code == 409
    await session.refresh(task)
    assert task.done_on is None


async def test_the_second_of_two_who_describe_a_quarter_is_told(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client, inspection, n = await at_the_cabinet(session, as_role)
    path = f"/inspections/{inspection.id}"
    seen = re.search(r'name="was" value="(\w+)"', (await client.get(path)).text)
    assert seen is not None
    first = {"note": "十月多雨", "was": seen[1]}
    # A line that was checked meanwhile stands in nobody's way.
    await client.post(f"{path}/check/P1", data={f"verdict.{n}": "pass"})
    assert (await client.post(f"{path}/description", data=first)).status_code == 303
    second = {"note": "台风后补查", "was": seen[1]}
    answer = await client.post(f"{path}/description", data=second)
    assert answer.status_code == 409
    assert "台风后补查" in answer.text
    await session.refresh(inspection)
    assert inspection.note == "十月多雨"
