"""验收: a batch is accepted, its warranty begins; what was written down wrongly is corrected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries
from tickets.project.actions.ends import write_ends
from tickets.project.models import Acceptance, Project
from tickets.project.rules import FIRST_DAY, LAST_DAY, MOST_AMOUNT, MOST_MONTHS
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who


@dataclass(frozen=True)
class AcceptanceTerms:
    """What an acceptance says. On `retention_on` the owner pays back what he retained (质保金)."""

    accepted_on: date
    months: int = 12
    months_by_kind: Mapping[str, int] = field(default_factory=dict)
    retention_on: date | None = None
    retention_amount: Decimal | None = None

    def columns(self) -> dict[str, Any]:
        return vars(self) | {"months_by_kind": dict(self.months_by_kind)}


async def accept(
    session: AsyncSession,
    who: Who,
    project: Project,
    *,
    batch: str,
    accepted_on: date,
    months: int = 12,
    months_by_kind: Mapping[str, int] | None = None,
    retention_on: date | None = None,
    retention_amount: Decimal | None = None,
    now: datetime,
) -> Acceptance:
    """验收: the warranty of a batch begins. A batch is accepted once."""
    terms = AcceptanceTerms(
        accepted_on, months, months_by_kind or {}, retention_on, retention_amount
    )
    _check(terms)
    acceptance = Acceptance(project_id=project.id, batch=batch, **terms.columns())
    try:
        async with session.begin_nested():
            session.add(acceptance)
    except IntegrityError:
        raise Refused("Batch {batch} has been accepted already.", batch=batch) from None
    record(
        session,
        "project.accepted",
        at=now,
        project_id=project.id,
        by_id=who.id,
        batch=batch,
        **_told(acceptance),
    )
    await write_ends(session, project, now)
    return acceptance


async def correct_acceptance(
    session: AsyncSession,
    who: Who,
    project: Project,
    acceptance_id: int,
    terms: AcceptanceTerms,
    *,
    version: int,
    reason: str | None,
    now: datetime,
) -> Acceptance:
    """What was written down wrongly. Tickets keep the cover that was decided for them.

    Another day or other months need a reason; the diary keeps what stood there before. `version`
    is the one the writer saw: the second of two writers is told.
    """
    acceptance = await queries.acceptance(session, project, acceptance_id, lock=True)
    if acceptance.version != version:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    _check(terms)
    columns = terms.columns()
    changed = {name for name, value in columns.items() if getattr(acceptance, name) != value}
    if not changed:
        return acceptance
    if changed & {"accepted_on", "months", "months_by_kind"} and not reason:
        raise Invalid("reason", "Say why: it moves the last day of a warranty.")
    before = _told(acceptance)
    for name in changed:
        setattr(acceptance, name, columns[name])
    acceptance.version += 1
    await session.flush()
    await write_ends(session, project, now)
    record(
        session,
        "project.acceptance_corrected",
        at=now,
        project_id=project.id,
        by_id=who.id,
        batch=acceptance.batch,
        reason=reason,
        before=before,
        after=_told(acceptance),
    )
    return acceptance


def _check(terms: AcceptanceTerms) -> None:
    for name, day in (("accepted_on", terms.accepted_on), ("retention_on", terms.retention_on)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise Invalid(name, "This day cannot be: it is too far away.")
    for name, number in [("", terms.months), *terms.months_by_kind.items()]:
        if not 1 <= number <= MOST_MONTHS:
            raise Invalid(
                f"warranty_months.{name}".rstrip("."),
                "A warranty runs for 1 to {most} months.",
                most=MOST_MONTHS,
            )
    if terms.retention_on is None and terms.retention_amount is not None:
        raise Invalid("retention_on", "Say on which day the retained money falls due.")
    if terms.retention_on is not None and terms.retention_on < terms.accepted_on:
        raise Invalid("retention_on", "Retained money falls due after the acceptance.")
    amount = terms.retention_amount
    if amount is not None and not (
        amount.is_finite() and 0 < amount <= MOST_AMOUNT and amount == round(amount, 2)
    ):
        raise Invalid("retention_amount", "An amount has two decimals at most.")


def _told(acceptance: Acceptance) -> dict[str, Any]:
    """As the diary keeps it."""
    on, amount = acceptance.retention_on, acceptance.retention_amount
    return {
        "accepted_on": acceptance.accepted_on.isoformat(),
        "months": acceptance.months,
        "months_by_kind": dict(acceptance.months_by_kind),
    } | (
        {
            "retention_on": on.isoformat(),
            "retention_amount": None if amount is None else str(amount),
        }
        if on
        else {}
    )
