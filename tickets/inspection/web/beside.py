"""Beside the inspections: upkeep, training, instruments."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from tickets import media
from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed, Words, typed
from tickets.inspection import actions, queries, rules
from tickets.inspection.web.doing import Checker, Planner, Reader, Writer, tried
from tickets.pages import page
from tickets.project import queries as projects
from tickets.project.rules import day_of
from tickets.refusals import Refused
from tickets.settings import settings
from tickets.staff.rules import Verb, Who

router = APIRouter(route_class=DoorRoute)

Project = Annotated[Words, Query()]


class UpkeepForm(BaseModel):
    project: Line
    kind: Line
    what: Line
    due_on: date


class DoneForm(BaseModel):
    done_on: date | None = None
    note: Passage | None = None


class CancelForm(BaseModel):
    reason: Line


class TrainingForm(BaseModel):
    project: Line
    held_on: date
    place: Line
    topics: list[Line] = []
    other_topics: Passage | None = None
    trainer: Line
    attendees: Passage
    questions: Passage | None = None


class InstrumentForm(BaseModel):
    id: int | None = None
    name: Line
    model: Line | None = None
    serial: Line
    calibrated_until: date | None = None


@router.get("/upkeep")
async def upkeep(
    request: Request, who: Reader, session: Session, now: Now, project: Project = ""
) -> Response:
    return await _upkeep(request, who, session, now, project, {}, 200)


async def _upkeep(
    request: Request,
    who: Who,
    session: Session,
    now: Now,
    project: str,
    forms: dict[str, Typed[Any]],
    status: int,
) -> Response:
    asked = project.strip() or None
    return page(
        request,
        "inspection/upkeep.html",
        status=status,
        project=project,
        tasks=await queries.upkeep(session, who, now=now, project=asked),
        done=await queries.upkeep(session, who, now=now, project=asked, is_done=True, most=30),
        kinds=rules.UPKEEP_LABELS,
        forms=forms,
        today=day_of(now, settings().timezone),
    )


@router.post("/upkeep")
async def add_upkeep(request: Request, who: Planner, session: Session, now: Now) -> Response:
    form = await typed(request, UpkeepForm)

    async def verb() -> None:
        assert form.model
        given = form.model
        await actions.add_upkeep(
            session,
            who,
            given.project,
            kind=given.kind,
            what=given.what,
            due_on=given.due_on,
            person_id=None,
            now=now,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse("/upkeep", 303)
    return await _upkeep(request, who, session, now, "", {"add": form}, status)


@router.post("/upkeep/{upkeep_id}/done")
async def finish_upkeep(
    request: Request, upkeep_id: int, who: Checker, session: Session, now: Now
) -> Response:
    form = await typed(request, DoneForm)

    async def verb() -> None:
        assert form.model
        given = form.model
        await actions.finish_upkeep(
            session, who, upkeep_id, done_on=given.done_on, note=given.note, now=now
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse("/upkeep", 303)
    return await _upkeep(request, who, session, now, "", {f"task-{upkeep_id}": form}, status)


@router.post("/upkeep/{upkeep_id}/cancellation")
async def cancel_upkeep(
    request: Request, upkeep_id: int, who: Planner, session: Session, now: Now
) -> Response:
    form = await typed(request, CancelForm)

    async def verb() -> None:
        assert form.model
        await actions.cancel_upkeep(session, who, upkeep_id, reason=form.model.reason, now=now)

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse("/upkeep", 303)
    return await _upkeep(request, who, session, now, "", {f"task-{upkeep_id}": form}, status)


@router.get("/trainings")
async def trainings(
    request: Request, who: Reader, session: Session, now: Now, project: Project = ""
) -> Response:
    return await _trainings(request, who, session, now, project, None, 200)


async def _trainings(
    request: Request,
    who: Who,
    session: Session,
    now: Now,
    project: str,
    form: Typed[Any] | None,
    status: int,
) -> Response:
    """Of one project what was held; of all those that still owe one."""
    code = project.strip()
    held = await queries.trainings(session, who, code) if code else []
    named = await projects.find(session, who, code) if code else None
    owing = [] if code or not who.may(Verb.BROKEN_SEE) else await queries.untrained(session, who)
    return page(
        request,
        "inspection/trainings.html",
        status=status,
        project=named,
        held=held,
        owing=[(each, rules.training_due(each.accepted_on)) for each in owing],
        topics=rules.TOPIC_LABELS,
        typed=form,
        today=day_of(now, settings().timezone),
    )


@router.post("/trainings")
async def hold_training(request: Request, who: Checker, session: Session, now: Now) -> Response:
    form = await typed(request, TrainingForm, many=frozenset({"topics"}))
    sheet: list[Any] = []
    posted = await request.form()
    file = posted.get("sheet")
    if isinstance(file, UploadFile) and file.filename and form.model is not None:
        try:
            photo = await media.take(session, await file.read(media.MAX_BYTES + 1), by_id=who.id)
            sheet.append(photo.id)
        except Refused as refusal:
            form.refuse(who.locale, refusal)
            form.model = None

    async def verb() -> None:
        assert form.model
        given = form.model
        other = (given.other_topics or "").splitlines()
        await actions.hold_training(
            session,
            who,
            given.project,
            held_on=given.held_on,
            place=given.place,
            topics=[*given.topics, *other],
            trainer=given.trainer,
            attendees=given.attendees,
            questions=given.questions,
            sheet=sheet[0] if sheet else None,
            now=now,
        )

    status = await tried(session, who, form, verb)
    code = str(form.values.get("project", ""))
    if status == 303:
        return RedirectResponse(f"/trainings?{urlencode({'project': code})}", 303)
    return await _trainings(request, who, session, now, code, form, status)


@router.get("/instruments")
async def instruments(request: Request, who: Reader, session: Session, now: Now) -> Response:
    return await _instruments(request, who, session, now, None, 200)


async def _instruments(
    request: Request, who: Who, session: Session, now: Now, form: Typed[Any] | None, status: int
) -> Response:
    return page(
        request,
        "inspection/instruments.html",
        status=status,
        tools=await queries.instruments(session),
        typed=form,
        today=day_of(now, settings().timezone),
    )


@router.post("/instruments")
async def keep_instrument(request: Request, who: Writer, session: Session, now: Now) -> Response:
    form = await typed(request, InstrumentForm)

    async def verb() -> None:
        assert form.model
        given = form.model
        await actions.keep_instrument(
            session,
            who,
            instrument_id=given.id,
            name=given.name,
            model=given.model,
            serial=given.serial,
            calibrated_until=given.calibrated_until,
            now=now,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse("/instruments", 303)
    return await _instruments(request, who, session, now, form, status)


@router.post("/instruments/{instrument_id}/retirement")
async def retire_instrument(
    instrument_id: int, who: Writer, session: Session, now: Now
) -> Response:
    await actions.retire_instrument(session, who, instrument_id, now=now)
    return RedirectResponse("/instruments", 303)
