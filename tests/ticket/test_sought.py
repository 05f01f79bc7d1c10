"""Finding by words in the order of the list: what is open first, then all the rest, once each."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets.project.models import Project
from tickets.ticket.models import Ticket
from tickets.ticket.rules import NOTHING_BREAKS, Status

H = timedelta(hours=1)


async def _some(session: AsyncSession, project: Project, now: datetime) -> list[str]:
    """Five that hold the words, of which the second and the fourth are over; and another."""
    made: list[Ticket] = []
    for n in range(5):
        ticket = await make_ticket(
            session,
            project=project,
            now=now,
            reported_at=now - n * H,
            description="喷泉北岸整排不亮",
            reporter_phone=f"1380000000{n}",
        )
        if n in (1, 3):
            ticket.status, ticket.is_open = Status.CLOSED, False
            ticket.breaks_at = NOTHING_BREAKS
        made.append(ticket)
    await make_ticket(session, project=project, now=now, description="颜色不对", reporter_phone="")
    await session.commit()
    return [made[n].ref for n in (4, 2, 0, 1, 3)]


async def test_what_is_open_comes_first_and_pages_lose_and_double_nothing(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    expected = await _some(session, await make_project(session), now)
    client = await as_role("manager")
    for limit in (1, 2, 3, 4, 50):
        found: list[str] = []
        cursor = ""
        while True:
            asked = {"q": "喷泉 整排", "limit": str(limit), "cursor": cursor}
            answer = (await client.get("/api/v1/tickets", params=asked)).json()
            found += [each["ref"] for each in answer["items"]]
            cursor = answer["next"]
            if not cursor:
                break
        assert found == expected


async def test_a_callers_number_finds_what_is_open_and_what_is_over(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    expected = await _some(session, await make_project(session), now)
    client = await as_role("hotline")
    answer = (await client.get("/api/v1/tickets", params={"q": "1380000000"})).json()
    assert [each["ref"] for each in answer["items"]] == expected
    board = await client.get("/desk", params={"q": "1380000000"})
    assert [ref in board.text for ref in expected] == [True, True, True, False, False]


async def test_who_may_not_know_callers_finds_nothing_by_their_numbers(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    await _some(session, await make_project(session), now)
    client = await as_role("owner")
    for q, found in (("1380000000", 0), ("喷泉", 5)):
        answer = (await client.get("/api/v1/tickets", params={"q": q})).json()
        assert len(answer["items"]) == found
