"""Projects for other programs: add one, find them, read one with its cover, change it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tickets.door import PROBLEMS, DoorRoute, Line, Now, Session, Strict, Words
from tickets.grams import mask
from tickets.project import actions, queries, rules
from tickets.project.api.contracts import ContractOut, contract_out
from tickets.project.api.promises import (
    AcceptanceOut,
    Months,
    TermsIn,
    TermsOut,
    acceptance_out,
    terms_out,
)
from tickets.project.models import Contact, Project
from tickets.refusals import Invalid
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["projects"])

Reader = Annotated[Who, needs(Verb.PROJECT_READ)]
Writer = Annotated[Who, needs(Verb.PROJECT_WRITE)]

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[Words | None, Query()]
AsOf = Annotated[date | None, Query(ge=rules.FIRST_DAY, le=rules.LAST_DAY)]


class OwnerIn(Strict):
    """`contact` and `phone` are those of one named person; more can be added later."""

    name: Line
    contact: Line | None = None
    phone: Line | None = None


class ProjectIn(Strict):
    code: Line
    name: Line
    owner: OwnerIn
    accepted_on: date | None = None
    warranty_months: Months = 12
    timezone: Line | None = None
    address: Line | None = None
    hotline: Line | None = None
    group: Line | None = None
    terms: TermsIn = TermsIn()


class ProjectChangeIn(Strict):
    """`version` is the one you read; a field that is absent stays, null empties it."""

    version: int
    name: Line = ""
    timezone: Line = ""
    address: Line | None = None
    hotline: Line | None = None
    group: Line | None = None


class OwnerOut(BaseModel):
    name: str


class ContactOut(BaseModel):
    """The number is masked unless you may read callers."""

    name: str
    title: str | None
    phone: str


class CoverOut(BaseModel):
    """A warranty has a batch and months, a contract its number, and batches and classes where it
    is not of all."""

    kind: Literal["warranty", "contract"]
    starts_on: date
    ends_on: date
    batch: str | None
    months: int | None
    asset_kind: str | None
    contract: str | None
    batches: list[str]
    kinds: list[str]


class DecisionOut(BaseModel):
    decision: Literal["warranty", "contract", "expired", "not_accepted_yet"]
    reason: str
    ends_on: date | None


class ProjectLine(BaseModel):
    code: str
    name: str
    owner: OwnerOut
    cover: DecisionOut


class ProjectList(BaseModel):
    items: list[ProjectLine]
    next: str | None


class ProjectOut(ProjectLine):
    timezone: str
    address: str | None
    hotline: str | None
    group: str | None
    contacts: list[ContactOut]
    covers: list[CoverOut]
    acceptances: list[AcceptanceOut]
    contracts: list[ContractOut]
    terms: TermsOut
    version: int


def _decision(cover: rules.CoverDecision) -> DecisionOut:
    return DecisionOut(
        decision=cover.decision.value,
        reason=cover.reason.replace("\n", " "),
        ends_on=cover.ends_on,
    )


def _cover(cover: rules.Cover) -> CoverOut:
    return CoverOut(
        kind="contract" if cover.contract else "warranty",
        starts_on=cover.starts_on,
        ends_on=cover.ends_on,
        batch=cover.batch,
        months=cover.months,
        asset_kind=cover.asset_kind,
        contract=cover.contract.number if cover.contract else None,
        batches=list(cover.contract.batches) if cover.contract else [],
        kinds=list(cover.contract.kinds) if cover.contract else [],
    )


async def _group_id(session: Session, name: str | None) -> int | None:
    if name is None:
        return None
    for known, called in await queries.groups(session):
        if called == name:
            return known
    raise Invalid("group", "There is no such service group.")


async def _shown(
    session: Session, who: Who, project: Project, now: datetime, as_of: date | None = None
) -> ProjectOut:
    held = await queries.held_of(session, project)
    today = rules.day_of(now, project.timezone)
    contacts: Sequence[Contact] = await queries.contacts_of(session, project)
    is_whole = who.may_for(Verb.CALLER_READ, project.id, project.group_id)
    groups = dict(await queries.groups(session)) if project.group_id else {}
    return ProjectOut(
        code=project.code,
        name=project.name,
        owner=OwnerOut(name=project.owner.name),
        cover=_decision(held.decide_on([], as_of or today)),
        timezone=project.timezone,
        address=project.address,
        hotline=project.hotline,
        group=groups.get(project.group_id) if project.group_id else None,
        contacts=[
            ContactOut(name=c.name, title=c.title, phone=c.phone if is_whole else mask(c.phone))
            for c in contacts
        ],
        covers=[_cover(cover) for cover in held.covers()],
        acceptances=[acceptance_out(row) for row in held.acceptances],
        contracts=[contract_out(row, who) for row in held.contracts],
        terms=terms_out(await queries.terms_at(session, project.id, now)),
        version=project.version,
    )


@router.post("/projects", status_code=201)
async def add_project(body: ProjectIn, session: Session, now: Now, who: Writer) -> ProjectOut:
    project = await actions.add_project(
        session,
        who,
        actions.NewProject(
            code=body.code,
            name=body.name,
            owner_name=body.owner.name,
            contact_name=body.owner.contact,
            contact_phone=body.owner.phone,
            accepted_on=body.accepted_on,
            warranty_months=body.warranty_months,
            timezone=body.timezone or settings().timezone,
            address=body.address,
            hotline=body.hotline,
            group_id=await _group_id(session, body.group),
            terms=body.terms.numbers(),
        ),
        now,
    )
    return await _shown(
        session, who, await queries.find(session, who, project.code, Verb.PROJECT_WRITE), now
    )


@router.get("/projects")
async def projects(
    session: Session,
    now: Now,
    who: Reader,
    q: Annotated[Words, Query()] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ProjectList:
    """By code; `q` finds by part of code, name, address or owner."""
    page = await queries.visible(session, who, now, q=q, limit=limit, cursor=cursor)
    return ProjectList(
        items=[
            ProjectLine(
                code=line.project.code,
                name=line.project.name,
                owner=OwnerOut(name=line.owner_name),
                cover=_decision(line.cover),
            )
            for line in page.items
        ],
        next=page.next,
    )


@router.get("/projects/{code}")
async def project(
    code: str, session: Session, now: Now, who: Reader, as_of: AsOf = None
) -> ProjectOut:
    """`as_of` is a day: `cover` is then that of the day, by what is known now."""
    return await _shown(session, who, await queries.find(session, who, code), now, as_of)


@router.patch("/projects/{code}")
async def change_project(
    code: str, body: ProjectChangeIn, session: Session, now: Now, who: Writer
) -> ProjectOut:
    """The second of two writers with the same `version` gets 409."""
    changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"version", "group"})
    if "group" in body.model_fields_set:
        changes["group_id"] = await _group_id(session, body.group)
    changed = await actions.change_project(
        session, who, code, version=body.version, now=now, **changes
    )
    return await _shown(session, who, changed, now)
