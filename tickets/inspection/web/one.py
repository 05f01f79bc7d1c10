"""One quarter's page: its visit, what was found, signing, correcting, handing over."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed, typed
from tickets.inspection import actions, queries, rules
from tickets.inspection.web.doing import Checker, Planner, Reader, tried
from tickets.pages import page
from tickets.project.rules import day_of
from tickets.settings import settings
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who

router = APIRouter(route_class=DoorRoute)


@router.get("/inspections/{inspection_id}")
async def one(
    request: Request, inspection_id: int, who: Reader, session: Session, now: Now
) -> Response:
    return await _one(request, inspection_id, who, session, now, {}, 200)


async def _one(
    request: Request,
    inspection_id: int,
    who: Who,
    session: Session,
    now: Now,
    forms: dict[str, Typed[Any]],
    status: int,
    link: str | None = None,
) -> Response:
    """`forms`: one that was refused, as it was typed, by its name. `link` is shown this once."""
    inspection, project = await queries.find(session, who, inspection_id)
    row = await queries.shown(session, who, inspection_id, now)
    checklist = await queries.checklist_of(session, inspection)
    lined = []
    if queries.may_see_lines(who, inspection):
        lined = await queries.lines(session, inspection, checklist)
    may = {
        verb: who.scope(verb).covers(project.id, project.group_id)
        for verb in (Verb.INSPECTION_PLAN, Verb.INSPECTION_CHECK)
    }
    people = await queries.inspectors(session, inspection.id)
    technicians = []
    if may[Verb.INSPECTION_PLAN] and not inspection.is_kept and not inspection.not_owed:
        technicians = list(await staff.technicians_for(session, project.id, project.group_id))
    items = rules.items_of(checklist.items)
    return page(
        request,
        "inspection/one.html",
        status=status,
        row=row,
        inspection=inspection,
        project=project,
        checklist=checklist,
        lines=lined,
        progress=_progress(lined),
        rates=_rates(lined),
        findings=[each for each in lined if each.finding],
        earlier=await queries.open_findings(
            session, project.id, before=inspection, is_signed=not who.is_staff
        ),
        tabled=[item for item in items if item.rows],
        people=people,
        technicians=technicians,
        reports=await queries.versions(session, inspection),
        handovers=await queries.handovers(session, inspection),
        may_plan=may[Verb.INSPECTION_PLAN],
        may_check=may[Verb.INSPECTION_CHECK],
        forms=forms,
        link=link,
        today=day_of(now, project.timezone),
        labels=rules.STATE_LABELS,
        reasons=rules.NOT_OWED_LABELS,
        sections=rules.SECTION_LABELS,
        verdicts=rules.VERDICT_LABELS,
        how=rules.HOW_LABELS,
    )


def _progress(lined: list[queries.Lined]) -> list[tuple[str, int, int, int]]:
    """Each section: how many are done, all, and how many failed."""
    told: dict[str, list[int]] = {}
    for each in lined:
        counts = told.setdefault(each.item.section, [0, 0, 0])
        counts[0] += not each.is_open
        counts[1] += 1
        counts[2] += each.check.verdict == rules.Verdict.FAIL
    return [(section, *counts) for section, counts in told.items()]  # type: ignore[misc]


def _rates(lined: list[queries.Lined]) -> dict[str, str]:
    pairs = [
        (each.check.values[0], each.check.values[1])
        for each in lined
        if each.item.kind is rules.Value.COUNT_PAIR and each.check.values
    ]
    return {
        "coverage": rules.coverage(
            each.check.verdict for each in lined if not each.check.is_extra
        ).in_words(),
        "lit": rules.lit_rate(pairs).in_words(),
    }


class VisitForm(BaseModel):
    visit_on: date | None = None
    people: list[int] = []
    version: int


class DescriptionForm(BaseModel):
    note: Passage | None = None
    suggestions: Passage | None = None
    was: Line | None = None


class SignForm(BaseModel):
    signed_by: Line


class CorrectionForm(BaseModel):
    reason: Passage


class HandoverForm(BaseModel):
    received_by: Line
    how: Line
    link_days: int = 30


class SettleForm(BaseModel):
    note: Passage


def _home(inspection_id: int) -> str:
    return f"/inspections/{inspection_id}"


@router.post("/inspections/{inspection_id}/visit")
async def plan_visit(
    request: Request, inspection_id: int, who: Planner, session: Session, now: Now
) -> Response:
    form = await typed(request, VisitForm, many=frozenset({"people"}))

    async def verb() -> None:
        assert form.model
        given = form.model
        await actions.plan_visit(
            session,
            who,
            inspection_id,
            visit_on=given.visit_on,
            people=given.people,
            version=given.version,
            now=now,
        )

    return await _done(request, inspection_id, who, session, now, "visit", form, verb)


@router.post("/inspections/{inspection_id}/beginning")
async def begin(
    request: Request, inspection_id: int, who: Checker, session: Session, now: Now
) -> Response:
    await actions.start(session, who, inspection_id, now=now)
    return RedirectResponse(f"{_home(inspection_id)}/check", 303)


@router.post("/inspections/{inspection_id}/description")
async def describe(
    request: Request, inspection_id: int, who: Checker, session: Session, now: Now
) -> Response:
    form = await typed(request, DescriptionForm)
    posted = await request.form()
    rows = {
        name.removeprefix("row."): value
        for name, value in posted.items()
        if name.startswith("row.") and isinstance(value, str) and value
    }

    async def verb() -> None:
        assert form.model
        await actions.choose_rows(
            session, who, inspection_id, rows, now=now, **form.model.model_dump()
        )

    return await _done(request, inspection_id, who, session, now, "description", form, verb)


@router.post("/inspections/{inspection_id}/signature")
async def sign(
    request: Request, inspection_id: int, who: Checker, session: Session, now: Now
) -> Response:
    form = await typed(request, SignForm)

    async def verb() -> None:
        assert form.model
        await actions.sign(
            session, who, inspection_id, signed_by=form.model.signed_by, signature=None, now=now
        )

    return await _done(request, inspection_id, who, session, now, "signature", form, verb)


@router.post("/inspections/{inspection_id}/correction")
async def correct(
    request: Request, inspection_id: int, who: Planner, session: Session, now: Now
) -> Response:
    form = await typed(request, CorrectionForm)

    async def verb() -> None:
        assert form.model
        await actions.open_correction(
            session, who, inspection_id, reason=form.model.reason, now=now
        )

    return await _done(request, inspection_id, who, session, now, "correction", form, verb)


@router.post("/inspections/{inspection_id}/handover")
async def hand_over(
    request: Request, inspection_id: int, who: Checker, session: Session, now: Now
) -> Response:
    """A link is shown once, on the page that answers."""
    form = await typed(request, HandoverForm)
    link: list[str] = []

    async def verb() -> None:
        assert form.model
        handed = await actions.hand_over(
            session, who, inspection_id, now=now, **form.model.model_dump()
        )
        link.extend([handed.link] if handed.link else [])

    if form.model is None or form.model.how != "link":
        return await _done(request, inspection_id, who, session, now, "handover", form, verb)
    status = await tried(session, who, form, verb)
    address = f"{settings().public_url}{link[0]}" if link else None
    forms = {} if status == 303 else {"handover": form}
    shown = 200 if status == 303 else status
    return await _one(request, inspection_id, who, session, now, forms, shown, address)


@router.post("/findings/{finding_id}/ticket")
async def open_ticket(
    request: Request, finding_id: int, who: Checker, session: Session, now: Now
) -> Response:
    _, ref = await actions.open_for(session, who, finding_id, now=now)
    return RedirectResponse(f"/tickets/{ref}", 303)


@router.post("/findings/{finding_id}/settlement")
async def settle(
    request: Request, finding_id: int, who: Checker, session: Session, now: Now
) -> Response:
    form = await typed(request, SettleForm)
    inspection_id = await queries.inspection_of_finding(session, finding_id)

    async def verb() -> None:
        assert form.model
        await actions.settle(session, who, finding_id, note=form.model.note, now=now)

    return await _done(
        request, inspection_id, who, session, now, f"finding-{finding_id}", form, verb
    )


async def _done(
    request: Request,
    inspection_id: int,
    who: Who,
    session: Session,
    now: Now,
    name: str,
    form: Typed[Any],
    verb: Any,
) -> Response:
    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(_home(inspection_id), 303)
    return await _one(request, inspection_id, who, session, now, {name: form}, status)
