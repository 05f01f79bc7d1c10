"""Two phones at once: arriving, handing back, sending one piece, sweeping one appointment."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from obstore.store import LocalStore
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from tests.faults.running import sessions_of
from tests.makers.database import own_database
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tests.makers.visit import make_jpeg
from tickets import media
from tickets.events import Event
from tickets.media import Photo
from tickets.phone import actions as phones
from tickets.phone.models import Phone
from tickets.refusals import Refused
from tickets.sla.models import Act
from tickets.staff.rules import Role, Who
from tickets.ticket import actions as tickets
from tickets.ticket.models import Ticket
from tickets.visit import actions
from tickets.visit.models import UploadPiece

H = timedelta(hours=1)
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="module")
async def sessions(server: str) -> AsyncIterator[Sessions]:
    async with own_database(server) as url, sessions_of(url) as found:
        yield found


@pytest.fixture(autouse=True)
def photo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "store", lambda: LocalStore(tmp_path))


async def _setting(sessions: Sessions) -> tuple[Who, str, int]:
    now = datetime.now(UTC)
    async with sessions() as session, session.begin():
        person = await make_person(session, role="technician")
        project = await make_project(session)
        ticket = await make_ticket(session, project=project, now=now, reported_at=now - H)
        ticket.technician_id = person.id
        return who_of(person.id, Role.TECHNICIAN), ticket.ref, ticket.id


async def _all_at_once(
    sessions: Sessions, n: int, do: Callable[[AsyncSession, int], Awaitable[object]]
) -> Counter[str]:
    async def one(number: int) -> str:
        try:
            async with sessions() as session, session.begin():
                await do(session, number)
        except Refused as refusal:
            return type(refusal).__name__
        return "done"

    return Counter(await asyncio.gather(*(one(number) for number in range(n))))


@pytest.mark.parametrize("turn", range(5))
async def test_of_two_phones_that_hand_back_one_does(sessions: Sessions, turn: int) -> None:
    who, ref, ticket_id = await _setting(sessions)

    async def hand_back(session: AsyncSession, n: int) -> None:
        now = datetime.now(UTC)
        await tickets.hand_back(session, who, ref, reason="away", note=None, now=now)

    assert await _all_at_once(sessions, 4, hand_back) == {"done": 1, "Refused": 3}
    async with sessions() as session:
        told = select(func.count()).where(
            Event.kind == "ticket.handed_back", Event.ticket_id == ticket_id
        )
        assert await session.scalar(told) == 1


async def test_of_two_phones_that_arrive_one_does_and_the_same_act_is_one(
    sessions: Sessions,
) -> None:
    who, ref, ticket_id = await _setting(sessions)

    async def arrive(session: AsyncSession, n: int) -> None:
        await actions.arrive(session, who, ref, now=datetime.now(UTC), key=uuid4())

    assert await _all_at_once(sessions, 4, arrive) == {"done": 1, "Refused": 3}
    who, ref, ticket_id = await _setting(sessions)
    key = uuid4()

    async def depart(session: AsyncSession, n: int) -> None:
        await actions.depart(session, who, ref, now=datetime.now(UTC), key=key)

    async def arrive_once(session: AsyncSession, n: int) -> None:
        await actions.arrive(session, who, ref, now=datetime.now(UTC), key=key)

    assert await _all_at_once(sessions, 4, depart) == {"done": 4}
    assert await _all_at_once(sessions, 4, arrive_once) == {"done": 4}
    async with sessions() as session:
        assert await session.scalar(select(func.count()).where(Act.ticket_id == ticket_id)) == 1
        departed = select(func.count()).where(
            Event.kind == "ticket.departed", Event.ticket_id == ticket_id
        )
        assert await session.scalar(departed) == 1
        ticket = await session.get_one(Ticket, ticket_id)
        assert ticket.departed_at is None  # he has come


@pytest.mark.parametrize("turn", range(8))
async def test_handing_back_while_the_desk_gives_it_away_never_takes_it_from_the_next(
    sessions: Sessions, turn: int
) -> None:
    now = datetime.now(UTC)
    who, ref, ticket_id = await _setting(sessions)
    async with sessions() as session, session.begin():
        desk = who_of((await make_person(session, role="hotline")).id, Role.HOTLINE)
        other = await make_person(session, role="technician")
        login, other_id = other.login, other.id

    async def either(session: AsyncSession, n: int) -> None:
        if n:
            await tickets.assign(session, desk, ref, technician=login, now=now)
        else:
            await tickets.hand_back(session, who, ref, reason="away", note=None, now=now)

    done = await _all_at_once(sessions, 2, either)
    assert done["done"] >= 1
    async with sessions() as session:
        assert (await session.get_one(Ticket, ticket_id)).technician_id == other_id


async def test_of_one_piece_sent_twice_at_once_one_is_kept(sessions: Sessions) -> None:
    who, _, _ = await _setting(sessions)
    content = make_jpeg()
    content += b"\0" * (300_000 - len(content))
    key, digest = uuid4(), hashlib.sha256(content).hexdigest()
    begun: list[UUID] = []

    async def begin(session: AsyncSession, n: int) -> None:
        upload = await actions.begin_upload(
            session, who, size=len(content), sha256=digest, key=key, now=datetime.now(UTC)
        )
        begun.append(upload.id)

    assert await _all_at_once(sessions, 4, begin) == {"done": 4}
    assert len(set(begun)) == 1

    def pushing(start: int) -> Callable[[AsyncSession, int], Awaitable[object]]:
        async def push(session: AsyncSession, n: int) -> None:
            piece = content[start : start + 100_000]
            await actions.push_piece(
                session, who, begun[0], offset=start, content=piece, now=datetime.now(UTC)
            )

        return push

    for start in (0, 100_000):
        assert await _all_at_once(sessions, 4, pushing(start)) == {"done": 1, "Refused": 3}
    # The last makes the photo; whoever comes after it is told of the same.
    assert await _all_at_once(sessions, 4, pushing(200_000)) == {"done": 4}
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Photo)) == 1
        assert await session.scalar(select(func.count()).select_from(UploadPiece)) == 0


async def test_of_many_sweeps_at_once_each_appointment_is_said_once(sessions: Sessions) -> None:
    now = datetime.now(UTC)
    for _ in range(12):
        who, ref, _ = await _setting(sessions)
        async with sessions() as session, session.begin():
            await actions.appoint(session, who, ref, for_at=now + 2 * H, now=now)

    async def sweep(session: AsyncSession, n: int) -> None:
        await actions.watch_appointments(session, now + H, 5)
        await asyncio.sleep(0.01)  # held while the others look

    for _ in range(4):
        await _all_at_once(sessions, 4, sweep)
    async with sessions() as session:
        said = select(func.count(), func.count(Event.ticket_id.distinct()))
        told = await session.execute(said.where(Event.kind == "appointment.near"))
        assert tuple(told.one()) == (12, 12)


async def test_deliveries_side_by_side_leave_one_row_of_the_phone(sessions: Sessions) -> None:
    who, _, _ = await _setting(sessions)

    async def hear(session: AsyncSession, n: int) -> None:
        await phones.heard(session, who.id, datetime.now(UTC))

    assert await _all_at_once(sessions, 6, hear) == {"done": 6}
    async with sessions() as session:
        assert await session.scalar(select(func.count()).where(Phone.person_id == who.id)) == 1
