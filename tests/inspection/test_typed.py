"""What is typed at a place and cannot be taken: refused beside its line, and kept."""

import re
from html import unescape

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.inspection.test_checking import setting, tell
from tickets.inspection import actions
from tickets.inspection.models import Check, Inspection
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
