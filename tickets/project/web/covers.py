"""The covers of a project on one page, those of all projects that end soon, and corrections."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Now, Session, Typed, Words, typed
from tickets.pages import page
from tickets.project import actions, queries, rules
from tickets.project.rules.expiry import HOW
from tickets.project.web import shape
from tickets.project.web.doing import Writer, home, tried
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute)

WINDOWS = {str(days): days for days in sorted(rules.THRESHOLDS)}
ENDED = "ended"


@router.get("/covers")
async def ending(
    request: Request,
    session: Session,
    now: Now,
    who: Writer,
    within: Annotated[Words, Query()] = "",
    cursor: Annotated[Words | None, Query()] = None,
) -> Response:
    """What ends within a quarter, or ended lately, in all projects one answers for."""
    asked = within if within in WINDOWS or within == ENDED else str(max(rules.THRESHOLDS))
    today = rules.day_of(now, settings().timezone)
    found = await queries.endings(
        session,
        who.scope(Verb.PROJECT_WRITE),
        today,
        days=WINDOWS.get(asked),
        cursor=cursor or None,
    )
    further = urlencode({"within": asked, "cursor": found.next}) if found.next else ""
    return page(
        request,
        "project/ending.html",
        lines=found.items,
        asked=asked,
        windows=list(WINDOWS),
        further=f"/covers?{further}" if further else "",
        today=today,
        label=assets.label,
    )


@router.get("/projects/{code}/covers")
async def covers(
    request: Request,
    code: str,
    session: Session,
    now: Now,
    who: Annotated[Who, needs(Verb.PROJECT_READ)],
    as_of: shape.DayAsked = None,
) -> Response:
    project = await queries.find(session, who, code)
    held = await queries.held_of(session, project)
    today = rules.day_of(now, project.timezone)
    parts = rules.parts_of(held.acceptances, held.contracts)
    return page(
        request,
        "project/covers.html",
        project=project,
        acceptances=held.acceptances,
        below_statute=[row.batch for row in held.acceptances if rules.below_statute(row)],
        contracts=held.contracts,
        renewed={row.follows_id for row in held.contracts},
        parts=parts,
        drawn=rules.drawn(parts, as_of or today),
        cover=held.decide_on([], as_of or today),
        as_of=as_of,
        today=today,
        statute=rules.STATUTE_NOTE,
        said_again=rules.said_again,
        included=rules.included,
        label=assets.label,
        notices=await queries.notices_of(session, project),
        how=HOW,
        may_write=who.may_for(Verb.PROJECT_WRITE, project.id, project.group_id),
    )


def _form(
    request: Request, project: Any, row: Any, form: Typed[Any] | None, status: int
) -> Response:
    amount = row.retention_amount
    values = shape.class_rows(row.months_by_kind) | {
        "accepted_on": row.accepted_on,
        "months": row.months,
        "retention_on": row.retention_on or "",
        "retention_amount": "" if amount is None else amount,
    }
    return page(
        request,
        "project/acceptance.html",
        status=status,
        project=project,
        acceptance=row,
        values=values,
        typed=form,
        classes=assets.classes(),
        rows=shape.rows_for(row.months_by_kind),
    )


@router.get("/projects/{code}/acceptances/{acceptance_id}")
async def acceptance(
    request: Request, code: str, acceptance_id: int, session: Session, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    row = await queries.acceptance(session, project, acceptance_id)
    return _form(request, project, row, None, 200)


@router.post("/projects/{code}/acceptances/{acceptance_id}")
async def correct(
    request: Request, code: str, acceptance_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.acceptance(session, project, acceptance_id)
    form: Typed[Any] = await typed(request, shape.CorrectionForm)

    async def verb() -> None:
        assert form.model
        by_kind = shape.months_by_kind(form.model)
        assets.must_be_kinds("class_1", by_kind)
        terms = actions.AcceptanceTerms(
            accepted_on=form.model.accepted_on,
            months=form.model.months,
            months_by_kind=by_kind,
            retention_on=form.model.retention_on,
            retention_amount=form.model.retention_amount,
        )
        await actions.correct_acceptance(
            session,
            who,
            project,
            acceptance_id,
            terms,
            version=form.model.version,
            reason=form.model.reason,
            now=now,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code, covers=True), 303)
    return _form(request, project, row, form, status)
