"""The technician's round: his own tickets, soonest promise first, and those nobody has yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.events import Event
from tickets.loan import queries as loans
from tickets.loan.queries import NOT_OWED, SubstitutionShown
from tickets.notice.models import Alert
from tickets.project import queries as projects
from tickets.project.models import Contact, Project
from tickets.round import rules
from tickets.round.rules import Spot
from tickets.sla import queries as sla
from tickets.sla.models import Act, Clock, Pause
from tickets.sla.rules import ActKind, Promise
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.ticket.queries.seen import visible
from tickets.ticket.queries.sought import cursor_of, key_of
from tickets.visit import queries as visits
from tickets.visit.models import Signature
from tickets.visit.queries import Visited

MINE, FREE = 50, 20  # a page of each


@dataclass(frozen=True)
class Stop:
    """One ticket of the round, with what is needed to go there."""

    ticket: Ticket
    project: Project
    reporter: Contact | None
    clocks: Sequence[Clock] = ()
    assets: Sequence[Asset] = ()
    breaks_next: Clock | None = None
    unheard: int | None = None  # the newest that is called out and nobody has said he heard

    @property
    def place(self) -> str:
        """Where it is, in the words of the caller, else of the asset, else of the project."""
        named = self.ticket.place or next((a.location for a in self.assets if a.location), None)
        return named or self.project.address or ""

    @property
    def is_dangerous(self) -> bool:
        """Nobody has made it safe yet."""
        return any(
            clock.promise == Promise.MAKE_SAFE and clock.met_at is None and clock.closed_as is None
            for clock in self.clocks
        )

    @property
    def spot(self) -> Spot:
        words = " ".join(filter(None, (self.project.name, self.place)))
        for asset in self.assets:
            if asset.lat is not None and asset.lon is not None:
                return Spot(f"{asset.code} {words}", asset.lat, asset.lon, asset.datum)
        return Spot(" ".join(dict.fromkeys(filter(None, (self.project.address, words)))))


@dataclass(frozen=True)
class Round:
    mine: Sequence[Stop]
    free: Sequence[Stop]
    next: str | None


@dataclass(frozen=True)
class At:
    """Everything needed at the cabinet."""

    stop: Stop
    contacts: Sequence[Contact]
    acts: Sequence[Act]
    repairs: Sequence[Visited]
    photos: Sequence[TicketPhoto]
    substitution: SubstitutionShown
    notes: Sequence[Event] = field(default_factory=tuple)
    pauses: Sequence[Pause] = ()
    signed_at: datetime | None = None  # by the owner's people, last
    photos_needed: tuple[int, int] = (0, 0)  # before and after the work, still

    @property
    def is_signed(self) -> bool:
        """For the work recorded last; without any there is nothing to sign for yet."""
        done = max((each.at for each in self.repairs), default=None)
        return done is not None and self.signed_at is not None and self.signed_at >= done

    @property
    def open_pause(self) -> Pause | None:
        return next((pause for pause in self.pauses if pause.to_at is None), None)

    @property
    def awaits_look(self) -> bool:
        return any(act.dark_check == "waiting" for act in self.acts)

    @property
    def done(self) -> frozenset[ActKind]:
        return frozenset(ActKind(act.kind) for act in self.acts)


async def round_of(
    session: AsyncSession, who: Who, now: datetime, *, cursor: str | None = None
) -> Round:
    """Four statements, however many tickets. What is repaired waits for the desk, not for him."""
    asked = _open(who).where(Ticket.technician_id == who.id).limit(MINE + 1)
    if cursor:
        asked = asked.where(tuple_(Ticket.breaks_at, Ticket.id) > tuple_(*key_of(cursor)))
    mine = (await session.execute(asked)).all()
    unheld = _open(who).where(Ticket.technician_id.is_(None)).limit(FREE)
    free = [] if cursor else (await session.execute(unheld)).all()
    ids = [row[0].id for row in (*mine, *free)]
    clocks = await sla.clocks_of(session, ids)
    assets = await tickets.assets_of(session, ids)
    stops = [_stop(*row, clocks=clocks, assets=assets, now=now) for row in mine[:MINE]]
    unheld_stops = [_stop(*row, clocks=clocks, assets=assets, now=now) for row in free]
    return Round(
        mine=danger_first(stops),
        free=danger_first(unheld_stops),
        next=cursor_of(stops[-1].ticket.breaks_at, stops[-1].ticket.id)
        if len(mine) > MINE
        else None,
    )


def danger_first(stops: Sequence[Stop]) -> Sequence[Stop]:
    """What may hurt somebody stands before what is merely late; else as they come."""
    return sorted(stops, key=lambda stop: not stop.is_dangerous)


_NEWEST = select(func.max(Alert.id)).where(
    Alert.acknowledged_at.is_(None), Alert.climbs_at.is_not(None)
)
_UNHEARD = _NEWEST.where(Alert.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()


def _open(who: Who) -> Select[Ticket, Project, Contact, int | None]:
    return (
        select(Ticket, Project, Contact, _UNHEARD)
        .join(Project, Project.id == Ticket.project_id)
        .outerjoin(Contact, Contact.id == Ticket.reporter_id)
        .where(Ticket.is_open, Ticket.status != "repaired", visible(who, Verb.ROUND_SEE))
        .order_by(Ticket.breaks_at, Ticket.id)
    )


def _stop(
    ticket: Ticket,
    project: Project,
    reporter: Contact | None,
    unheard: int | None,
    *,
    clocks: Mapping[int, Sequence[Clock]],
    assets: Mapping[int, Sequence[Asset]],
    now: datetime,
) -> Stop:
    of_cycle = [
        clock
        for clock in clocks.get(ticket.id, ())
        if clock.cycle == ticket.cycle and clock.closed_as != "superseded"
    ]
    return Stop(
        ticket,
        project,
        reporter,
        of_cycle,
        assets.get(ticket.id, ()),
        rules.breaks_next(of_cycle, now),
        unheard,
    )


async def at(session: AsyncSession, who: Who, ref: str, now: datetime) -> At:
    """One ticket, for him who stands before it."""
    ticket = await tickets.find(session, who, ref, Verb.ROUND_SEE)
    signed = select(func.max(Signature.at)).where(Signature.ticket_id == ticket.id)
    newest = _NEWEST.where(Alert.ticket_id == ticket.id).scalar_subquery()
    project, reporter, unheard, signed_at = (
        await session.execute(
            select(Project, Contact, newest, signed.scalar_subquery())
            .outerjoin(Contact, Contact.id == ticket.reporter_id)
            .where(Project.id == ticket.project_id)
        )
    ).one()
    clocks = await sla.clocks_of(session, [ticket.id])
    assets = await tickets.assets_of(session, [ticket.id])
    debts = await loans.of_tickets(session, [ticket.id])
    notes = (
        await session.scalars(
            select(Event)
            .where(
                Event.ticket_id == ticket.id,
                Event.kind.in_(("ticket.noted", "ticket.made_safe", "ticket.called_again")),
            )
            .order_by(Event.id.desc())
            .limit(10)
        )
    ).all()
    needed = await _photos_needed(session, ticket)
    return At(
        stop=_stop(ticket, project, reporter, unheard, clocks=clocks, assets=assets, now=now),
        contacts=await projects.contacts_of(session, project),
        acts=await sla.acts_of(session, ticket.id, ticket.cycle),
        repairs=await visits.repairs_of(session, ticket.id),
        photos=await tickets.photos_of(session, ticket.id),
        substitution=debts.get(ticket.id, NOT_OWED),
        notes=notes,
        pauses=await sla.pauses_of_family(session, [ticket.id]),
        signed_at=signed_at,
        photos_needed=needed,
    )


async def _photos_needed(session: AsyncSession, ticket: Ticket) -> tuple[int, int]:
    """How many the terms ask for of before and after the work, less those there are."""
    terms = await projects.terms_at(session, ticket.project_id, ticket.reported_at)
    if not (terms.photos_before or terms.photos_after):
        return 0, 0
    told = await visits.photos_by_moment(session, ticket)
    return (
        max(terms.photos_before - told.get("before", 0), 0),
        max(terms.photos_after - told.get("after", 0), 0),
    )
