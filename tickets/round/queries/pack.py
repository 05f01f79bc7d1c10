"""What the phone takes along before the signal is lost, and how its acts were judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import KEY, Event
from tickets.inspection import queries as inspections
from tickets.round.queries.stops import Stop, round_of
from tickets.sla.models import Act, Pause
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import TicketPhoto
from tickets.ticket.rules import FAULTS
from tickets.words import say


@dataclass(frozen=True)
class AssetPacked:
    """What a label leads to, also without network; degrees of `datum`."""

    public_id: str
    code: str
    name: str
    location: str | None
    lat: float | None
    lon: float | None
    datum: str


@dataclass(frozen=True)
class Packed:
    """One ticket as the phone takes it along. `photos` are addresses of small pictures."""

    ref: str
    page: str
    stamp: int  # grows with everything that happens to it
    is_mine: bool
    severity: str
    status: str
    fault: str | None
    what: str | None  # the fault in his language
    project: str
    place: str
    breaks_at: datetime | None
    caller: str | None  # the number of him who reported it, for those who may call
    assets: Sequence[AssetPacked]
    photos: Sequence[str]


async def pack_of(session: AsyncSession, who: Who, now: datetime) -> Sequence[Packed]:
    """Six statements, however many tickets."""
    found = await round_of(session, who, now)
    stops = (*found.mine, *found.free)
    ids = [stop.ticket.id for stop in stops]
    asked = select(Event.ticket_id, func.max(Event.id)).where(Event.ticket_id.in_(ids))
    stamps = {row[0]: row[1] for row in await session.execute(asked.group_by(Event.ticket_id))}
    photos: dict[int, list[str]] = {}
    for ticket_id, photo_id in await session.execute(
        select(TicketPhoto.ticket_id, TicketPhoto.photo_id)
        .where(TicketPhoto.ticket_id.in_(ids))
        .order_by(TicketPhoto.photo_id)
    ):
        photos.setdefault(ticket_id, []).append(f"/photos/{photo_id}/small")
    mine = {stop.ticket.id for stop in found.mine}
    return [
        _packed(who, stop, stamps.get(stop.ticket.id, 0), photos.get(stop.ticket.id, ()), mine)
        for stop in stops
    ]


def _packed(who: Who, stop: Stop, stamp: int, photos: Sequence[str], mine: set[int]) -> Packed:
    ticket, project = stop.ticket, stop.project
    may_call = who.may_for(Verb.CALLER_READ, project.id, project.group_id)
    return Packed(
        ref=ticket.ref,
        page=f"/round/{ticket.ref}",
        stamp=stamp,
        is_mine=ticket.id in mine,
        severity=ticket.severity,
        status=ticket.status,
        fault=ticket.fault,
        what=say(who.locale, FAULTS[ticket.fault].label) if ticket.fault in FAULTS else None,
        project=project.name,
        place=stop.place,
        breaks_at=stop.breaks_next.due_at if stop.breaks_next else None,
        caller=stop.reporter.phone if may_call and stop.reporter else None,
        assets=[
            AssetPacked(a.public_id, a.code, a.name, a.location, a.lat, a.lon, a.datum)
            for a in stop.assets
        ],
        photos=photos,
    )


@dataclass(frozen=True)
class CheckPage:
    """A page of an inspection under way; fetched anew when its `stamp` is another."""

    page: str
    stamp: str


async def checks_of(session: AsyncSession, who: Who, now: datetime) -> Sequence[CheckPage]:
    """The places of every inspection one may help with, so that they can be checked without a
    line. Two statements."""
    places = await inspections.places_of_mine(session, who, now)
    found = []
    for id_, told in places.items():
        home = f"/inspections/{id_}/check"
        found.append(CheckPage(home, " ".join(stamp for _, stamp in told)))
        found += [CheckPage(f"{home}/{quote(key, safe='')}", stamp) for key, stamp in told]
    return found


@dataclass(frozen=True)
class Verdict:
    """From which instant an act counts, and by how much the phone's clock was behind ours."""

    key: UUID
    at: datetime
    received_at: datetime
    skew_seconds: float | None


# Kinds of the diary that have an instant of their own and no row that was judged before.
_JUDGED = (
    "appointment.made",
    "pause.ended",
    "substitution.settled",
    "ticket.checked",
    "ticket.departed",
    "ticket.handed_back",
    "ticket.severity_changed",
    "ticket.signed",
)


async def verdicts_of(session: AsyncSession, who: Who, keys: Sequence[UUID]) -> Sequence[Verdict]:
    """Of his own acts, pauses, and what else the diary judged the instant of; three statements."""
    acts = select(Act.key, Act.at, Act.received_at, Act.skew)
    pauses = select(Pause.key, Pause.from_at, Pause.received_at, Pause.skew)
    told: list[Verdict] = []
    for asked in (
        acts.where(Act.key.in_(keys), Act.by_id == who.id),
        pauses.where(Pause.key.in_(keys), Pause.by_id == who.id),
    ):
        for key, at, received_at, skew in await session.execute(asked):
            if key is not None:
                seconds = None if skew is None else skew.total_seconds()
                told.append(Verdict(key, at, received_at, seconds))
    diary = select(KEY, Event.happened_at, Event.recorded_at, Event.facts["skew_seconds"]).where(
        KEY.in_([str(key) for key in keys]), Event.by_id == who.id, Event.kind.in_(_JUDGED)
    )
    known = {verdict.key for verdict in told}
    told += [
        Verdict(UUID(key), *counted)
        for key, *counted in await session.execute(diary)
        if UUID(key) not in known
    ]
    return told
