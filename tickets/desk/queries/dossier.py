"""Everything the ticket page shows, gathered over many rooms in two statements at most."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.desk.queries.bundle import bundle
from tickets.desk.queries.told import (
    CallerTold,
    ClockTold,
    Kinship,
    PauseTold,
    callers_told,
    clock_told,
    kinship,
    pauses_told,
    present_acts,
)
from tickets.events import Event
from tickets.grams import mask
from tickets.loan import queries as loans
from tickets.loan.models import Settlement, Substitution
from tickets.loan.queries import SubstitutionShown
from tickets.notice.models import Alert
from tickets.phone.models import Phone
from tickets.project.models import Contact, Project
from tickets.refusals import Missing
from tickets.sla.models import Act, Clock, Pause
from tickets.sla.queries import as_done, in_order
from tickets.sla.rules import ActKind, ClockState, Promise, state
from tickets.staff import queries as staff
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.models import CallBack, CallPromise, PastCycle, Ticket, TicketPhoto
from tickets.ticket.rules import Asked, Doable, Stands, may_now, why_not_close
from tickets.visit.models import Appointment, Measurement, Part, Signature, Work
from tickets.visit.queries import Visited, visited

# Which verb a thing to do needs: what the state allows and the role allows is shown.
VERBS: Mapping[Doable, Verb] = {
    Doable.ASSIGN: Verb.TICKET_ASSIGN,
    Doable.ANSWER: Verb.TICKET_ANSWER,
    Doable.MAKE_SAFE: Verb.TICKET_MAKE_SAFE,
    Doable.ARRIVE: Verb.TICKET_ARRIVE,
    Doable.REPAIR: Verb.TICKET_REPAIR,
    Doable.CALL_BACK: Verb.TICKET_CALL_BACK,
    Doable.CLOSE: Verb.TICKET_CLOSE,
    Doable.CANCEL: Verb.TICKET_CANCEL,
    Doable.NOTE: Verb.TICKET_NOTE,
    Doable.SUBSTITUTE: Verb.SUBSTITUTION_SETTLE,
    Doable.PAUSE: Verb.TICKET_PAUSE,
    Doable.END_PAUSE: Verb.TICKET_PAUSE,
    Doable.REVIEW_PAUSE: Verb.PAUSE_REVIEW,
    Doable.GRADE: Verb.TICKET_GRADE,
    Doable.MERGE: Verb.TICKET_MERGE,
    Doable.SPLIT: Verb.TICKET_MERGE,
    Doable.RECUR: Verb.TICKET_REOPEN,
    Doable.CHECK: Verb.TICKET_REPAIR,
    Doable.PROMISE_CALL: Verb.CALL_PROMISE,
    Doable.REMIND: Verb.TICKET_REMIND,
    Doable.DEPART: Verb.TICKET_ARRIVE,
    Doable.HAND_BACK: Verb.TICKET_HAND_BACK,
    Doable.APPOINT: Verb.TICKET_ANSWER,
    Doable.SIGN: Verb.TICKET_REPAIR,
}


@dataclass(frozen=True)
class Caller:
    """Who reported it; whole for those who work on tickets, else masked and nameless."""

    name: str
    phone: str
    is_whole: bool


@dataclass(frozen=True)
class Line:
    """A line of the diary, with the name of whoever did it; None is the system."""

    event: Event
    by: str | None

    @property
    def is_told_late(self) -> bool:
        return abs((self.event.recorded_at - self.event.happened_at).total_seconds()) >= 60


@dataclass(frozen=True)
class Dossier:
    ticket: Ticket
    project: Project
    owner: str
    caller: Caller | None
    technician: Person | None
    opened_by: str | None
    assets: Sequence[Asset]
    clocks: Sequence[ClockTold]
    repairs: Sequence[Visited]
    photos: Mapping[str, Sequence[TicketPhoto]]
    substitution: SubstitutionShown
    settlements: Sequence[Settlement]
    decliners: Mapping[int, str]  # the owner's people who declined, by their contact's id
    call_backs: Sequence[CallBack]
    lines: Sequence[Line]
    names: Mapping[int, str]
    technicians: Sequence[Person]
    may: frozenset[Doable]
    obstacle: str | None  # why it cannot be closed, were the owner's word there
    needs_word: bool  # closing needs the name of whoever confirmed it
    may_decide_main: bool  # whether main equipment is out can still be said
    pauses: Sequence[PauseTold]
    cycles: Sequence[PastCycle]
    kin: Kinship
    callers: Sequence[CallerTold]  # where duplicates brought several
    alerts: Sequence[Alert]  # called out, oldest first
    promises: Sequence[CallPromise]  # calls, the earliest first
    phone: Phone | None  # the technician's, as we last heard from it
    appointments: Sequence[Appointment]
    signatures: Sequence[Signature]  # with the name of whoever signed
    looks: Mapping[int, Act]  # repairs that wait for a look after dark, or had it, by their id

    @property
    def present(self) -> Sequence[ClockTold]:
        return [
            told
            for told in self.clocks
            if told.clock.cycle == self.ticket.cycle and told.state != ClockState.SUPERSEDED
        ]

    @property
    def past(self) -> Sequence[ClockTold]:
        return [told for told in self.clocks if told not in self.present]

    @property
    def paused_by(self) -> PauseTold | None:
        """The pause by which clocks stand still now."""
        return next((p for p in self.pauses if p.is_open and p.state == "counts"), None)

    @property
    def unheard(self) -> Alert | None:
        """The oldest alert that still waits for somebody to say that he heard it."""
        open_ = {told.clock.id for told in self.clocks if told.is_open}
        return next(
            (a for a in self.alerts if a.acknowledged_at is None and a.clock_id in open_), None
        )

    @property
    def untold(self) -> Sequence[CallerTold]:
        return [caller for caller in self.callers if not caller.is_told]

    @property
    def is_rated(self) -> bool:
        return any(c.rating and c.cycle == self.ticket.cycle for c in self.call_backs)


async def dossier(session: AsyncSession, who: Who, ref: str, now: datetime) -> Dossier:
    """Missing for what one may not see. A constant number of statements."""
    # PostgreSQL knows no NUL; no ticket has one.
    told = None if "\0" in ref else await bundle(session, who.scope(Verb.TICKET_READ), ref)
    if told is None:
        raise Missing("There is no ticket {ref}.", ref=ref.replace("\0", ""))
    ticket, project = told.ticket, told.project
    place = (project.id, project.group_id)
    is_ours = who.may_for(Verb.CALLER_READ, *place)
    events, call_backs, settlements = told.all(Event), told.all(CallBack), told.all(Settlement)
    acts, clocks, debts = told.all(Act), in_order(told.all(Clock)), told.all(Substitution)
    people = {person.id: person for person in told.all(Person)}
    names = {id_: person.name for id_, person in people.items()}
    debt = loans.shown(debts[-1]) if debts else loans.NOT_OWED
    kin, past, pauses = told.all(Ticket), told.all(PastCycle), told.all(Pause)
    looks = {act.id: act for act in acts if act.dark_check is not None}
    stands = Stands(
        owes=debt.state == "owed",
        is_paused=any(p.to_at is None and p.rejected_at is None for p in pauses),
        has_pauses=any(p.rejected_at is None for p in pauses),
        awaits_look=any(act.dark_check == "waiting" for act in looks.values()),
        cycle=ticket.cycle,
    )
    may = _may(who, ticket, present_acts(ticket, past, acts), place, stands)
    photos: dict[str, list[TicketPhoto]] = {}
    for photo in told.all(TicketPhoto):
        photos.setdefault(photo.act, []).append(photo)
    asked = [Asked(c.outcome) for c in call_backs if c.cycle == ticket.cycle]
    kind, status = ticket.kind, ticket.status
    wanted = bool(may & {Doable.ASSIGN, Doable.ANSWER})
    return Dossier(
        ticket,
        project,
        told.owner,
        _caller(told.contact, is_ours),
        people.get(ticket.technician_id or 0),
        names.get(ticket.opened_by_id or 0),
        told.all(Asset),
        [clock_told(clock, acts, names, now) for clock in clocks],
        visited(acts, told.all(Work), told.all(Part), told.all(Measurement)),
        photos,
        debt,
        settlements,
        await _decliners(session, settlements) if is_ours else {},
        call_backs,
        [
            Line(event, names.get(event.by_id or 0))
            for event in events
            if is_ours or event.kind not in tickets.OURS
        ],
        names,
        await staff.technicians_for(session, *place) if wanted else [],
        may,
        why_not_close(
            kind, status, asked, confirmed_by="?", outcome=None, awaits_look=stands.awaits_look
        ),
        why_not_close(kind, status, asked, confirmed_by=None, outcome=None) is not None,
        _may_decide_main(who, ticket, clocks, place, now),
        pauses_told(pauses, ticket, kin, names, events, photos),
        past,
        kinship(ticket, kin, is_ours=is_ours),
        callers_told(ticket, told.contact, kin, call_backs) if is_ours else [],
        told.all(Alert) if is_ours and ticket.is_open else [],
        told.all(CallPromise) if is_ours else [],
        next(iter(told.all(Phone)), None) if is_ours else None,
        told.all(Appointment),
        _signed(told.all(Signature), is_ours),
        looks,
    )


def _may(
    who: Who,
    ticket: Ticket,
    acts: Sequence[Act],
    place: tuple[int, int | None],
    stands: Stands,
) -> frozenset[Doable]:
    done = {ActKind(act.kind) for act in acts}
    stands = replace(stands, is_fixed=any(as_done(act).is_fix for act in acts))
    return frozenset(
        each
        for each in may_now(ticket.kind, ticket.severity, ticket.status, done, stands)
        if who.may_for(VERBS[each], *place)
        and (each is not Doable.HAND_BACK or ticket.technician_id == who.id)
    )


def _may_decide_main(
    who: Who, ticket: Ticket, clocks: Iterable[Clock], place: tuple[int, int | None], now: datetime
) -> bool:
    """Until the repair is overdue; then what the ticket said counts (rules.md §8)."""
    return (
        ticket.is_open
        and ticket.kind == "fault"
        and who.may_for(Verb.TICKET_ANSWER, *place)
        and not any(
            clock.promise == Promise.REPAIR
            and clock.cycle == ticket.cycle
            and state(clock, now) is ClockState.LATE
            for clock in clocks
        )
    )


def _caller(contact: Contact | None, is_ours: bool) -> Caller | None:
    if contact is None:
        return None
    if is_ours:
        return Caller(contact.name, contact.phone, True)
    return Caller(f"{contact.name[:1]}*", mask(contact.phone), False)


def _signed(signatures: Sequence[Signature], is_ours: bool) -> Sequence[Signature]:
    """A name is whole for those who work on tickets."""
    for each in () if is_ours else signatures:
        setattr(each, "name", f"{getattr(each, 'name')[:1]}*")  # noqa: B009, B010 - no column
    return signatures


async def _decliners(session: AsyncSession, settlements: Iterable[Settlement]) -> Mapping[int, str]:
    """Who of the owner's people declined: a refusal without its name proves nothing."""
    ids = [each.contact_id for each in settlements if each.contact_id is not None]
    if not ids:
        return {}
    asked = select(Contact.id, Contact.name).where(Contact.id.in_(ids))
    return {id_: name for id_, name in await session.execute(asked)}
