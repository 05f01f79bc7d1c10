"""The forms of service contracts: made, changed, renewed, ended early."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Now, Session, Typed, typed
from tickets.pages import page
from tickets.project import actions, queries, rules
from tickets.project.models import Contract, Project
from tickets.project.web import shape
from tickets.project.web.doing import Writer, home, tried
from tickets.staff.rules import Verb, Who

router = APIRouter(route_class=DoorRoute)

BATCHES = frozenset({"batches"})


async def _form(
    request: Request,
    session: Session,
    now: Now,
    project: Project,
    mode: str,
    row: Contract | None,
    form: Typed[Any] | None,
    status: int,
    ending: Typed[Any] | None = None,
) -> Response:
    held = await queries.held_of(session, project)
    values: dict[str, Any] = {}
    if row is not None:
        names = ("number", "starts_on", "ends_on", "batches", "labour", "parts")
        values = {name: getattr(row, name) for name in names} | shape.class_rows(row.kinds)
        values |= shape.filled_own(row.terms)
        values["note"] = row.note or ""
    if row is not None and mode == "renew":
        starts_on, ends_on = rules.next_days(row.ends_on)
        values |= {"number": "", "note": "", "starts_on": starts_on, "ends_on": ends_on}
    today = rules.day_of(now, project.timezone)
    return page(
        request,
        "project/contract.html",
        status=status,
        project=project,
        contract=row,
        mode=mode,
        values=values,
        typed=form,
        ending=ending,
        batches=[each.batch for each in held.acceptances],
        classes=assets.classes(),
        label=assets.label,
        rows=shape.rows_for(row.kinds if row else ()),
        pays=rules.PAYS,
        targets=[(promise, outside) for promise, (outside, _) in rules.TARGETS.items()],
        severities=rules.SEVERITIES,
        has_begun=row is not None and row.starts_on <= today,
        today=today,
    )


async def _done(
    request: Request,
    session: Session,
    now: Now,
    who: Who,
    project: Project,
    mode: str,
    row: Contract | None,
    form: Typed[Any],
    verb: Callable[[], Awaitable[Any]],
    name: Callable[[str], str] = str,
) -> Response:
    """Back to the covers when it is done, else the form with what was typed and why not. Ending
    has a form of its own below that of a change."""
    status = await tried(session, who, form, verb, name)
    if status == 303:
        return RedirectResponse(home(project.code, covers=True), 303)
    if mode == "end":
        return await _form(request, session, now, project, "change", row, None, status, form)
    return await _form(request, session, now, project, mode, row, form, status)


@router.get("/projects/{code}/contracts/new")
async def new(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    return await _form(request, session, now, project, "new", None, None, 200)


def _terms(form: Typed[Any], kept: Mapping[str, Any]) -> rules.ContractTerms:
    assert form.model
    assets.must_be_kinds("class_1", form.model.kinds())
    terms: rules.ContractTerms = form.model.terms(kept)
    return terms


@router.post("/projects/{code}/contracts")
async def add(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    form: Typed[Any] = await typed(request, shape.ContractForm, many=BATCHES)

    async def verb() -> None:
        await actions.add_contract(session, who, project, _terms(form, {}), now=now)

    return await _done(request, session, now, who, project, "new", None, form, verb, shape.field_of)


@router.get("/projects/{code}/contracts/{contract_id}")
async def contract(
    request: Request, code: str, contract_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    row = await queries.contract(session, project, contract_id)
    return await _form(request, session, now, project, "change", row, None, 200)


@router.post("/projects/{code}/contracts/{contract_id}")
async def change(
    request: Request, code: str, contract_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.contract(session, project, contract_id)
    form: Typed[Any] = await typed(request, shape.ContractForm, many=BATCHES)

    async def verb() -> None:
        assert form.model
        await actions.change_contract(
            session,
            who,
            project,
            row.id,
            _terms(form, row.terms),
            version=form.model.version,
            reason=form.model.reason,
            now=now,
        )

    return await _done(
        request, session, now, who, project, "change", row, form, verb, shape.field_of
    )


@router.get("/projects/{code}/contracts/{contract_id}/renewal")
async def renewal(
    request: Request, code: str, contract_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    row = await queries.contract(session, project, contract_id)
    return await _form(request, session, now, project, "renew", row, None, 200)


@router.post("/projects/{code}/contracts/{contract_id}/renewal")
async def renew(
    request: Request, code: str, contract_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.contract(session, project, contract_id)
    form: Typed[Any] = await typed(request, shape.RenewalForm)

    async def verb() -> None:
        assert form.model
        await actions.renew_contract(
            session, who, project, row.id, **form.model.model_dump(), now=now
        )

    return await _done(request, session, now, who, project, "renew", row, form, verb)


@router.post("/projects/{code}/contracts/{contract_id}/end")
async def end(
    request: Request, code: str, contract_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.contract(session, project, contract_id)
    form: Typed[Any] = await typed(request, shape.EndForm)

    async def verb() -> None:
        assert form.model
        await actions.end_contract(
            session, who, project, row.id, **form.model.model_dump(), now=now
        )

    return await _done(request, session, now, who, project, "end", row, form, verb)
