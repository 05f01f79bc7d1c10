"""Who is on the phone, and about what: the call screen types anything, this finds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.grams import digits, fold, wanted
from tickets.project import rules
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries.filters import holds_words, within
from tickets.project.queries.project import acceptances_of
from tickets.project.rules import CoverDecision
from tickets.staff.rules import Verb, Who

# Assets are rows of a room above; as tables are named, so may their columns be read.
_asset = table(
    "asset",
    column("id", Integer),
    column("project_id", Integer),
    column("code", Text),
    column("name", Text),
    column("kind", Text),
    column("batch", Text),
    column("location", Text),
    column("retired_at", DateTime(timezone=True)),
    column("installed_on", Date),
    column("grams", ARRAY(Text)),
)


@dataclass(frozen=True)
class Suggestion:
    """A line below what was typed. `found` says what was found: contact, project or asset.

    The number is whole: this is for those who work on the call (`caller.read`).
    """

    found: str
    project_id: int
    project_code: str
    project_name: str
    timezone: str
    owner_id: int
    owner_name: str
    cover: CoverDecision
    contact_id: int | None = None
    contact_name: str | None = None
    contact_title: str | None = None
    phone: str | None = None
    asset_id: int | None = None
    asset_code: str | None = None
    asset_name: str | None = None
    asset_location: str | None = None


@dataclass(frozen=True)
class _Found:
    """An asset as its cover is decided."""

    code: str
    kind: str
    batch: str | None


async def contacts_by(
    session: AsyncSession, who: Who, typed: str, now: datetime, *, limit: int = 8
) -> list[Suggestion]:
    """People by any part of their number or name, then projects and assets by code, name or place.

    Three letters or digits, or two Chinese characters, are the least that finds inside a word.
    At most four statements. Scope is that of `caller.read`.
    """
    typed = typed.replace("\0", "").strip()[:200]
    if not wanted(typed):
        return []
    scope = within(who.scope(Verb.CALLER_READ))
    people = (await session.execute(_people(typed).where(scope).limit(limit))).all()
    projects = (await session.execute(_projects(typed).where(scope).limit(limit))).all()
    assets = (await session.execute(_assets(typed).where(scope).limit(limit))).all()
    rows: list[tuple[str, Any]] = [("contact", row) for row in people]
    rows += [("project", row) for row in projects]
    rows += [("asset", row) for row in assets]
    acceptances = await acceptances_of(session, list({row.Project.id for _, row in rows}))
    found = []
    for what, row in rows:
        project: Project = row.Project
        about = [_Found(row.code, row.kind, row.batch)] if what == "asset" else []
        own: dict[str, Any] = {}
        if what == "contact":
            contact: Contact = row.Contact
            own = {
                "contact_id": contact.id,
                "contact_name": contact.name,
                "contact_title": contact.title,
                "phone": contact.phone,
            }
        elif what == "asset":
            own = {
                "asset_id": row.id,
                "asset_code": row.code,
                "asset_name": row.name,
                "asset_location": row.location,
            }
        cover = rules.decide_cover(acceptances.get(project.id, []), about, now, project.timezone)
        found.append(
            Suggestion(
                found=what,
                project_id=project.id,
                project_code=project.code,
                project_name=project.name,
                timezone=project.timezone,
                owner_id=project.owner_id,
                owner_name=row.owner_name,
                cover=cover,
                **own,
            )
        )
    return found


def _people(typed: str) -> Select[*tuple[Any, ...]]:
    """A number is looked for by its digits, however it was spaced; anything else by words."""
    number = digits(typed)
    if number and not any(ch.isalpha() for ch in typed):
        matches = Contact.grams.contains(wanted(number)) & Contact.digits.contains(number)
    else:
        matches = Contact.grams.contains(wanted(typed)) & holds_words(
            typed, Contact.name, Contact.digits, func.coalesce(Contact.title, "")
        )
    return (
        select(Contact, Project, Owner.name.label("owner_name"))
        .join(
            Project,
            or_(
                Contact.project_id == Project.id,
                and_(Contact.project_id.is_(None), Contact.owner_id == Project.owner_id),
            ),
        )
        .join(Owner, Owner.id == Project.owner_id)
        .where(matches)
        .order_by(Contact.is_named.desc(), Contact.id.desc(), Project.code)
    )


def _projects(typed: str) -> Select[*tuple[Any, ...]]:
    sliced = Project.grams.contains(wanted(typed)) & holds_words(
        typed, Project.code, Project.name, func.coalesce(Project.address, ""), Owner.name
    )
    begins = func.lower(Project.code).startswith(fold(typed), autoescape=True)
    return (
        select(Project, Owner.name.label("owner_name"))
        .join(Owner, Owner.id == Project.owner_id)
        .where(or_(sliced, begins))
        .order_by(Project.code)
    )


def _assets(typed: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Project,
            Owner.name.label("owner_name"),
            _asset.c.id,
            _asset.c.code,
            _asset.c.name,
            _asset.c.kind,
            _asset.c.batch,
            _asset.c.location,
        )
        .select_from(_asset)
        .join(Project, Project.id == _asset.c.project_id)
        .join(Owner, Owner.id == Project.owner_id)
        .where(
            _asset.c.retired_at.is_(None),
            _asset.c.grams.contains(wanted(typed)),
            holds_words(typed, _asset.c.code, _asset.c.name, func.coalesce(_asset.c.location, "")),
        )
        .order_by(_asset.c.code, _asset.c.id)
    )
