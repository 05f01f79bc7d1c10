"""What a project was promised, for other programs: its acceptances and its service terms."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field

from tickets.asset import queries as assets
from tickets.door import PROBLEMS, DoorRoute, Line, Now, Session, Strict
from tickets.project import actions, queries, rules
from tickets.project.models import Acceptance
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["projects"])

Writer = Annotated[Who, needs(Verb.PROJECT_WRITE)]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Months = Annotated[int, Field(ge=1, le=rules.MOST_MONTHS)]


class TargetsIn(Strict):
    response_minutes: Positive | None = None
    arrival_hours: Positive | None = None
    repair_hours: Positive | None = None
    make_safe_minutes: Positive | None = None


class TermsIn(TargetsIn):
    """What is absent stays as it is. Targets are whole minutes, at most ten years."""

    repair_from: Literal["report", "arrival"] | None = None
    inspection_quarters: Literal["acceptance", "calendar"] | None = None
    first_warning_percent: Annotated[int, Field(ge=1, le=98)] | None = None
    second_warning_percent: Annotated[int, Field(ge=2, le=99)] | None = None
    remind_hours: Annotated[int, Field(ge=1, le=168)] | None = None
    acknowledge_minutes: Annotated[int, Field(ge=1, le=120)] | None = None
    photos_before: Annotated[int, Field(ge=0, le=20)] | None = None
    photos_after: Annotated[int, Field(ge=0, le=20)] | None = None
    arrival_radius_m: Annotated[int, Field(ge=20, le=20_000)] | None = None
    sampling_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    severities: dict[Literal["S1", "S2", "S3", "S4"], TargetsIn] | None = None

    def numbers(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


def _per_class(given: Any) -> Any:
    return {"*": given} if isinstance(given, int) and not isinstance(given, bool) else given


class AcceptanceIn(Strict):
    """`warranty_months` per kind or family (`LUM`); `*`, or `months`, for everything else."""

    accepted_on: date
    batch: Line = "1"
    months: Months = 12
    warranty_months: Annotated[dict[Line, Months], BeforeValidator(_per_class)] | None = None
    retention_on: date | None = None
    retention_amount: Decimal | None = None


class CorrectionIn(Strict):
    """`version` is the one you read; what is absent stays, null empties retention. Another day or
    other months need a reason. `warranty_months` replaces all of them."""

    version: int
    accepted_on: date | None = None
    months: Months | None = None
    warranty_months: Annotated[dict[Line, Months], BeforeValidator(_per_class)] | None = None
    retention_on: date | None = None
    retention_amount: Decimal | None = None
    reason: Line | None = None


class TermsOut(BaseModel):
    response_minutes: int | float
    arrival_hours: int | float
    repair_hours: int | float
    make_safe_minutes: int | float
    repair_from: str
    inspection_quarters: str
    first_warning_percent: int
    second_warning_percent: int
    remind_hours: int
    acknowledge_minutes: int
    photos_before: int
    photos_after: int
    arrival_radius_m: int
    sampling_percent: int
    severities: dict[str, dict[str, int | float]]


class AcceptanceOut(BaseModel):
    id: int
    batch: str
    accepted_on: date
    months: int
    warranty_months: dict[str, int]
    ends_on: date
    retention_on: date | None
    retention_amount: str | None
    version: int
    note: str | None


def terms_out(terms: rules.ServiceTerms) -> TermsOut:
    return TermsOut(**terms.to_json())


def acceptance_out(row: Acceptance) -> AcceptanceOut:
    note = rules.STATUTE_NOTE if rules.below_statute(row) else None
    amount = row.retention_amount
    return AcceptanceOut(
        id=row.id,
        batch=row.batch,
        accepted_on=row.accepted_on,
        months=row.months,
        warranty_months=row.months_by_kind,
        ends_on=rules.warranty_end(row.accepted_on, row.months),
        retention_on=row.retention_on,
        retention_amount=None if amount is None else f"{amount:.2f}",
        version=row.version,
        note=note,
    )


@router.post("/projects/{code}/acceptances", status_code=201)
async def accept(
    code: str, body: AcceptanceIn, session: Session, now: Now, who: Writer
) -> AcceptanceOut:
    """A batch is accepted once; a note tells of months below the statutory minimum."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    by_kind = dict(body.warranty_months or {})
    months = by_kind.pop("*", body.months)
    assets.must_be_kinds("warranty_months", by_kind)
    return acceptance_out(
        await actions.accept(
            session,
            who,
            found,
            batch=body.batch,
            accepted_on=body.accepted_on,
            months=months,
            months_by_kind=by_kind,
            retention_on=body.retention_on,
            retention_amount=body.retention_amount,
            now=now,
        )
    )


@router.patch("/projects/{code}/acceptances/{acceptance_id}")
async def correct(
    code: str,
    acceptance_id: int,
    body: CorrectionIn,
    session: Session,
    now: Now,
    who: Writer,
) -> AcceptanceOut:
    """What was written down wrongly; tickets keep the cover that was decided for them. The second
    of two writers with the same `version` gets 409."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.acceptance(session, found, acceptance_id)
    months, by_kind = body.months or row.months, dict(row.months_by_kind)
    if body.warranty_months is not None:
        by_kind = dict(body.warranty_months)
        months = by_kind.pop("*", months)
        assets.must_be_kinds("warranty_months", by_kind)
    given = body.model_fields_set
    terms = actions.AcceptanceTerms(
        accepted_on=body.accepted_on or row.accepted_on,
        months=months,
        months_by_kind=by_kind,
        retention_on=body.retention_on if "retention_on" in given else row.retention_on,
        retention_amount=(
            body.retention_amount if "retention_amount" in given else row.retention_amount
        ),
    )
    return acceptance_out(
        await actions.correct_acceptance(
            session,
            who,
            found,
            row.id,
            terms,
            version=body.version,
            reason=body.reason,
            now=now,
        )
    )


@router.post("/projects/{code}/terms", status_code=201)
async def change_terms(
    code: str, body: TermsIn, session: Session, now: Now, who: Writer
) -> TermsOut:
    """From now on; tickets that are open keep the terms they started with."""
    return terms_out(await actions.change_terms(session, who, code, body.numbers(), now=now))
