"""The forms of a visit, posted from the ticket's page and from the phone alike.

A refusal shows the one form again, on a page of its own, with everything that was typed and the
pictures that were sent.
"""

from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Annotated, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from tickets.door import DoorRoute, Line, Now, Passage, Session, sentence_for
from tickets.pages import page
from tickets.phone.forms import ActForm, Brought, Do, attempted, brought
from tickets.sla.rules import Result
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import CAUSES, FAULTS
from tickets.visit import actions, queries
from tickets.visit.rules import RESULT_LABELS, Found, PartUsed, Stood

router = APIRouter(route_class=DoorRoute)

F = TypeVar("F", bound=ActForm)


class ArrivalForm(ActForm):
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None


class MadeSafeForm(ActForm):
    note: Passage


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


@router.post("/tickets/{ref}/arrival")
async def arrive(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ARRIVE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: ArrivalForm, read: Brought[ArrivalForm]) -> None:
        stood = None
        if form.lat is not None and form.lon is not None:
            stood = Stood(form.lat, form.lon, form.accuracy_m)
        await actions.arrive(
            session,
            who,
            ref,
            now=now,
            at=read.at,
            key=form.key,
            position=stood,
            photos=read.photos,
        )

    return await _act(request, who, session, now, ref, "arrival", ArrivalForm, do)


@router.post("/tickets/{ref}/made_safe")
async def make_safe(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_MAKE_SAFE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: MadeSafeForm, read: Brought[MadeSafeForm]) -> None:
        await actions.make_safe(
            session,
            who,
            ref,
            note=form.note,
            now=now,
            at=read.at,
            key=form.key,
            photos=read.photos,
        )

    return await _act(request, who, session, now, ref, "made_safe", MadeSafeForm, do)


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
        found = Found(
            work=form.work,
            cause=form.cause,
            result=form.result,
            expires_on=form.expires_on if form.result is Result.TEMPORARY else None,
            on_site=form.on_site,
            check_after_dark=form.check_after_dark,
            parts=tuple(PartUsed(**part.model_dump()) for part in parts),
        )
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

    return await _act(request, who, session, now, ref, "repair", RepairForm, do)


async def _act(
    request: Request,
    who: Who,
    session: Session,
    now: datetime,
    ref: str,
    act: str,
    form: type[F],
    do: Do[F],
) -> Response:
    ticket, project = await queries.subject(session, who, ref)
    read = await brought(
        request,
        session,
        who,
        form,
        zone=project.timezone,
        reported_at=ticket.reported_at,
        otherwise=f"/tickets/{ref}",
    )
    read.typed.values["parts"] = parts = await _parts_typed(request)
    for wrong in _wrong_parts(parts, who.locale):
        read.typed.errors.setdefault("parts", wrong)
    if done := await attempted(session, who, read, do):
        return done
    ticket, project = await queries.subject(session, who, ref)
    return page(
        request,
        "visit/act.html",
        status=read.status,
        act=act,
        typed=read.typed,
        next=read.next,
        ticket=ticket,
        project=project,
        zone=project.timezone,
        causes=CAUSES,
        faults=FAULTS,
        results=RESULT_LABELS,
    )


_COLUMNS = ("name", "quantity", "unit_price", "old_serial", "new_serial")


async def _parts_typed(request: Request) -> list[dict[str, str]]:
    """Rows of the form, side by side; a row with nothing in it is none."""
    posted = await request.form()
    columns = [
        [text.strip() for text in posted.getlist(f"part_{name}") if isinstance(text, str)]
        for name in _COLUMNS
    ]
    rows = [
        {name: text for name, text in zip(_COLUMNS, texts, strict=True) if text}
        for texts in zip_longest(*columns, fillvalue="")
    ]
    return [row for row in rows if set(row) - {"quantity"}][:100]


def _wrong_parts(rows: list[dict[str, str]], locale: str) -> list[str]:
    wrong: list[str] = []
    for row in rows:
        try:
            PartForm.model_validate(row)
        except ValidationError as error:
            wrong += [sentence_for(locale, each) for each in error.errors()]
    return wrong
