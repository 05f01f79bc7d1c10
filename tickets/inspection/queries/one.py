"""One inspection: who may see it, its lines, where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset, AssetBranch
from tickets.inspection.models import (
    Check,
    Checklist,
    CheckPhoto,
    Finding,
    Inspection,
    Inspector,
    Instrument,
    Training,
)
from tickets.inspection.rules import Item, Place, items_of, limit_at
from tickets.project.models import Project
from tickets.project.queries import within
from tickets.refusals import Forbidden, Missing
from tickets.staff.models import Person
from tickets.staff.rules import Verb, Who
from tickets.ticket.models import Ticket

LARGEST = 2**62


async def find(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    verb: Verb = Verb.INSPECTION_READ,
    *,
    lock: bool = False,
) -> tuple[Inspection, Project]:
    """Out of sight is `Missing`; seen, but not for this verb, is `Forbidden`."""
    if not 0 < inspection_id < LARGEST:
        raise Missing("There is no such inspection.")
    asked = (
        select(Inspection, Project)
        .join(Project, Project.id == Inspection.project_id)
        .where(Inspection.id == inspection_id, within(who.scope(Verb.INSPECTION_READ)))
    )
    if lock:
        await _hold_project(session, inspection_id)
        asked = asked.with_for_update(of=Inspection).execution_options(populate_existing=True)
    row = (await session.execute(asked)).first()
    if row is None:
        raise Missing("There is no such inspection.")
    inspection, project = row
    if not who.scope(verb).covers(project.id, project.group_id):
        raise Forbidden("Your role does not allow this.")
    return inspection, project


async def _hold_project(session: AsyncSession, inspection_id: int) -> None:
    """Whoever corrects a cover holds the project and then waits for its inspections; what is
    written here refers to the project, so that is asked for first, in the same order."""
    of = select(Inspection.project_id).where(Inspection.id == inspection_id).scalar_subquery()
    await session.execute(
        select(Project.id).where(Project.id == of).with_for_update(read=True, key_share=True)
    )


async def checklist_of(session: AsyncSession, inspection: Inspection) -> Checklist:
    """The version it began with; before that, the newest one that is published."""
    asked = select(Checklist)
    if inspection.checklist_id is not None:
        asked = asked.where(Checklist.id == inspection.checklist_id)
    else:
        asked = asked.where(Checklist.published_at.is_not(None)).order_by(
            Checklist.published_at.desc(), Checklist.id.desc()
        )
    found = (await session.scalars(asked.limit(1))).first()
    if found is None:
        raise Missing("There is no checklist yet: publish one first.")
    return found


# What stands below each place, itself among it; a place is an area, a cabinet or a circuit.
async def places_of(session: AsyncSession, project_id: int) -> Sequence[Place]:
    """In the order one walks: down each branch. One statement, whatever the number of lamps."""
    way = (
        select(AssetBranch.asset_id, func.unnest(AssetBranch.way).label("above"))
        .where(AssetBranch.project_id == project_id)
        .subquery()
    )
    standing = (
        select(way.c.above, func.array_agg(Asset.kind.distinct()).label("kinds"))
        .join(Asset, Asset.id == way.c.asset_id)
        .where(Asset.retired_at.is_(None))
        .group_by(way.c.above)
        .subquery()
    )
    rows = await session.execute(
        select(Asset.id, Asset.kind, standing.c.kinds)
        .join(AssetBranch, AssetBranch.asset_id == Asset.id)
        .join(standing, standing.c.above == Asset.id)
        .where(
            Asset.project_id == project_id,
            Asset.kind.in_(("AREA", "BOX", "CIRC")),
            Asset.retired_at.is_(None),
        )
        .order_by(AssetBranch.way)
    )
    return [Place(id_, kind, frozenset(kinds)) for id_, kind, kinds in rows]


@dataclass(frozen=True)
class Lined:
    """A line as it is shown: what, where, what came of it."""

    check: Check
    item: Item
    code: str | None
    name: str | None
    location: str | None
    kind: str | None
    by: str | None
    finding: Finding | None
    ticket_ref: str | None
    is_ticket_open: bool
    photos: tuple[Any, ...]
    instrument: Instrument | None

    @property
    def is_open(self) -> bool:
        """Still to be looked at; what was not accessible stays open, with its reason."""
        return self.check.verdict in (None, "not_accessible")

    @property
    def limit_words(self) -> str:
        return limit_at(self.item, self.check.limit_row).in_words()


async def lines(session: AsyncSession, inspection: Inspection, checklist: Checklist) -> list[Lined]:
    """All lines in the order one walks. One statement and one for the photos."""
    items = {item.id: item for item in items_of(checklist.items)}
    rows = (
        await session.execute(
            select(
                Check,
                Asset.code,
                Asset.name,
                Asset.location,
                Asset.kind,
                Person.name,
                Finding,
                Ticket.ref,
                Ticket.is_open,
                Instrument,
            )
            .outerjoin(Asset, Asset.id == Check.asset_id)
            .outerjoin(Person, Person.id == Check.by_id)
            .outerjoin(Finding, Finding.check_id == Check.id)
            .outerjoin(Ticket, Ticket.id == Finding.ticket_id)
            .outerjoin(Instrument, Instrument.id == Check.instrument_id)
            .where(Check.inspection_id == inspection.id)
            .order_by(Check.position, Check.id)
        )
    ).all()
    photos: dict[int, list[Any]] = {}
    for check_id, photo_id in await session.execute(
        select(CheckPhoto.check_id, CheckPhoto.photo_id)
        .join(Check, Check.id == CheckPhoto.check_id)
        .where(Check.inspection_id == inspection.id)
        .order_by(CheckPhoto.check_id, CheckPhoto.photo_id)
    ):
        photos.setdefault(check_id, []).append(photo_id)
    return [
        Lined(
            check=check,
            item=items[check.item],
            code=code,
            name=name,
            location=location,
            kind=kind,
            by=by,
            finding=finding,
            ticket_ref=ref,
            is_ticket_open=bool(is_open),
            photos=tuple(photos.get(check.id, ())),
            instrument=instrument,
        )
        for check, code, name, location, kind, by, finding, ref, is_open, instrument in rows
        if check.item in items
    ]


def may_see_lines(who: Who, inspection: Inspection) -> bool:
    """The owner's people see what was signed, not what is being written."""
    return inspection.begun_at is not None and (who.is_staff or inspection.is_kept)


async def is_photo_visible(session: AsyncSession, who: Who, photo_id: UUID) -> bool:
    """Photos of lines are seen by those who see the lines, of signature sheets by those who see the
    project's trainings."""
    mine = within(who.scope(Verb.INSPECTION_READ))
    of_line = exists().where(
        CheckPhoto.photo_id == photo_id,
        CheckPhoto.check_id == Check.id,
        Check.inspection_id == Inspection.id,
        Inspection.project_id == Project.id,
        mine,
    )
    if not who.is_staff:
        of_line = of_line.where(Inspection.state.in_(("signed", "handed_over")))
    of_sheet = exists().where(
        Training.sheet_id == photo_id, Training.project_id == Project.id, mine
    )
    return bool(await session.scalar(select(or_(of_line, of_sheet))))


async def inspectors(session: AsyncSession, inspection_id: int) -> Sequence[Person]:
    return (
        await session.scalars(
            select(Person)
            .join(Inspector, Inspector.person_id == Person.id)
            .where(Inspector.inspection_id == inspection_id)
            .order_by(Person.name)
        )
    ).all()


async def instruments(session: AsyncSession) -> Sequence[Instrument]:
    return (
        await session.scalars(
            select(Instrument)
            .where(Instrument.retired_at.is_(None))
            .order_by(Instrument.name, Instrument.serial)
        )
    ).all()
