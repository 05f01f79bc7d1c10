"""Forms of what bears on the clocks: pauses, the look after dark, recurrence, splitting."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from tickets.door import DoorRoute, Line, Now, Passage, Session
from tickets.phone.forms import ActForm, Brought, instant_typed
from tickets.refusals import Invalid
from tickets.sla.rules import PauseReason
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.web.act import acted

router = APIRouter(route_class=DoorRoute)

Number = Annotated[int, Field(ge=1, lt=2**63)]


class PauseForm(ActForm):
    reason: PauseReason
    evidence: Passage | None = None
    from_at: Line | None = None
    to_at: Line | None = None


@router.post("/tickets/{ref}/pauses")
async def pause(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_PAUSE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: PauseForm, read: Brought[PauseForm]) -> None:
        begins = instant_typed(form.from_at, read.zone, read.reported_at, field="from_at")
        ends = instant_typed(form.to_at, read.zone, read.reported_at, field="to_at")
        try:
            await actions.pause(
                session,
                who,
                ref,
                reason=form.reason,
                evidence=form.evidence,
                from_at=begins or read.at,
                to_at=ends,
                now=now,
                key=form.key,
                photos=tuple(read.photos),
            )
        except Invalid as wrong:
            field = {"from": "from_at", "to": "to_at"}.get(wrong.field, wrong.field)
            raise Invalid(field, wrong.sentence, **wrong.places) from None

    return await acted(request, who, session, now, ref, "pauses", PauseForm, do)


class PauseEndForm(ActForm):
    pause: Number


@router.post("/tickets/{ref}/pause_end")
async def end_pause(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_PAUSE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: PauseEndForm, read: Brought[PauseEndForm]) -> None:
        photos = tuple(read.photos)
        await actions.end_pause(session, who, form.pause, at=read.at, now=now, photos=photos)

    return await acted(request, who, session, now, ref, "pause_end", PauseEndForm, do)


class AcceptanceForm(ActForm):
    pause: Number
    reason: Passage | None = None


@router.post("/tickets/{ref}/pause_acceptance")
async def accept_pause(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.PAUSE_REVIEW)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: AcceptanceForm, read: Brought[AcceptanceForm]) -> None:
        await actions.accept_pause(session, who, form.pause, reason=form.reason, now=now)

    return await acted(request, who, session, now, ref, "pause_acceptance", AcceptanceForm, do)


class RejectionForm(ActForm):
    pause: Number
    reason: Passage


@router.post("/tickets/{ref}/pause_rejection")
async def reject_pause(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.PAUSE_REVIEW)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: RejectionForm, read: Brought[RejectionForm]) -> None:
        await actions.reject_pause(session, who, form.pause, reason=form.reason, now=now)

    return await acted(request, who, session, now, ref, "pause_rejection", RejectionForm, do)


class CheckForm(ActForm):
    passed: Literal["yes", "no"]
    note: Passage | None = None


@router.post("/tickets/{ref}/check")
async def check_after_dark(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: CheckForm, read: Brought[CheckForm]) -> None:
        await actions.check_after_dark(
            session,
            who,
            ref,
            passed=form.passed == "yes",
            note=form.note,
            at=read.at,
            now=now,
            key=form.key,
            photos=tuple(read.photos),
        )

    return await acted(request, who, session, now, ref, "check", CheckForm, do)


class RecurrenceForm(ActForm):
    reason: Passage
    reported_at: Line | None = None


@router.post("/tickets/{ref}/recurrence")
async def recur(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REOPEN)],
    session: Session,
    now: Now,
) -> Response:
    """Goes on to the ticket that now stands for it: the same in a new cycle, or a new one."""

    async def do(form: RecurrenceForm, read: Brought[RecurrenceForm]) -> None:
        ticket = await actions.recur(
            session,
            who,
            ref,
            reason=form.reason,
            reported_at=instant_typed(
                form.reported_at, read.zone, read.reported_at, field="reported_at"
            ),
            now=now,
            key=form.key,
            photos=tuple(read.photos),
        )
        read.next = f"/tickets/{ticket.ref}"

    return await acted(request, who, session, now, ref, "recurrence", RecurrenceForm, do)


class SplitForm(ActForm):
    reason: Passage


@router.post("/tickets/{ref}/split")
async def split(
    request: Request,
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_MERGE)],
    session: Session,
    now: Now,
) -> Response:
    async def do(form: SplitForm, read: Brought[SplitForm]) -> None:
        await actions.split(session, who, ref, reason=form.reason, now=now)

    return await acted(request, who, session, now, ref, "split", SplitForm, do)
