"""The page of service groups: who is named, and where one is missing (rules.md §5)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused
from tickets.rota import actions, queries
from tickets.rota.rules import MINIMUM
from tickets.staff import queries as staff
from tickets.staff.rules import Role, Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_

router = APIRouter(route_class=DoorRoute)
Admin = Annotated[Who, needs(Verb.PEOPLE_MANAGE)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class GroupForm(BaseModel):
    name: Line


class MemberForm(BaseModel):
    person: int


async def _page(
    request: Request,
    session: AsyncSession,
    who: Who,
    *,
    after: int = 0,
    form: Typed[GroupForm] | None = None,
    group_id: int | None = None,
    status: int = 200,
) -> Response:
    """`form` belongs to the group of `group_id`, or to the one to be added."""
    staff.check_may_manage(who)
    groups, following = await queries.groups_page(session, after=after)
    return pages.page(
        request,
        "rota/groups.html",
        status=status,
        groups=groups,
        following=following,
        technicians=await staff.holders(session, Role.TECHNICIAN),
        minimum=MINIMUM,
        typed=form,
        typed_id=group_id,
    )


@router.get("/groups")
async def groups(
    request: Request,
    who: Admin,
    session: Session,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Response:
    return await _page(request, session, who, after=after)


@router.post("/groups")
async def add_group(request: Request, who: Admin, session: Session, now: Now) -> Response:
    staff.check_may_manage(who)
    form = await typed(request, GroupForm)
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await actions.add_group(session, name=form.model.name, by_id=who.id, now=now)
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse("/groups", 303)
    return await _page(request, session, who, form=form, status=status)


@router.post("/groups/{group_id}")
async def rename_group(
    request: Request, who: Admin, session: Session, now: Now, group_id: Id
) -> Response:
    staff.check_may_manage(who)
    form = await typed(request, GroupForm)
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await actions.rename_group(
                    session, group_id, name=form.model.name, by_id=who.id, now=now
                )
        except Invalid as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse("/groups", 303)
    return await _page(request, session, who, form=form, group_id=group_id, status=status)


@router.post("/groups/{group_id}/members")
async def add_member(
    request: Request, who: Admin, session: Session, now: Now, group_id: Id
) -> Response:
    staff.check_may_manage(who)
    form = await typed(request, MemberForm)
    if form.model is None or not 0 < form.model.person < 2**31:
        raise Invalid("person", N_("Choose a technician."))
    await actions.add_member(session, group_id, form.model.person, by_id=who.id, now=now)
    return RedirectResponse("/groups", 303)


@router.post("/groups/{group_id}/members/{person_id}/departure")
async def remove_member(
    who: Admin, session: Session, now: Now, group_id: Id, person_id: Id
) -> Response:
    staff.check_may_manage(who)
    await actions.remove_member(session, group_id, person_id, by_id=who.id, now=now)
    return RedirectResponse("/groups", 303)
