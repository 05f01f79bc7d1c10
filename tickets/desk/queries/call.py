"""What the desk asks while somebody is on the phone: who calls, what is there, what is open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from tickets.asset.models import Asset
from tickets.grams import digits, fold, wanted
from tickets.project import queries as projects
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries import holds_words, within
from tickets.project.rules import CoverDecision
from tickets.sla.models import Clock
from tickets.sla.queries import clocks_of
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets
from tickets.ticket.models import Ticket, TicketAsset

MOST = 8  # of each sort; more is noise while somebody waits


@dataclass(frozen=True)
class Suggestion:
    """One line under the search box: a caller, a project or an asset, and what it fills."""

    sort: str  # caller, project, asset
    project: str
    project_name: str
    owner: str
    contact_id: int | None = None
    name: str = ""
    phone: str = ""
    asset: str = ""
    asset_name: str = ""
    location: str = ""


async def found(session: AsyncSession, who: Who, q: str) -> Sequence[Suggestion]:
    """Callers, then projects, then assets, by any part of what was typed; three statements."""
    q = q.strip()[:200]
    if not q:
        return []
    return [
        *await callers(session, who, q),
        *await _projects(session, who, q),
        *await _assets(session, who, q),
    ]


def _may_see(who: Who, verb: Verb) -> ColumnElement[bool]:
    """Where one may open a ticket and do this besides: no caller or asset leaks past a scope."""
    return and_(within(who.scope(Verb.TICKET_OPEN)), within(who.scope(verb)))


async def callers(
    session: AsyncSession, who: Who, q: str, *, exactly: bool = False
) -> Sequence[Suggestion]:
    """People by any part of their name or number, once for each project they may call about."""
    number = digits(q)
    is_number = bool(number) and not any(ch.isalpha() for ch in q)
    if exactly:
        # A softphone gives 86 or +86 before the number, or a 0 before a mobile.
        heard = {number, number.removeprefix("86"), number.removeprefix("0")} - {""}
        matches: ColumnElement[bool] = Contact.digits.in_(heard)
    elif is_number:
        if len(number) < 3:
            return []
        matches = Contact.grams.contains(wanted(number)) & Contact.digits.contains(number)
    else:
        matches = Contact.grams.contains(wanted(q)) & holds_words(q, Contact.name)
    calls_about = or_(
        Contact.project_id == Project.id,
        Contact.project_id.is_(None) & (Contact.owner_id == Project.owner_id),
    )
    rows = await session.execute(
        select(Contact, Project.code, Project.name, Owner.name)
        .join(Project, calls_about)
        .join(Owner, Owner.id == Project.owner_id)
        .where(matches, _may_see(who, Verb.CALLER_READ))
        # The owner's own people first, then whoever called last.
        .order_by(Contact.is_named.desc(), Contact.id.desc(), Project.code)
        .limit(MOST)
    )
    return [
        Suggestion("caller", code, name, owner, contact.id, contact.name, contact.phone)
        for contact, code, name, owner in rows
    ]


async def caller(session: AsyncSession, who: Who, contact_id: int) -> Contact | None:
    """A caller chosen from the list, if he is of a project where one takes calls."""
    calls_about = or_(Contact.project_id == Project.id, Contact.owner_id == Project.owner_id)
    return (
        await session.scalars(
            select(Contact)
            .join(Project, calls_about)
            .where(Contact.id == contact_id, _may_see(who, Verb.CALLER_READ))
            .limit(1)
        )
    ).first()


async def _projects(session: AsyncSession, who: Who, q: str) -> Sequence[Suggestion]:
    begins = func.lower(Project.code).startswith(fold(q), autoescape=True)
    rows = await session.execute(
        select(Project.code, Project.name, Owner.name)
        .join(Owner, Owner.id == Project.owner_id)
        .where(
            _may_see(who, Verb.PROJECT_READ),
            or_(
                begins,
                Project.grams.contains(wanted(q))
                & holds_words(q, Project.code, Project.name, Owner.name),
            ),
        )
        .order_by(begins.desc(), Project.code)
        .limit(MOST)
    )
    return [Suggestion("project", *row) for row in rows]


async def _assets(session: AsyncSession, who: Who, q: str) -> Sequence[Suggestion]:
    """`DB03`, `南门`, or `BJ-01 DB03`: the first word may be the project's code."""
    first, _, rest = q.partition(" ")
    by_project = and_(
        func.lower(Project.code) == fold(first), _asset_is(rest.strip()) if rest else false()
    )
    rows = await session.execute(
        select(Asset, Project.code, Project.name, Owner.name)
        .join(Project, Project.id == Asset.project_id)
        .join(Owner, Owner.id == Project.owner_id)
        .where(
            _may_see(who, Verb.ASSET_READ),
            Asset.retired_at.is_(None),
            or_(_asset_is(q), by_project),
        )
        .order_by(func.lower(Asset.code) != fold(q.split()[-1]), Asset.code, Project.code)
        .limit(MOST)
    )
    return [
        Suggestion(
            "asset",
            code,
            name,
            owner,
            asset=asset.code,
            asset_name=asset.name,
            location=asset.location or "",
        )
        for asset, code, name, owner in rows
    ]


def _asset_is(q: str) -> ColumnElement[bool]:
    """By any part; a code half typed (`L-01`) has runs too short for the index of slices."""
    sliced = Asset.grams.contains(wanted(q)) & holds_words(
        q, Asset.code, Asset.name, func.coalesce(Asset.location, "")
    )
    if not q.isascii() or all(len(run) >= 3 for run in re.findall(r"\w+", q)):
        return sliced
    return or_(sliced, func.lower(Asset.code).startswith(fold(q), autoescape=True))


@dataclass(frozen=True)
class OpenHere:
    """A ticket that is open at the place of the call; `is_same`: on the same asset or circuit."""

    ticket: Ticket
    assets: Sequence[str]
    is_same: bool


@dataclass(frozen=True)
class Around:
    """The side panel: whose it is, whether it is in cover now, what is open there already."""

    project: Project
    owner: str
    contacts: Sequence[Contact]
    cover: CoverDecision
    assets: Sequence[Asset]
    unknown: Sequence[str]  # codes typed that this project does not have
    open: Sequence[OpenHere]

    @property
    def has_same(self) -> bool:
        return any(here.is_same for here in self.open)


async def around(
    session: AsyncSession, who: Who, code: str, asset_codes: Sequence[str], now: datetime
) -> Around:
    """Six statements, whatever is open. A project one may not see is `Missing`."""
    project = await projects.find(session, who, code, Verb.TICKET_OPEN)
    contacts = (
        await projects.contacts_of(session, project)
        if who.may_for(Verb.CALLER_READ, project.id, project.group_id)
        else []
    )
    assets = (
        await session.scalars(
            select(Asset)
            .where(Asset.project_id == project.id, Asset.code.in_(asset_codes[:200]))
            .order_by(Asset.code)
        )
    ).all()
    held = {asset.code for asset in assets}
    cover = await projects.cover_at(session, project, assets, now)
    open_now = await tickets.open_on_project(session, who, project.id)
    lines = await _lines(session, [a.id for a in assets], [t.id for t in open_now])
    wanted_lines = {line for asset in assets for line in lines.of_asset.get(asset.id, ())}
    here = [
        OpenHere(
            ticket,
            lines.codes.get(ticket.id, []),
            bool(wanted_lines & lines.of_ticket.get(ticket.id, set())),
        )
        for ticket in open_now
    ]
    return Around(
        project,
        project.owner.name,
        contacts,
        cover,
        assets,
        [code for code in asset_codes if code not in held],
        sorted(here, key=lambda h: not h.is_same),
    )


@dataclass(frozen=True)
class _Lines:
    """An asset and the circuit and cabinet it hangs on: two that share one are one fault."""

    of_asset: dict[int, set[int]]
    of_ticket: dict[int, set[int]]
    codes: dict[int, list[str]]


async def _lines(
    session: AsyncSession, asset_ids: Sequence[int], ticket_ids: Sequence[int]
) -> _Lines:
    """Several lamps out is a circuit fault, not several tickets (domain.md §0.7).

    A lamp is on its circuit's line; a circuit and a cabinet are lines themselves, and a lamp
    meets a ticket on its cabinet but not a neighbour's ticket on another circuit of it.
    """
    parent, above = aliased(Asset), aliased(Asset)
    rows = await session.execute(
        select(
            TicketAsset.ticket_id,
            Asset.id,
            Asset.code,
            parent.id,
            parent.kind,
            above.id,
            above.kind,
        )
        .select_from(Asset)
        .outerjoin(TicketAsset, and_(TicketAsset.asset_id == Asset.id,
                                     TicketAsset.ticket_id.in_(ticket_ids)))
        .outerjoin(parent, parent.id == Asset.parent_id)
        .outerjoin(above, above.id == parent.parent_id)
        .where(or_(Asset.id.in_(asset_ids), TicketAsset.ticket_id.is_not(None)))
        .order_by(Asset.code)
    )  # fmt: skip
    lines = _Lines({}, {}, {})
    for ticket_id, asset_id, code, parent_id, parent_kind, above_id, above_kind in rows:
        circuit = {parent_id} if parent_kind == "CIRC" else set()
        cabinets = {
            id_ for id_, kind in ((parent_id, parent_kind), (above_id, above_kind)) if kind == "BOX"
        }
        if asset_id in asset_ids:
            lines.of_asset[asset_id] = {asset_id} | circuit | cabinets
        if ticket_id is not None:
            lines.of_ticket.setdefault(ticket_id, set()).update({asset_id} | circuit)
            lines.codes.setdefault(ticket_id, []).append(code)
    return lines


@dataclass(frozen=True)
class Registered:
    """What is read to the caller at once: the number, and what was promised."""

    ticket: Ticket
    timezone: str
    clocks: Sequence[Clock]


async def registered(session: AsyncSession, who: Who, ref: str) -> Registered:
    ticket = await tickets.find(session, who, ref)
    timezone = await session.scalar(select(Project.timezone).where(Project.id == ticket.project_id))
    clocks = (await clocks_of(session, [ticket.id])).get(ticket.id, [])
    return Registered(
        ticket,
        timezone or "UTC",
        [c for c in clocks if c.cycle == ticket.cycle and c.closed_as != "superseded"],
    )


@dataclass(frozen=True)
class Named:
    """What a pasted report's codes and names turned out to be."""

    project: str | None
    assets: Sequence[str]


async def named_in(
    session: AsyncSession, who: Who, codes: Sequence[str], text: str, project: str | None = None
) -> Named:
    """The one project whose code or name stands in the text, and its assets that do.

    Without a project the assets decide, if all of them are of one; two statements.
    """
    upper = [code.upper() for code in codes[:100]]
    text = fold(text[:10_000])
    projects_named = (
        await session.execute(
            select(Project.id, Project.code, func.upper(Project.code).in_(upper))
            .where(
                _may_see(who, Verb.PROJECT_READ),
                or_(
                    func.upper(Project.code).in_(upper),
                    Project.code == (project or ""),
                    and_(
                        func.char_length(Project.name) >= 3,
                        func.strpos(text, func.lower(Project.name)) > 0,
                    ),
                ),
            )
            .order_by(Project.code)
            .limit(3)
        )
    ).all()
    by_code = [row for row in projects_named if row[2]] or projects_named
    only = by_code[0] if len(by_code) == 1 else None
    asked = (
        select(Asset.code, Project.code)
        .join(Project, Project.id == Asset.project_id)
        .where(_may_see(who, Verb.ASSET_READ), Asset.retired_at.is_(None))
        .order_by(Asset.code)
        .limit(50)
    )
    is_named: ColumnElement[bool] = func.upper(Asset.code).in_(upper)
    if only:
        is_named = or_(
            is_named,
            and_(func.char_length(Asset.name) >= 3, func.strpos(text, func.lower(Asset.name)) > 0),
        )
        asked = asked.where(Asset.project_id == only[0])
    elif not upper:
        return Named(None, [])
    rows = (await session.execute(asked.where(is_named))).all()
    of = {row[1] for row in rows}
    if len(of) == 1:
        return Named(of.pop(), [row[0] for row in rows])
    return Named(only[1] if only else None, [])
