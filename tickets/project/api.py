"""Projects for other programs: what was promised to whom, and what is in cover."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StringConstraints as Text

from tickets.asset import queries as assets
from tickets.door import PROBLEMS, DoorRoute, Line, Now, Session, clean
from tickets.grams import mask
from tickets.project import actions, queries, rules
from tickets.project.models import Acceptance, Contact, Project
from tickets.refusals import Invalid
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["projects"])

Reader = Annotated[Who, needs(Verb.PROJECT_READ)]
Writer = Annotated[Who, needs(Verb.PROJECT_WRITE)]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Months = Annotated[int, Field(ge=1, le=rules.MOST_MONTHS)]
Words = Annotated[str, Text(max_length=200), AfterValidator(clean)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[Words | None, Query()]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OwnerIn(Strict):
    """`contact` and `phone` are those of one named person; more can be added later."""

    name: Line
    contact: Line | None = None
    phone: Line | None = None


class TargetsIn(Strict):
    response_minutes: Positive | None = None
    arrival_hours: Positive | None = None
    repair_hours: Positive | None = None
    make_safe_minutes: Positive | None = None


class TermsIn(TargetsIn):
    """What is absent stays as it is. Targets are whole minutes, at most ten years."""

    repair_from: Literal["report", "arrival"] | None = None
    inspection_quarters: Literal["acceptance", "calendar"] | None = None
    severities: dict[Literal["S1", "S2", "S3", "S4"], TargetsIn] | None = None

    def numbers(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


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


def _per_class(given: Any) -> Any:
    return {"*": given} if isinstance(given, int) and not isinstance(given, bool) else given


class AcceptanceIn(Strict):
    """`warranty_months` per kind or family (`LUM`); `*`, or `months`, for everything else."""

    accepted_on: date
    batch: Line = "1"
    months: Months = 12
    warranty_months: Annotated[dict[Line, Months], BeforeValidator(_per_class)] | None = None


class OwnerOut(BaseModel):
    name: str


class ContactOut(BaseModel):
    """The number is masked unless you may read callers."""

    name: str
    title: str | None
    phone: str


class CoverOut(BaseModel):
    kind: str
    starts_on: date
    ends_on: date
    batch: str
    months: int
    asset_kind: str | None


class DecisionOut(BaseModel):
    decision: Literal["warranty", "contract", "expired", "not_accepted_yet"]
    reason: str
    ends_on: date | None


class TargetsOut(BaseModel):
    response_minutes: int | float | None = None
    arrival_hours: int | float | None = None
    repair_hours: int | float | None = None
    make_safe_minutes: int | float | None = None


class TermsOut(BaseModel):
    response_minutes: int | float
    arrival_hours: int | float
    repair_hours: int | float
    make_safe_minutes: int | float
    repair_from: str
    inspection_quarters: str
    severities: dict[str, dict[str, int | float]]


class AcceptanceOut(BaseModel):
    batch: str
    accepted_on: date
    months: int
    warranty_months: dict[str, int]
    ends_on: date
    note: str | None


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
    terms: TermsOut
    version: int


def _decision(cover: rules.CoverDecision) -> DecisionOut:
    return DecisionOut(
        decision=cover.decision.value,
        reason=cover.reason.replace("\n", " "),
        ends_on=cover.ends_on,
    )


def _terms(terms: rules.ServiceTerms) -> TermsOut:
    return TermsOut(**terms.to_json())


def _acceptance(row: Acceptance) -> AcceptanceOut:
    note = rules.STATUTE_NOTE if rules.below_statute(row) else None
    return AcceptanceOut(
        batch=row.batch,
        accepted_on=row.accepted_on,
        months=row.months,
        warranty_months=row.months_by_kind,
        ends_on=rules.warranty_end(row.accepted_on, row.months),
        note=note,
    )


async def _group_id(session: Session, name: str | None) -> int | None:
    if name is None:
        return None
    for known, called in await queries.groups(session):
        if called == name:
            return known
    raise Invalid("group", "There is no such service group.")


async def _shown(session: Session, who: Who, project: Project, now: datetime) -> ProjectOut:
    rows = (await queries.acceptances_of(session, [project.id])).get(project.id, [])
    contacts: Sequence[Contact] = await queries.contacts_of(session, project)
    is_whole = who.may_for(Verb.CALLER_READ, project.id, project.group_id)
    groups = dict(await queries.groups(session)) if project.group_id else {}
    return ProjectOut(
        code=project.code,
        name=project.name,
        owner=OwnerOut(name=project.owner.name),
        cover=_decision(rules.decide_cover(rows, [], now, project.timezone)),
        timezone=project.timezone,
        address=project.address,
        hotline=project.hotline,
        group=groups.get(project.group_id) if project.group_id else None,
        contacts=[
            ContactOut(name=c.name, title=c.title, phone=c.phone if is_whole else mask(c.phone))
            for c in contacts
        ],
        covers=[CoverOut(**vars(cover)) for cover in rules.covers_of(rows)],
        acceptances=[_acceptance(row) for row in rows],
        terms=_terms(await queries.terms_at(session, project.id, now)),
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
async def project(code: str, session: Session, now: Now, who: Reader) -> ProjectOut:
    return await _shown(session, who, await queries.find(session, who, code), now)


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


@router.post("/projects/{code}/acceptances", status_code=201)
async def accept(
    code: str, body: AcceptanceIn, session: Session, now: Now, who: Writer
) -> AcceptanceOut:
    """A batch is accepted once; a note tells of months below the statutory minimum."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    by_kind = dict(body.warranty_months or {})
    months = by_kind.pop("*", body.months)
    assets.must_be_kinds("warranty_months", by_kind)
    return _acceptance(
        await actions.accept(
            session,
            who,
            found,
            batch=body.batch,
            accepted_on=body.accepted_on,
            months=months,
            months_by_kind=by_kind,
            now=now,
        )
    )


@router.post("/projects/{code}/terms", status_code=201)
async def change_terms(
    code: str, body: TermsIn, session: Session, now: Now, who: Writer
) -> TermsOut:
    """From now on; tickets that are open keep the terms they started with."""
    return _terms(await actions.change_terms(session, who, code, body.numbers(), now=now))
