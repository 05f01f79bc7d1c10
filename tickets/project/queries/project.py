"""What may be asked about projects: which, whose, on what terms, in cover or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from tickets.grams import fold, wanted
from tickets.project.models import Contact, Owner, Project, Terms
from tickets.project.queries.filters import holds_words, within
from tickets.project.queries.held import held_by
from tickets.project.rules import CODE, CoverDecision
from tickets.refusals import Forbidden, Invalid, Missing
from tickets.staff.rules import Verb, Who


async def find(
    session: AsyncSession,
    who: Who,
    code: str,
    verb: Verb = Verb.PROJECT_READ,
    *,
    lock: bool = False,
) -> Project:
    """With its owner. Out of sight is `Missing`; seen, but not for this verb, is `Forbidden`."""
    return await _found(session, who, _CODE, code, verb, lock, shaped=_is_code(code))


async def find_by_id(
    session: AsyncSession,
    who: Who,
    project_id: int,
    verb: Verb = Verb.PROJECT_READ,
    *,
    lock: bool = False,
) -> Project:
    return await _found(session, who, _ID, project_id, verb, lock)


def _is_code(code: str) -> bool:
    return CODE.fullmatch(code) is not None


# Built once; building a statement takes as long as asking it.
_WITH_OWNER = select(Project).options(joinedload(Project.owner))
_CODE = _WITH_OWNER.where(Project.code == bindparam("which"))
_ID = _WITH_OWNER.where(Project.id == bindparam("which"))


async def _found(
    session: AsyncSession,
    who: Who,
    statement: Select[Project],
    which: str | int,
    verb: Verb,
    lock: bool,
    *,
    shaped: bool = True,
) -> Project:
    scopes = (who.scope(Verb.PROJECT_READ), who.scope(verb))
    if not any(scope.everywhere for scope in scopes):
        statement = statement.where(or_(*map(within, scopes)))
    if lock:
        # For whoever changes the project: the second writer waits and then sees the first's work.
        statement = statement.with_for_update(of=Project).execution_options(populate_existing=True)
    project = await session.scalar(statement, {"which": which}) if shaped else None
    if project is None:
        raise Missing("There is no such project.")
    if not who.may_for(verb, project.id, project.group_id):
        raise Forbidden("Your role does not allow this for project {code}.", code=project.code)
    return project


@dataclass(frozen=True)
class Listed:
    """A project as the list shows it, its cover as of today."""

    project: Project
    owner_name: str
    cover: CoverDecision


@dataclass(frozen=True)
class ProjectPage:
    items: Sequence[Listed]
    next: str | None


async def visible(
    session: AsyncSession,
    who: Who,
    now: datetime,
    *,
    q: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> ProjectPage:
    """One page of the projects one may read, by code; two statements whatever their number."""
    statement = (
        select(Project)
        .where(within(who.scope(Verb.PROJECT_READ)))
        .options(joinedload(Project.owner))
        .order_by(Project.code)
        .limit(limit + 1)
    )
    if q.strip():
        statement = statement.where(_matches(q))
    if cursor is not None:
        if not _is_code(cursor):
            raise Invalid("cursor", "This place in the list is not known.")
        statement = statement.where(Project.code > cursor)
    found = (await session.scalars(statement)).all()
    shown = found[:limit]
    held = await held_by(session, [p.id for p in shown])
    return ProjectPage(
        [Listed(p, p.owner.name, held[p.id].decide(p, [], now)) for p in shown],
        shown[-1].code if len(found) > limit else None,
    )


def _matches(q: str) -> ColumnElement[bool]:
    """Projects are few: a code half typed is found without the index of slices too."""
    sliced = Project.grams.contains(wanted(q)) & holds_words(
        q, Project.code, Project.name, func.coalesce(Project.address, ""), _owner_name()
    )
    begins = func.lower(Project.code).startswith(fold(q.strip()), autoescape=True)
    return or_(sliced, begins)


def _owner_name() -> ColumnElement[str]:
    return select(Owner.name).where(Owner.id == Project.owner_id).scalar_subquery()


async def terms_history(session: AsyncSession, project_id: int) -> Sequence[Terms]:
    return (
        await session.scalars(
            select(Terms).where(Terms.project_id == project_id).order_by(Terms.valid_from.desc())
        )
    ).all()


async def contacts_of(session: AsyncSession, project: Project) -> Sequence[Contact]:
    """The owner's named people, first those named for this very project."""
    return (
        await session.scalars(
            select(Contact)
            .where(
                Contact.is_named,
                or_(Contact.project_id == project.id, Contact.owner_id == project.owner_id),
                or_(Contact.project_id == project.id, Contact.project_id.is_(None)),
            )
            .order_by(Contact.project_id.is_(None), Contact.id)
        )
    ).all()


async def contact_of(session: AsyncSession, project: Project, contact_id: int) -> Contact:
    """One named contact of the project or of its owner."""
    contact = None
    if 0 < contact_id < 2**31:
        contact = await session.scalar(
            select(Contact).where(
                Contact.id == contact_id,
                Contact.is_named,
                or_(Contact.project_id == project.id, Contact.owner_id == project.owner_id),
            )
        )
    if contact is None:
        raise Missing("There is no such contact.")
    return contact


# Groups are rows of a room above; as tables are named, so may their names be read.
_groups = table("service_group", column("id", Integer), column("name", Text))


async def groups(session: AsyncSession) -> Sequence[tuple[int, str]]:
    """Every service group, id and name."""
    found = await session.execute(select(_groups.c.id, _groups.c.name).order_by(_groups.c.name))
    return [(row.id, row.name) for row in found]
