"""Many tickets chosen on the board: joined into one, given to somebody, paused; in one step."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tickets import pages
from tickets.desk.queries import together
from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed, Words, typed
from tickets.phone.forms import instant_typed, local
from tickets.project.models import Project
from tickets.refusals import Refused
from tickets.sla.rules import PauseReason, from_report
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.actions import Do
from tickets.ticket.models import Ticket
from tickets.ticket.rules import MOST_TOGETHER
from tickets.words import say

router = APIRouter(route_class=DoorRoute)

Merges = Annotated[Who, needs(Verb.TICKET_MERGE)]
Assigns = Annotated[Who, needs(Verb.TICKET_ASSIGN)]
Pauses = Annotated[Who, needs(Verb.TICKET_PAUSE)]
Refs = Annotated[list[Words], Query(max_length=1000, default_factory=list)]
Next = Annotated[str, Query(max_length=2000)]


class ChosenForm(BaseModel):
    """`ref` is each ticket's; `next` the board's address with its filter."""

    ref: Annotated[list[Line], Field(max_length=1000)] = []
    next: str = "/desk"


class MergesForm(ChosenForm):
    reason: Passage | None = None


class AssignmentsForm(ChosenForm):
    technician: Line


class PausesForm(ChosenForm):
    reason: PauseReason
    evidence: Passage
    from_at: Line | None = None
    to_at: Line | None = None


async def _shown(
    request: Request,
    who: Who,
    session: Session,
    act: str,
    refs: Sequence[str],
    *,
    next: str,
    form: Typed[Any] | None = None,
    told: dict[str, Refused | None] | None = None,
    survivor: str = "",
    status: int = 200,
) -> Response:
    """The chosen ones with the form, and what was done; `told` says of each why it was not."""
    refs = list(dict.fromkeys(ref for ref in refs if "\0" not in ref))
    rows = await together.chosen(session, who, refs[: MOST_TOGETHER + 1])
    found = {row.ref for row in rows}
    told = told or {}
    return pages.page(
        request,
        "desk/together.html",
        status=status,
        act=act,
        rows=rows,
        missing=[ref for ref in refs if ref not in found],
        next=local(next, "/desk"),
        typed=form,
        done=[ref for ref, refusal in told.items() if refusal is None],
        why={
            ref: say(request.state.locale, refusal.sentence, **refusal.places)
            for ref, refusal in told.items()
            if refusal is not None
        },
        survivor=survivor,
        most=MOST_TOGETHER,
        reasons=list(PauseReason),
        technicians=await together.technicians(session, rows) if act == "assignments" else (),
    )


def _refs(form: Typed[Any]) -> list[str]:
    given = form.values.get("ref", [])
    return [str(ref) for ref in given] if isinstance(given, list) else []


def _next(form: Typed[Any]) -> str:
    return str(form.values.get("next", ""))


@router.get("/desk/merges")
async def ask_merges(
    request: Request, who: Merges, session: Session, ref: Refs, next: Next = ""
) -> Response:
    return await _shown(request, who, session, "merges", ref, next=next)


@router.post("/desk/merges")
async def merge(request: Request, who: Merges, session: Session, now: Now) -> Response:
    """All of them become one, or nothing happens."""
    form = await typed(request, MergesForm, many=frozenset({"ref"}))
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                survivor = await actions.merge_many(
                    session, who, form.model.ref, reason=form.model.reason, now=now
                )
            told: dict[str, Refused | None] = dict.fromkeys(form.model.ref)
            return await _shown(
                request,
                who,
                session,
                "merges",
                form.model.ref,
                next=_next(form),
                told=told,
                survivor=survivor.ref,
            )
        except Refused as refusal:
            status = form.refuse(request.state.locale, refusal)
    return await _shown(
        request, who, session, "merges", _refs(form), next=_next(form), form=form, status=status
    )


@router.get("/desk/assignments")
async def ask_assignments(
    request: Request, who: Assigns, session: Session, ref: Refs, next: Next = ""
) -> Response:
    return await _shown(request, who, session, "assignments", ref, next=next)


@router.post("/desk/assignments")
async def assign(request: Request, who: Assigns, session: Session, now: Now) -> Response:
    form = await typed(request, AssignmentsForm, many=frozenset({"ref"}))

    def do(given: AssignmentsForm) -> Do:
        async def give(ticket: Ticket, _project: Project) -> None:
            await actions.assign(session, who, ticket.ref, technician=given.technician, now=now)

        return give

    return await _each(request, who, session, "assignments", Verb.TICKET_ASSIGN, form, do)


@router.get("/desk/pauses")
async def ask_pauses(
    request: Request, who: Pauses, session: Session, ref: Refs, next: Next = ""
) -> Response:
    return await _shown(request, who, session, "pauses", ref, next=next)


@router.post("/desk/pauses")
async def pause(request: Request, who: Pauses, session: Session, now: Now) -> Response:
    """The same reason and hours for all; what was reported later stands still from its report."""
    form = await typed(request, PausesForm, many=frozenset({"ref"}))

    def do(given: PausesForm) -> Do:
        async def stop(ticket: Ticket, project: Project) -> None:
            begins = _moment(given.from_at, project, ticket)
            await actions.pause(
                session,
                who,
                ticket.ref,
                reason=given.reason,
                evidence=given.evidence,
                from_at=from_report(begins, ticket.reported_at),
                to_at=_moment(given.to_at, project, ticket),
                now=now,
            )

        return stop

    return await _each(request, who, session, "pauses", Verb.TICKET_PAUSE, form, do)


def _moment(text: str | None, project: Project, ticket: Ticket) -> datetime | None:
    return instant_typed(text, project.timezone, ticket.reported_at)


async def _each(
    request: Request,
    who: Who,
    session: Session,
    act: str,
    verb: Verb,
    form: Typed[Any],
    do: Callable[[Any], Do],
) -> Response:
    """Each by itself; the page says of each what came of it, and keeps the form for the rest."""
    told: dict[str, Refused | None] = {}
    status = 422
    if form.model is not None:
        try:
            told = await actions.each_alone(session, who, form.model.ref, verb, do(form.model))
            is_done = None in told.values()
            status = 200 if is_done else max(each.status for each in told.values() if each)
        except Refused as refusal:
            status = form.refuse(request.state.locale, refusal)
    return await _shown(
        request,
        who,
        session,
        act,
        _refs(form),
        next=_next(form),
        form=form,
        told=told,
        status=status,
    )
