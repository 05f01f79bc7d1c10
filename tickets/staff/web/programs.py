"""Keys of programs: made and shown once, listed, revoked."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused
from tickets.staff import actions, queries
from tickets.staff.rules import PERMISSIONS, Role, Verb, Who
from tickets.staff.web.people import Admin, PersonId, role_choices
from tickets.words import N_

router = APIRouter(route_class=DoorRoute)


class TokenForm(BaseModel):
    name: Line
    role: Role
    project: Line | None = None
    permissions: Annotated[list[Verb], Field(max_length=100)] = []


class OwnTokenForm(BaseModel):
    token_name: Line


async def _page(
    request: Request,
    session: AsyncSession,
    who: Who,
    *,
    form: Typed[TokenForm] | None = None,
    status: int = 200,
) -> Response:
    listed = await queries.tokens(session, who)
    return pages.page(
        request,
        "staff/programs.html",
        status=status,
        tokens=listed,
        places=await queries.places_of(session, [token.person for token in listed]),
        permissions=PERMISSIONS,
        choices=role_choices(request.state.locale, with_programs=True),
        typed=form,
    )


@router.get("/programs")
async def programs(request: Request, who: Admin, session: Session) -> Response:
    return await _page(request, session, who)


@router.post("/programs")
async def add_program(request: Request, who: Admin, session: Session, now: Now) -> Response:
    queries.check_may_manage(who)
    form = await typed(request, TokenForm, many=frozenset({"permissions"}))
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                project_id = None
                if form.model.project is not None:
                    project_id = await queries.project_id_of(session, form.model.project)
                    if project_id is None:
                        raise Invalid("project", N_("There is no project of this code."))
                token, key = await actions.add_token(
                    session,
                    name=form.model.name,
                    role=form.model.role,
                    project_id=project_id,
                    permissions=form.model.permissions,
                    by_id=who.id,
                    now=now,
                )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return pages.page(request, "staff/token.html", token=token, key=key, back="/programs")
    return await _page(request, session, who, form=form, status=status)


@router.post("/people/{person_id}/tokens")
async def add_own_token(
    request: Request, who: Admin, session: Session, now: Now, person_id: PersonId
) -> Response:
    await queries.find(session, who, person_id)
    form = await typed(request, OwnTokenForm)
    if form.model is None:
        raise Invalid("name", N_("A token needs a name."))
    token, key = await actions.add_token(
        session, name=form.model.token_name, person_id=person_id, by_id=who.id, now=now
    )
    back = f"/people/{person_id}"
    return pages.page(request, "staff/token.html", token=token, key=key, back=back)


@router.post("/programs/{token_id}/revocation")
async def revoke(
    request: Request, who: Admin, session: Session, now: Now, token_id: PersonId
) -> Response:
    queries.check_may_manage(who)
    await actions.revoke_token(session, token_id, by_id=who.id, now=now)
    return RedirectResponse("/programs", 303)
