"""What was seen and measured, line by line; a failed safety item opens its ticket at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import queries as assets
from tickets.asset.models import Asset
from tickets.events import record
from tickets.inspection import queries, rules
from tickets.inspection.actions.begin import lay_out
from tickets.inspection.actions.findings import found, in_order
from tickets.inspection.actions.visits import flagged
from tickets.inspection.models import Check, CheckPhoto, Inspection, Instrument
from tickets.inspection.rules import Item, Result, State, Value, Verdict
from tickets.media import Photo
from tickets.phone import actions as phones
from tickets.phone.rules import judged
from tickets.project.models import Project
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Verb, Who

MOST_RESULTS = 500


@dataclass(frozen=True)
class Told:
    """What became of one result: how it was judged, and the ticket it opened."""

    check: Check
    item: Item
    asset: str | None
    ticket: str | None = None
    finding_id: int | None = None

    @property
    def limit_words(self) -> str:
        return rules.limit_at(self.item, self.check.limit_row).in_words()


@dataclass
class _Around:
    inspection: Inspection
    project: Project
    items: Mapping[str, Item]
    assets: Mapping[str, Asset]
    now: datetime
    flags: list[str] = field(default_factory=list)


async def check(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    results: Sequence[Result],
    *,
    now: datetime,
    at: datetime | None = None,
    phone_time: datetime | None = None,
) -> tuple[Inspection, list[Told]]:
    """All of them or none. Several technicians work on one inspection; the later word about a line
    counts, by when it was said, and the same again changes nothing."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_CHECK, lock=True
    )
    if phone_time is not None:
        await phones.heard(session, who.id, now)
    moment = judged(at, phone_time, now, inspection.begun_at or inspection.created_at)
    if moment.at > now:
        raise Invalid("at", "This lies in the future.")
    if inspection.is_kept:
        raise Refused("This inspection is signed. Open a correction first.")
    await lay_out(session, who, inspection, project, moment.at)
    checklist = await queries.checklist_of(session, inspection)
    around = _Around(
        inspection,
        project,
        {item.id: item for item in rules.items_of(checklist.items)},
        await _assets(session, project, results),
        now,
        list(moment.flags),
    )
    await _must_be_ours(session, who, inspection, results)
    told = [
        await _take(session, who, around, result, n, moment.at, phone_time)
        for n, result in enumerate(results)
    ]
    inspection.version += 1
    record(
        session,
        "inspection.checked",
        at=moment.at,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        lines=len(told),
        failed=sum(each.check.verdict == Verdict.FAIL for each in told),
        **flagged(around.flags),
    )
    return inspection, told


async def _assets(
    session: AsyncSession, project: Project, results: Sequence[Result]
) -> Mapping[str, Asset]:
    codes = list(dict.fromkeys(each.asset for each in results if each.asset))
    found = await assets.by_codes(session, project.id, codes) if codes else []
    return {asset.code: asset for asset in found}


async def _must_be_ours(
    session: AsyncSession, who: Who, inspection: Inspection, results: Sequence[Result]
) -> None:
    """Photos one brought, or that stand here already; instruments that are in use."""
    photos = {photo for each in results for photo in each.photos}
    if photos:
        here = (
            select(CheckPhoto.photo_id)
            .join(Check, Check.id == CheckPhoto.check_id)
            .where(Check.inspection_id == inspection.id)
        )
        known = await session.scalars(
            select(Photo.id).where(
                Photo.id.in_(photos), or_(Photo.by_id == who.id, Photo.id.in_(here))
            )
        )
        if photos - set(known):
            raise Invalid("photos", "One of the photos is not known; please upload it again.")
    used = {each.instrument for each in results if each.instrument is not None}
    if used:
        known_ones = await session.scalars(select(Instrument.id).where(Instrument.id.in_(used)))
        if used - set(known_ones):
            raise Invalid("instrument", "This instrument is not known.")


async def _take(
    session: AsyncSession,
    who: Who,
    around: _Around,
    result: Result,
    n: int,
    default_at: datetime,
    phone_time: datetime | None,
) -> Told:
    inspection = around.inspection
    item = around.items.get(result.item)
    if item is None or item.kind is Value.COMPUTED:
        raise Invalid(f"results.{n}.item", "This item is not in the checklist.")
    asset = around.assets[result.asset] if result.asset else None
    at = default_at
    if result.at is not None:
        at = judged(result.at, phone_time, around.now, inspection.created_at).at
        if at > around.now:
            raise Invalid(f"results.{n}.at", "This lies in the future.")
    row = result.row or inspection.rows.get(item.id)
    values, verdict = rules.judged_result(item, result, row, n)
    line = await _line(session, inspection, item, asset)
    if line.at is not None and line.at > at:
        # Somebody has looked again since; this is older news.
        return Told(line, item, result.asset)
    line.verdict, line.values, line.limit_row = verdict, list(values) or None, row
    line.note = result.note
    line.instrument_id = result.instrument
    line.by_id, line.at, line.received_at = who.id, at, around.now
    await session.flush()
    if result.photos:
        await session.execute(
            insert(CheckPhoto)
            .values([{"check_id": line.id, "photo_id": photo} for photo in result.photos])
            .on_conflict_do_nothing()
        )
    limit = rules.limit_at(item, row)
    if verdict is not Verdict.FAIL:
        is_looked_at = verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
        await in_order(session, who, line, at, is_looked_at=is_looked_at)
        return Told(line, item, result.asset)
    finding, ticket = await found(
        session,
        who,
        around.project,
        inspection,
        line,
        item,
        limit,
        asset,
        photos=result.photos,
        at=at,
        now=around.now,
    )
    return Told(line, item, result.asset, ticket, finding.id)


async def _line(
    session: AsyncSession, inspection: Inspection, item: Item, asset: Asset | None
) -> Check:
    """The line that was laid out, or one of its own for a single lamp somebody names."""
    asked = select(Check).where(
        Check.inspection_id == inspection.id,
        Check.item == item.id,
        Check.asset_id == asset.id if asset else Check.asset_id.is_(None),
    )
    line = (await session.scalars(asked)).first()
    if line is None:
        last = await session.scalar(
            select(func.max(Check.position)).where(Check.inspection_id == inspection.id)
        )
        line = Check(
            inspection_id=inspection.id,
            item=item.id,
            asset_id=asset.id if asset else None,
            position=(last or 0) + 1,
            is_extra=True,
        )
        session.add(line)
        await session.flush()
    if inspection.state == State.PLANNED:
        inspection.state = State.UNDER_WAY
    return line


async def choose_rows(
    session: AsyncSession,
    who: Who,
    inspection_id: int,
    rows: Mapping[str, str],
    *,
    note: str | None,
    suggestions: str | None,
    now: datetime,
    was: str | None = None,
) -> Inspection:
    """Which row of each limit's table holds in this project, weather, and what is advised. `was` is
    what the writer saw: the second of two writers is told."""
    inspection, project = await queries.find(
        session, who, inspection_id, Verb.INSPECTION_CHECK, lock=True
    )
    if inspection.is_kept:
        raise Refused("This inspection is signed. Open a correction first.")
    if was is not None and was != inspection.described:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    checklist = await queries.checklist_of(session, inspection)
    items = {item.id: item for item in rules.items_of(checklist.items)}
    for item_id, row in rows.items():
        if item_id not in items or row not in items[item_id].rows:
            raise Invalid(f"rows.{item_id}", "This is not one of the known values.")
    inspection.rows = dict(rows)
    inspection.note, inspection.suggestions = note, suggestions
    inspection.version += 1
    record(
        session,
        "inspection.described",
        at=now,
        project_id=project.id,
        by_id=who.id,
        inspection_id=inspection.id,
        rows=dict(rows),
    )
    return inspection
