"""The forms of a project: adding and changing it, accepting a batch, terms, contacts."""

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Now, Session, Typed, typed
from tickets.pages import page
from tickets.project import actions, queries
from tickets.project.rules import INSPECTION_QUARTERS, REPAIR_FROM, SEVERITIES, TARGETS
from tickets.project.web import shape
from tickets.project.web.doing import Writer, home, tried
from tickets.settings import settings
from tickets.staff.rules import Verb

router = APIRouter(route_class=DoorRoute)


async def _project_form(
    request: Request, session: Session, form: Typed[Any] | None, status: int, **facts: Any
) -> Response:
    return page(
        request,
        "project/form.html",
        status=status,
        typed=form,
        groups=await queries.groups(session),
        zones=sorted(available_timezones()),
        zone=settings().timezone,
        **facts,
    )


@router.get("/projects/new")
async def new(request: Request, session: Session, who: Writer) -> Response:
    return await _project_form(request, session, None, 200, project=None)


@router.post("/projects")
async def add(request: Request, session: Session, now: Now, who: Writer) -> Response:
    form = await typed(request, shape.NewProjectForm)

    async def verb() -> None:
        assert form.model
        fields = form.model.model_dump(exclude={"owner", "contact", "phone", "months", "group"})
        new = actions.NewProject(
            **fields,
            owner_name=form.model.owner,
            contact_name=form.model.contact,
            contact_phone=form.model.phone,
            warranty_months=form.model.months,
            group_id=form.model.group,
        )
        await actions.add_project(session, who, new, now)

    where = {"owner.phone": "phone", "warranty_months": "months"}
    status = await tried(session, who, form, verb, lambda field: where.get(field, field))
    if status == 303:
        assert form.model
        return RedirectResponse(home(form.model.code), 303)
    return await _project_form(request, session, form, status, project=None)


@router.get("/projects/{code}/edit")
async def edit(request: Request, code: str, session: Session, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    return await _project_form(request, session, None, 200, project=project)


@router.post("/projects/{code}")
async def change(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    form = await typed(request, shape.ChangeForm)

    async def verb() -> None:
        assert form.model
        fields = form.model.model_dump(exclude={"version", "group"})
        await actions.change_project(
            session,
            who,
            code,
            version=form.model.version,
            now=now,
            **fields,
            group_id=form.model.group,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code), 303)
    return await _project_form(request, session, form, status, project=project)


@router.get("/projects/{code}/acceptances/new")
async def new_acceptance(request: Request, code: str, session: Session, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    return _acceptance_form(request, project, None, 200)


def _acceptance_form(
    request: Request, project: Any, form: Typed[Any] | None, status: int
) -> Response:
    return page(
        request,
        "project/acceptance.html",
        status=status,
        project=project,
        acceptance=None,
        values={},
        typed=form,
        classes=assets.classes(),
        rows=shape.rows_for(()),
    )


@router.post("/projects/{code}/acceptances")
async def accept(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    form: Typed[Any] = await typed(request, shape.AcceptanceForm)

    async def verb() -> None:
        assert form.model
        by_kind = shape.months_by_kind(form.model)
        assets.must_be_kinds("class_1", by_kind)
        await actions.accept(
            session,
            who,
            project,
            batch=form.model.batch,
            accepted_on=form.model.accepted_on,
            months=form.model.months,
            months_by_kind=by_kind,
            retention_on=form.model.retention_on,
            retention_amount=form.model.retention_amount,
            now=now,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code), 303)
    return _acceptance_form(request, project, form, status)


def _terms_form(
    request: Request, project: Any, form: Typed[Any] | None, values: dict[str, Any], status: int
) -> Response:
    return page(
        request,
        "project/terms.html",
        status=status,
        project=project,
        typed=form,
        values=values,
        targets=[(promise, outside) for promise, (outside, _) in TARGETS.items()],
        severities=SEVERITIES,
        repair_from=REPAIR_FROM,
        quarters=INSPECTION_QUARTERS,
    )


@router.get("/projects/{code}/terms")
async def terms(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    held = await queries.terms_at(session, project.id, now)
    return _terms_form(request, project, None, shape.filled(held), 200)


@router.post("/projects/{code}/terms")
async def change_terms(
    request: Request, code: str, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    form: Typed[Any] = await typed(request, shape.TermsForm)

    async def verb() -> None:
        assert form.model
        await actions.change_terms(session, who, code, shape.numbers(form.model), now=now)

    status = await tried(session, who, form, verb, shape.field_of)
    if status == 303:
        return RedirectResponse(home(code), 303)
    return _terms_form(request, project, form, form.values, status)


def _contact_form(
    request: Request, project: Any, contact: Any, form: Typed[Any] | None, status: int
) -> Response:
    return page(
        request,
        "project/contact.html",
        status=status,
        project=project,
        contact=contact,
        typed=form,
    )


@router.get("/projects/{code}/contacts/new")
async def new_contact(request: Request, code: str, session: Session, who: Writer) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    return _contact_form(request, project, None, None, 200)


@router.post("/projects/{code}/contacts")
async def add_contact(
    request: Request, code: str, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    form = await typed(request, shape.ContactForm)

    async def verb() -> None:
        assert form.model
        await actions.add_contact(session, who, project, **form.model.model_dump(), now=now)

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code), 303)
    return _contact_form(request, project, None, form, status)


@router.get("/projects/{code}/contacts/{contact_id}")
async def contact(
    request: Request, code: str, contact_id: int, session: Session, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    found = await queries.contact_of(session, project, contact_id)
    return _contact_form(request, project, found, None, 200)


@router.post("/projects/{code}/contacts/{contact_id}")
async def change_contact(
    request: Request, code: str, contact_id: int, session: Session, now: Now, who: Writer
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    found = await queries.contact_of(session, project, contact_id)
    form = await typed(request, shape.ContactForm)

    async def verb() -> None:
        assert form.model
        fields = form.model.model_dump()
        await actions.change_contact(session, who, project, found.id, **fields, now=now)

    known = {"id": found.id, "name": found.name, "phone": found.phone, "title": found.title}
    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code), 303)
    return _contact_form(request, project, known, form, status)
