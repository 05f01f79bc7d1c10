"""What was found and done on a ticket's visits, and the photos one may see."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.grams import mask
from tickets.media import Photo
from tickets.project.models import Contact, Project
from tickets.refusals import Missing
from tickets.sla.models import Act
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit.models import Measurement, Part, Position, Work


@dataclass(frozen=True)
class Visited:
    """One repair as it is shown: what it was, what was done, what was put in."""

    act_id: int
    at: datetime
    result: str | None
    expires_on: date | None
    on_site: bool
    cause: str
    work: str
    parts: tuple[Part, ...]
    measurements: tuple[Measurement, ...] = ()
    by_id: int | None = None


async def subject(session: AsyncSession, who: Who, ref: str) -> tuple[Ticket, Project]:
    """The ticket an act is about and its project, for those who see it."""
    ticket = await tickets.find(session, who, ref)
    return ticket, await session.get_one(Project, ticket.project_id)


async def photo_for(
    session: AsyncSession,
    who: Who,
    photo_id: UUID,
    *also: Callable[[AsyncSession, Who, UUID], Awaitable[bool]],
) -> Photo:
    """Those who see a ticket with it see a photo, and whoever brought it; `also` are asked last,
    of what else it may belong to."""
    photo = await session.get(Photo, photo_id)
    if photo is not None and photo.by_id == who.id:
        return photo
    if photo is not None:
        for is_visible in (tickets.is_photo_visible, *also):
            if await is_visible(session, who, photo_id):
                return photo
    raise Missing("There is no such photo.")


async def repairs_of(session: AsyncSession, ticket_id: int) -> Sequence[Visited]:
    """What was done on a ticket, oldest first; three statements."""
    rows = (
        await session.execute(
            select(Act, Work)
            .join(Work, Work.act_id == Act.id)
            .where(Work.ticket_id == ticket_id)
            .order_by(Act.at, Act.id)
        )
    ).all()
    used: Sequence[Part] = ()
    measured: Sequence[Measurement] = ()
    if rows:
        ids = [act.id for act, _ in rows]
        used = (
            await session.scalars(select(Part).where(Part.act_id.in_(ids)).order_by(Part.id))
        ).all()
        by_act = select(Measurement).where(Measurement.act_id.in_(ids))
        measured = (await session.scalars(by_act.order_by(Measurement.id))).all()
    return visited([act for act, _ in rows], [work for _, work in rows], used, measured)


def visited(
    acts: Iterable[Act],
    works: Iterable[Work],
    used: Iterable[Part],
    measured: Iterable[Measurement],
) -> Sequence[Visited]:
    """Repairs with what was done, put in and measured, in the order of the acts."""
    work_of = {work.act_id: work for work in works}
    parts: dict[int, list[Part]] = {act_id: [] for act_id in work_of}
    for part in used:
        parts[part.act_id].append(part)
    measurements: dict[int, list[Measurement]] = {act_id: [] for act_id in work_of}
    for each in measured:
        measurements[each.act_id].append(each)
    return [
        Visited(
            act.id,
            act.at,
            act.result,
            act.expires_on,
            act.on_site,
            work_of[act.id].cause,
            work_of[act.id].work,
            tuple(parts[act.id]),
            tuple(measurements[act.id]),
            act.by_id,
        )
        for act in acts
        if act.id in work_of
    ]


async def is_latest_repair(session: AsyncSession, act: Act) -> bool:
    """News may come late: only the newest repair by its instant says who pays."""
    later = exists().where(
        Work.act_id == Act.id,
        Work.ticket_id == act.ticket_id,
        Act.cycle == act.cycle,
        (Act.at > act.at) | ((Act.at == act.at) & (Act.id > act.id)),
    )
    return not await session.scalar(select(later))


async def is_written(session: AsyncSession, act_id: int) -> bool:
    """This repair has its work already: the same act was sent twice."""
    return bool(await session.scalar(select(exists().where(Work.act_id == act_id))))


async def photos_by_moment(session: AsyncSession, ticket: Ticket) -> Mapping[str, int]:
    """How many photos the present cycle has of before, after, and other moments of the work."""
    counted = (
        select(Photo.moment, func.count())
        .join(TicketPhoto, TicketPhoto.photo_id == Photo.id)
        .where(TicketPhoto.ticket_id == ticket.id)
        .group_by(Photo.moment)
    )
    if ticket.cycle > 1:  # those of the cycle before show another repair
        counted = counted.where(Photo.created_at >= ticket.reported_at)
    return {moment: number for moment, number in await session.execute(counted)}


async def photos_of_sheet(session: AsyncSession, named: Iterable[TicketPhoto]) -> Sequence[Photo]:
    """Of a ticket's pictures those that show something, the earliest first: no signatures, and
    what was reported only with what was seen there."""
    ids = [each.photo_id for each in named if "signature" not in each.act]
    if not ids:
        return ()
    taken = func.coalesce(Photo.taken_at, Photo.created_at)
    return (
        await session.scalars(select(Photo).where(Photo.id.in_(ids)).order_by(taken, Photo.id))
    ).all()


async def reporter_of(session: AsyncSession, who: Who, ticket: Ticket, project: Project) -> str:
    """Name and number of whoever reported it: whole for those who work on tickets, and the
    owner's named people for themselves; anybody else masked."""
    found = await session.get(Contact, ticket.reporter_id) if ticket.reporter_id else None
    if found is None:
        return ""
    is_ours = who.may_for(Verb.CALLER_READ, project.id, project.group_id)
    if is_ours or (found.is_named and found.owner_id == project.owner_id):
        return " ".join(filter(None, (found.name, found.phone)))
    return " ".join(filter(None, (f"{found.name[:1]}*", mask(found.phone) if found.phone else "")))


async def has_position(session: AsyncSession, act_id: int) -> bool:
    return bool(await session.scalar(select(exists().where(Position.act_id == act_id))))
