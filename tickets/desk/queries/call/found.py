"""Who calls, about what: found by any part of a number, a name or a code."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.grams import digits, fold
from tickets.project.models import Contact, Owner, Project
from tickets.project.queries import within
from tickets.staff.rules import Verb, Who

MOST = 8  # of each sort; more is noise while somebody waits
# A caller met once calls about that project, an owner's named person about all of the owner's.
CALLS_ABOUT = or_(
    Contact.project_id == Project.id,
    Contact.project_id.is_(None) & (Contact.owner_id == Project.owner_id),
)


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


def _may_see(who: Who, verb: Verb) -> ColumnElement[bool]:
    """Where one may open a ticket and do this besides: no caller or asset leaks past a scope."""
    return and_(within(who.scope(Verb.TICKET_OPEN)), within(who.scope(verb)))


async def callers(session: AsyncSession, who: Who, q: str) -> Sequence[Suggestion]:
    """People by exactly their number, once for each project they may call about."""
    number = digits(q)
    # A softphone gives 86 or +86 before the number, or a 0 before a mobile.
    heard = {number, number.removeprefix("86"), number.removeprefix("0")} - {""}
    rows = await session.execute(
        select(Contact, Project.code, Project.name, Owner.name)
        .join(Project, CALLS_ABOUT)
        .join(Owner, Owner.id == Project.owner_id)
        .where(Contact.digits.in_(heard), _may_see(who, Verb.CALLER_READ))
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
    return (
        await session.scalars(
            select(Contact)
            .join(Project, CALLS_ABOUT)
            .where(Contact.id == contact_id, _may_see(who, Verb.CALLER_READ))
            .limit(1)
        )
    ).first()


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
