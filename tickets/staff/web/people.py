"""Who works here: found, added, changed, retired (rules.md §11)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused
from tickets.staff import actions, queries
from tickets.staff.models import Person
from tickets.staff.rules import ROLE_LABELS, Grant, Role, Verb, Who
from tickets.staff.signed_in import needs
from tickets.staff.web.session import Secret
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)
Admin = Annotated[Who, needs(Verb.PEOPLE_MANAGE)]
PersonId = Annotated[int, Path(ge=1, le=2**31 - 1)]

_MANY = frozenset({"roles"})
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\s@]+@[^\s@]+$")
]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[0-9+() \-]{3,}$")
]


class PersonForm(BaseModel):
    """`roles` are the ticked ones, "technician", "owner@project:3" or "technician@group:2"; one
    more may be added for a project (its code) or a group."""

    login: Line
    name: Line
    phone: Phone | None = None
    email: Email | None = None
    roles: Annotated[list[str], Field(max_length=200)] = []
    new_role: Role | None = None
    new_project: Line | None = None
    new_group: int | None = None
    password: Secret | None = None
    version: int = 0


class PasswordForm(BaseModel):
    password: Secret


def mark(role: str, project_id: int | None, group_id: int | None) -> str:
    """A role and its place as a checkbox carries them."""
    if project_id is not None:
        return f"{role}@project:{project_id}"
    return role if group_id is None else f"{role}@group:{group_id}"


def role_choices(locale: str, *, with_programs: bool = False) -> list[tuple[str, str]]:
    return [
        (role.value, say(locale, label))
        for role, label in ROLE_LABELS.items()
        if with_programs or role is not Role.INTEGRATION
    ]


async def _grants(session: AsyncSession, form: PersonForm) -> list[Grant]:
    grants = [_grant(text) for text in form.roles]
    if form.new_role is not None:
        project_id = None
        if form.new_project is not None:
            project_id = await queries.project_id_of(session, form.new_project)
            if project_id is None:
                raise Invalid("new_project", N_("There is no project of this code."))
        grants.append(Grant(form.new_role, project_id, form.new_group))
    elif form.new_project is not None or form.new_group is not None:
        raise Invalid("new_role", N_("Choose the role for this project or group."))
    return list(dict.fromkeys(grants))


def _grant(text: str) -> Grant:
    role, _, place = text.partition("@")
    kind, _, number = place.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    if role not in set(Role) or (place and (kind not in ("project", "group") or not is_number)):
        raise Invalid("roles", N_("This is not one of the known values."))
    return Grant(
        Role(role),
        int(number) if kind == "project" else None,
        int(number) if kind == "group" else None,
    )


@router.get("/people")
async def people(
    request: Request,
    who: Admin,
    session: Session,
    q: Annotated[str | None, Query(max_length=200)] = None,
    retired: bool = False,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    listed, following = await queries.people_page(
        session, who, q=q, is_retired=retired, after=after
    )
    return pages.page(
        request,
        "staff/people.html",
        people=listed,
        places=await queries.places_of(session, listed),
        q=q or "",
        is_retired=retired,
        following=following,
    )


async def _form(
    request: Request,
    session: AsyncSession,
    who: Who,
    *,
    person: Person | None,
    form: Typed[PersonForm] | None = None,
    password: Typed[PasswordForm] | None = None,
    status: int = 200,
) -> Response:
    queries.check_may_manage(who)
    places = await queries.places_of(session, [person]) if person else {}
    held = {mark(r.role, r.project_id, r.group_id) for r in person.roles} if person else set()
    if form is not None:
        held = set(form.values.get("roles", []))
    return pages.page(
        request,
        "staff/person.html",
        status=status,
        person=person,
        typed=form,
        typed_password=password,
        places=places,
        held=held,
        mark=mark,
        everywhere=[role for role in Role if role not in (Role.OWNER, Role.INTEGRATION)],
        choices=role_choices(request.state.locale),
        groups=await queries.group_names(session),
        tokens=await queries.tokens(session, who, person_id=person.id) if person else [],
        saved=request.query_params.get("saved", ""),
    )


@router.get("/people/new")
async def new_person(request: Request, who: Admin, session: Session) -> Response:
    return await _form(request, session, who, person=None)


@router.post("/people")
async def add_person(request: Request, who: Admin, session: Session, now: Now) -> Response:
    queries.check_may_manage(who)
    form = await typed(request, PersonForm, many=_MANY)
    form.values.pop("password", None)  # never sent back
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                person = await actions.add_person(
                    session,
                    login=form.model.login,
                    name=form.model.name,
                    password=form.model.password or "",
                    roles=await _grants(session, form.model),
                    phone=form.model.phone,
                    email=form.model.email,
                    by_id=who.id,
                    now=now,
                )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/people/{person.id}?saved=added", 303)
    return await _form(request, session, who, person=None, form=form, status=status)


@router.get("/people/{person_id}")
async def person_page(
    request: Request, who: Admin, session: Session, person_id: PersonId
) -> Response:
    person = await queries.find(session, who, person_id)
    return await _form(request, session, who, person=person)


@router.post("/people/{person_id}")
async def change_person(
    request: Request, who: Admin, session: Session, now: Now, person_id: PersonId
) -> Response:
    await queries.find(session, who, person_id)
    form = await typed(request, PersonForm, many=_MANY)
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await actions.change_person(
                    session,
                    person_id,
                    version=form.model.version,
                    login=form.model.login,
                    name=form.model.name,
                    roles=await _grants(session, form.model),
                    phone=form.model.phone,
                    email=form.model.email,
                    by_id=who.id,
                    now=now,
                )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/people/{person_id}?saved=changed", 303)
    person = await queries.find(session, who, person_id)
    return await _form(request, session, who, person=person, form=form, status=status)


@router.post("/people/{person_id}/password")
async def reset_password(
    request: Request, who: Admin, session: Session, now: Now, person_id: PersonId
) -> Response:
    person = await queries.find(session, who, person_id)
    form = await typed(request, PasswordForm)
    form.values.clear()
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await actions.set_password(
                    session,
                    person_id,
                    form.model.password,
                    by_id=who.id,
                    keep=who.session_id if person_id == who.id else None,
                    now=now,
                )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/people/{person_id}?saved=password", 303)
    person = await queries.find(session, who, person_id)
    return await _form(request, session, who, person=person, password=form, status=status)


@router.post("/people/{person_id}/retirement")
async def retire(who: Admin, session: Session, now: Now, person_id: PersonId) -> Response:
    await queries.find(session, who, person_id)
    await actions.retire(session, person_id, by_id=who.id, now=now)
    return RedirectResponse(f"/people/{person_id}", 303)


@router.post("/people/{person_id}/reinstatement")
async def reinstate(who: Admin, session: Session, now: Now, person_id: PersonId) -> Response:
    await queries.find(session, who, person_id)
    await actions.reinstate(session, person_id, by_id=who.id, now=now)
    return RedirectResponse(f"/people/{person_id}", 303)
