"""An act reaches the clocks: believed or not, written down, and everything judged anew."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.media import Photo
from tickets.phone import actions as phones
from tickets.phone import rules as phone
from tickets.refusals import Invalid, Refused
from tickets.sla import queries as clocks_of
from tickets.sla.models import Act
from tickets.sla.rules import ActKind, Result, cycle_of
from tickets.staff.rules import Who
from tickets.ticket import queries
from tickets.ticket.actions.judging import judge_anew
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.ticket.queries import visible
from tickets.words import N_

EVENTS = {
    ActKind.RESPONSE: "ticket.answered",
    ActKind.MADE_SAFE: "ticket.made_safe",
    ActKind.ARRIVAL: "ticket.arrived",
    ActKind.REPAIR: "ticket.repaired",
}


async def perform(
    session: AsyncSession,
    ticket: Ticket,
    kind: ActKind,
    *,
    who: Who,
    at: datetime | None,
    phone_time: datetime | None = None,
    now: datetime,
    key: UUID | None = None,
    on_site: bool = False,
    result: Result | None = None,
    expires_on: date | None = None,
    check_after_dark: bool = False,
    photos: Sequence[UUID] = (),
    signature: UUID | None = None,
    facts: dict[str, Any] | None = None,
) -> Act:
    """The one way an act reaches the clocks. `ticket` was found with `lock=True`.

    The same `key` again is the same act: nothing is changed and the first row is given back.
    Raises Refused when the ticket's state forbids it, Invalid("at") for an impossible instant.
    """
    if key is not None:
        known = await session.scalar(select(Act).where(Act.key == key))
        if known is not None:
            if known.ticket_id != ticket.id or known.kind != kind:
                raise Invalid("key", "This key was used for something else.")
            return known
    await delivered(session, who, phone_time, now)
    story = await queries.story_of(session, ticket)
    moment = when(ticket, at, phone_time, now, since=story.cycles[0].reported_at)
    must_take(ticket, moment.at if at is not None else None)
    cycle = cycle_of(story, moment.at)
    acts = [
        act
        for act in await clocks_of.acts_of_family(session, story.family)
        if cycle_of(story, act.at) == cycle
    ]
    # Nobody who says "now" brings news of something earlier: he may have waited for the ticket
    # while another acted, and his "now" is the older one.
    after = moment.at if at is not None else max([moment.at, *(act.at for act in acts)])
    _refuse_twice(kind, acts, after, result)
    act = Act(
        ticket_id=ticket.id,
        cycle=cycle,
        kind=kind,
        at=moment.at,
        received_at=now,
        skew=moment.skew,
        by_id=who.id,
        on_site=on_site,
        result=result,
        expires_on=expires_on,
        dark_check="waiting" if check_after_dark else None,
        key=key,
    )
    session.add(act)
    await session.flush()
    flag(ticket, moment.flags)
    await attach(session, who, ticket, photos, kind, signature=signature)
    told: dict[str, Any] = {"act_id": act.id, **(facts or {})}
    if kind is ActKind.REPAIR:
        told |= {"on_site": on_site, "result": result}
        if expires_on:
            told["expires_on"] = expires_on.isoformat()
        if check_after_dark:
            told["check_after_dark"] = True
    told |= told_of(moment, at)
    if photos:
        told["photos"] = len(photos)
    record(
        session,
        EVENTS[kind],
        at=moment.at,
        ticket_id=ticket.id,
        project_id=ticket.project_id,
        by_id=who.id,
        **told,
    )
    if result is Result.FIXED:
        # One told late, of an earlier cycle, leaves the pauses of the present one alone.
        until = next((b.reported_at for b in story.cycles if b.number == cycle + 1), None)
        await end_pauses(session, story.family, act.at, who, by_act="repair", until=until)
    await judge_anew(session, ticket, now=now, by_id=who.id)
    return act


async def end_pauses(
    session: AsyncSession,
    family: Sequence[int],
    at: datetime,
    who: Who,
    *,
    by_act: str,
    until: datetime | None = None,
) -> None:
    """A repair ends the pause that is open, at the repair's instant (rules.md §3); so does the
    end of the ticket. `until` is where the repaired cycle ends: later pauses are not its own."""
    for pause in await clocks_of.pauses_of_family(session, family):
        if pause.to_at is None and (until is None or pause.from_at < until):
            pause.to_at = max(pause.from_at, at)
            record(
                session,
                "pause.ended",
                at=pause.to_at,
                ticket_id=pause.ticket_id,
                by_id=who.id,
                pause_id=pause.id,
                reason=pause.reason,
                by_act=by_act,
            )


async def delivered(
    session: AsyncSession, who: Who, phone_time: datetime | None, now: datetime
) -> None:
    """By its `phone_time` one knows that a phone brought it."""
    if phone_time is not None:
        await phones.heard(session, who.id, now)


def must_be_open(ticket: Ticket) -> None:
    if not ticket.is_open:
        raise Refused("Ticket {ref} is not open any more.", ref=ticket.ref)


def must_take(ticket: Ticket, at: datetime | None) -> None:
    """An open ticket takes every act; one that has ended takes news of what came before its end."""
    if ticket.closed_at is None or at is None or at > ticket.closed_at:
        must_be_open(ticket)


def when(
    ticket: Ticket,
    at: datetime | None,
    phone_time: datetime | None,
    now: datetime,
    *,
    since: datetime | None = None,
) -> phone.Judged:
    """The instant that counts. From a desk: not before the report, not in the future; from a
    phone what cannot be believed counts from its delivery (rules.md §2, §6). `since` is the
    first report, where the act may belong to an earlier cycle."""
    reported_at = since or ticket.reported_at
    if phone_time is None and at is not None:
        if at > now:
            raise Invalid("at", "This instant lies in the future.")
        if at < reported_at:
            raise Invalid("at", "This instant lies before the report.")
    moment = phone.judged(at, phone_time, now, reported_at)
    if moment.at < ticket.reported_at and (at is None or moment.at < reported_at):
        # A report up to two minutes ahead of us: nothing can be done before it.
        return phone.Judged(ticket.reported_at, moment.skew, moment.flags)
    return moment


def told_of(moment: phone.Judged, at: datetime | None, key: UUID | None = None) -> dict[str, Any]:
    """What the diary keeps of how an instant was judged; nothing of one that needed no judging.
    With the `key` it was sent with, the phone may ask what became of it (round.queries)."""
    told: dict[str, Any] = {}
    if moment.flags:
        told |= {"flags": list(moment.flags), "claimed_at": at.isoformat() if at else None}
    if moment.skew is not None:
        told["skew_seconds"] = round(moment.skew.total_seconds(), 3)
    if key is not None:
        told["key"] = str(key)
    return told


def flag(ticket: Ticket, flags: Sequence[str]) -> None:
    ticket.flags = sorted({*ticket.flags, *flags})


def _refuse_twice(kind: ActKind, acts: Sequence[Act], at: datetime, result: Result | None) -> None:
    """Done is done; only true news of an earlier instant may still come in.

    After a partial or temporary repair somebody comes a second time.
    """
    if kind is ActKind.REPAIR:
        same = [act for act in acts if clocks_of.as_done(act).is_fix]
        if result is not Result.FIXED:
            same = [act for act in same if act.at <= at]
    else:
        same = [act for act in acts if act.kind == kind]
        if kind is ActKind.ARRIVAL:
            left = [a.at for a in acts if a.kind == ActKind.REPAIR and a.result != Result.FIXED]
            since = max(left, default=None)
            same = [act for act in same if since is None or act.at > since or at <= since]
    if any(act.at <= at for act in same):
        raise Refused(_TWICE[kind])


_TWICE = {
    ActKind.RESPONSE: N_("The caller has already been answered."),
    ActKind.MADE_SAFE: N_("It has already been made safe."),
    ActKind.ARRIVAL: N_("The arrival has already been recorded."),
    ActKind.REPAIR: N_("The repair has already been recorded."),
}


async def attach(
    session: AsyncSession,
    who: Who,
    ticket: Ticket,
    photos: Sequence[UUID],
    act: str,
    *,
    signature: UUID | None = None,
) -> None:
    """Uploaded pictures become part of the ticket; one that is not ours is refused. Only what
    one brought or sees already: nobody looks at a picture by putting it on a ticket of his."""
    brought = dict.fromkeys(photos, act)
    if signature is not None:
        brought.setdefault(signature, f"{act}_signature")
    if not brought:
        return
    seen = (
        select(TicketPhoto.photo_id)
        .join(Ticket, Ticket.id == TicketPhoto.ticket_id)
        .where(TicketPhoto.photo_id.in_(brought), visible(who))
    )
    his = or_(Photo.by_id == who.id, Photo.id.in_(seen))
    known = set(await session.scalars(select(Photo.id).where(Photo.id.in_(brought), his)))
    if brought.keys() - known:
        raise Invalid("photos", "One of the photos is not known; please upload it again.")
    await session.execute(
        insert(TicketPhoto)
        .values([{"ticket_id": ticket.id, "photo_id": p, "act": of} for p, of in brought.items()])
        .on_conflict_do_nothing()
    )
