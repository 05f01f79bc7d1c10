"""The form of a repair, with its rows of parts and of what was measured."""

from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from tickets.door import DoorRoute, Line, Now, Passage, Session, sentence_for
from tickets.phone.forms import ActForm, Brought
from tickets.refusals import Invalid
from tickets.sla.rules import Result
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.visit import actions
from tickets.visit.rules import MEASURED, Found, Measured, PartUsed
from tickets.visit.web.tried import tried

router = APIRouter(route_class=DoorRoute)


class RepairForm(ActForm):
    on_site: bool = False
    check_after_dark: bool = False
    result: Result = Result.FIXED
    expires_on: date | None = None
    cause: Line | None = None
    work: Passage


class PartForm(BaseModel):
    name: Line
    quantity: Annotated[Decimal, Field(gt=0, le=Decimal("999999.999"), decimal_places=3)] = Decimal(
        1
    )
    unit_price: (
        Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)] | None
    ) = None
    old_serial: Line | None = None
    new_serial: Line | None = None


Value = Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000, decimal_places=4)]


class MeasurementForm(BaseModel):
    name: Line
    unit: Annotated[Line, Field(max_length=20)]
    before: Value | None = None
    after: Value | None = None


@router.post("/tickets/{ref}/repair")
async def repair(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: RepairForm, read: Brought[RepairForm]) -> None:
        parts = [PartForm.model_validate(row) for row in read.typed.values["parts"]]
        rows = read.typed.values["measurements"]
        measured = [MeasurementForm.model_validate(row) for row in rows]
        found = Found(
            work=form.work,
            cause=form.cause,
            result=form.result,
            expires_on=form.expires_on if form.result is Result.TEMPORARY else None,
            on_site=form.on_site,
            check_after_dark=form.check_after_dark,
            parts=tuple(PartUsed(**part.model_dump()) for part in parts),
            measurements=tuple(Measured(**each.model_dump()) for each in measured),
        )
        try:
            await actions.repair(
                session,
                who,
                ref,
                found,
                now=now,
                at=read.at,
                key=form.key,
                photos=read.photos,
            )
        except Invalid as wrong:
            raise Invalid(wrong.field.split(".")[0], wrong.sentence, **wrong.places) from None

    return await tried(request, who, session, now, ref, "repair", RepairForm, do, _rows)


_PART = ("name", "quantity", "unit_price", "old_serial", "new_serial")
_MEASUREMENT = ("name", "unit", "before", "after")


async def _rows(request: Request, read: Brought[RepairForm], who: Who) -> None:
    """Parts and measurements, with a sentence where one of them cannot be taken."""
    parts = await _typed(request, "part", _PART)
    parts = [row for row in parts if set(row) - {"quantity"}]
    measured = await _typed(request, "measure", _MEASUREMENT)
    # A row for each of what is usually measured is on the form, and most stay empty.
    measured = [
        row
        for row in measured
        if set(row) & {"before", "after"} or (set(row) & {"name"} and row["name"] not in MEASURED)
    ]
    read.typed.values |= {"parts": parts, "measurements": measured}
    for name, form, rows in (
        ("parts", PartForm, parts),
        ("measurements", MeasurementForm, measured),
    ):
        for wrong in _wrong(form, rows, who.locale):
            read.typed.errors.setdefault(name, wrong)


async def _typed(request: Request, what: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of the form, side by side; at most a hundred."""
    posted = await request.form()
    texts = [
        [text.strip() for text in posted.getlist(f"{what}_{name}") if isinstance(text, str)]
        for name in columns
    ]
    rows = [
        {name: text for name, text in zip(columns, row, strict=True) if text}
        for row in zip_longest(*texts, fillvalue="")
    ]
    return [row for row in rows if row][:100]


def _wrong(form: type[BaseModel], rows: list[dict[str, Any]], locale: str) -> list[str]:
    wrong: list[str] = []
    for row in rows:
        try:
            form.model_validate(row)
        except ValidationError as error:
            wrong += [sentence_for(locale, each) for each in error.errors()]
    return wrong
