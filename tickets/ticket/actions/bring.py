"""Old tickets are brought in: judged at once by the same rules, told to nobody, owing nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.events import Event
from tickets.grams import digits, grams
from tickets.project import queries as projects
from tickets.project.models import Contact, Project
from tickets.project.rules import ServiceTerms
from tickets.refusals import Invalid
from tickets.sla.models import Act, Clock
from tickets.sla.rules import Promise
from tickets.ticket.actions.bring_rows import Around, act_rows, clock_rows, event_rows, ticket_row
from tickets.ticket.models import Ticket, TicketAsset, TicketNumber
from tickets.ticket.rules.old import OldTicket
from tickets.ticket.rules.sheet import BadRow

BATCH = 1000
_LOCK = 0x01D  # the first half of the key; the second is the project's id


@dataclass(frozen=True)
class Brought:
    """`good` rows could be taken; `known` of them were there already; `added` are new now."""

    good: int
    known: int
    added: int
    bad: Sequence[BadRow]


async def bring_old_tickets(
    session: AsyncSession,
    project: Project,
    rows: Iterable[OldTicket | BadRow],
    *,
    by_id: int | None,
    now: datetime,
    all_or_nothing: bool = False,
    dry_run: bool = False,
) -> Brought:
    """All good rows in the caller's transaction, or none with `all_or_nothing` and a bad one.

    A row whose number this project knows already is left alone, so a second run adds nothing.
    """
    # For two who import the same file at once: the second waits here, then knows every row.
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK, project.id)))
    good: list[OldTicket] = []
    bad: list[BadRow] = []
    for row in rows:
        (good if isinstance(row, OldTicket) else bad).append(row)  # type: ignore[arg-type]
    assets = await _assets(session, project.id, {code for old in good for code in old.assets})
    bad += [_unknown_asset(old, assets) for old in good if not assets.keys() >= set(old.assets)]
    bad.sort(key=lambda row: row.line)
    good = [old for old in good if assets.keys() >= set(old.assets)]
    known = await _known(session, project.id, [old.external_ref for old in good])
    fresh = [old for old in good if old.external_ref not in known]
    if dry_run or (all_or_nothing and bad):
        return Brought(len(good), len(known), 0, bad)
    around = Around(
        project=project,
        zone=ZoneInfo(project.timezone),
        terms=[
            (row.valid_from, ServiceTerms.from_json(row.numbers))
            for row in await projects.terms_history(session, project.id)
        ],
        held=await projects.held_of(session, project),
        assets=assets,
        by_id=by_id,
        now=now,
    )
    # In the order of their days: the row of today's numbers, which the desk needs for every
    # call, is locked last and shortest, and two imports never wait for each other's days.
    fresh.sort(key=lambda old: (old.reported_at, old.line))
    waiting = iter(fresh)
    while batch := list(islice(waiting, BATCH)):
        await _write(session, around, batch)
    return Brought(len(good), len(known), len(fresh), bad)


def _unknown_asset(old: OldTicket, assets: Mapping[str, Asset]) -> BadRow:
    code = next(code for code in old.assets if code not in assets)
    return BadRow(old.line, Invalid("assets", "There is no asset {code} here.", code=code[:60]))


async def _known(session: AsyncSession, project_id: int, refs: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(refs), 10_000):
        known.update(
            str(ref)
            for ref in await session.scalars(
                select(Ticket.external_ref).where(
                    Ticket.project_id == project_id,
                    Ticket.external_ref.in_(refs[start : start + 10_000]),
                )
            )
        )
    return known


async def _assets(session: AsyncSession, project_id: int, codes: set[str]) -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), 10_000):
        for asset in await session.scalars(
            select(Asset).where(
                Asset.project_id == project_id, Asset.code.in_(wanted[start : start + 10_000])
            )
        ):
            found[asset.code] = asset
    return found


async def _write(session: AsyncSession, around: Around, batch: Sequence[OldTicket]) -> None:
    """One statement per table."""
    ids = await _next_ids(session, "ticket", len(batch))
    refs = await _next_refs(session, [around.day(old) for old in batch])
    callers = await _callers(session, around.project, batch)
    rows: dict[type[Any], list[dict[str, Any]]] = {
        Ticket: [],
        TicketAsset: [],
        Clock: [],
        Act: [],
        Event: [],
    }
    clock_ids = iter(await _next_ids(session, "clock", len(batch) * len(Promise)))
    act_ids = iter(await _next_ids(session, "act", len(batch) * len(Promise)))
    for old, ticket_id, ref in zip(batch, ids, refs, strict=True):
        clocks = clock_rows(around, old, ticket_id)
        acts = act_rows(around, old, ticket_id)
        for row in clocks:
            row["id"] = next(clock_ids)
        for row in acts:
            row["id"] = next(act_ids)
        ticket = ticket_row(around, old, ref, clocks)
        ticket |= {"id": ticket_id, "reporter_id": callers.get(_voice(old))}
        rows[Ticket].append(ticket)
        rows[TicketAsset] += [
            {"ticket_id": ticket_id, "asset_id": around.assets[code].id} for code in old.assets
        ]
        rows[Clock] += clocks
        rows[Act] += acts
        rows[Event] += event_rows(around, old, ticket, clocks, acts)
    for table, made in rows.items():
        if made:
            # Nulls are told as such, or rows of different shapes would go one by one.
            await session.execute(insert(table).execution_options(render_nulls=True), made)


async def _next_ids(session: AsyncSession, table: str, number: int) -> list[int]:
    """Taken from the table's own counter beforehand, so that rows can name each other."""
    counter = func.nextval(func.pg_get_serial_sequence(table, "id"))
    return list(await session.scalars(select(counter).select_from(func.generate_series(1, number))))


async def _next_refs(session: AsyncSession, days: Sequence[date]) -> list[str]:
    """References by the day of the report, in the order given."""
    counts = Counter(days)
    new = upsert(TicketNumber).values([{"day": day, "last": counts[day]} for day in sorted(counts)])
    last: dict[date, int] = {
        row[0]: row[1]
        for row in await session.execute(
            new.on_conflict_do_update(
                index_elements=[TicketNumber.day],
                set_={"last": TicketNumber.last + new.excluded.last},
            ).returning(TicketNumber.day, TicketNumber.last)
        )
    }
    following = {day: last[day] - counts[day] for day in counts}
    refs = []
    for day in days:
        following[day] += 1
        refs.append(f"T-{day:%Y%m%d}-{following[day]:04d}")
    return refs


def _voice(old: OldTicket) -> tuple[str, str]:
    return old.reporter_name or old.reporter_phone, digits(old.reporter_phone)


async def _callers(
    session: AsyncSession, project: Project, batch: Sequence[OldTicket]
) -> dict[tuple[str, str], int]:
    """As `contact_for` has it: the owner's named contact, a caller met before, or a new row."""
    phones = {_voice(old): old.reporter_phone for old in batch if _voice(old) != ("", "")}
    if not phones:
        return {}
    known = (
        select(Contact.name, Contact.digits, Contact.id)
        .where(
            Contact.digits.in_({number for _, number in phones}),
            Contact.name.in_({name for name, _ in phones}),
            (Contact.project_id == project.id)
            | (Contact.project_id.is_(None) & (Contact.owner_id == project.owner_id)),
        )
        .order_by(Contact.is_named, Contact.id.desc())
    )
    found = {(name, number): made for name, number, made in await session.execute(known)}
    new = [
        {
            "project_id": project.id,
            "name": name,
            "phone": phone,
            "digits": number,
            "is_named": False,
            "grams": grams(name, number),
        }
        for (name, number), phone in phones.items()
        if (name, number) not in found
    ]
    if new:
        await session.execute(upsert(Contact).on_conflict_do_nothing(), new)
        found = {(name, number): made for name, number, made in await session.execute(known)}
    return found
