"""The page on which a group's rota is made: turns, swaps, duties by hand."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.phone.forms import instant_typed
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.rota import actions, queries
from tickets.rota.rules import TURN_LABELS, Plan, Turn, local_day
from tickets.rota.web.rota import day_words
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_

router = APIRouter(route_class=DoorRoute)
Lead = Annotated[Who, needs(Verb.ROTA_WRITE)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
PersonId = Annotated[int, Field(ge=1, le=2**31 - 1)]
DutyId = Annotated[int, Field(ge=1, lt=2**63)]


class PlanForm(BaseModel):
    turn: Turn
    order: Annotated[list[PersonId], Field(max_length=50)] = []
    begins_on: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2200, 1, 1))]
    handover: time
    timezone: Line | None = None


class SwapForm(BaseModel):
    duty: DutyId
    with_duty: DutyId


class GiveForm(BaseModel):
    person: PersonId
    from_at: Line
    to_at: Line


async def _page(
    request: Request,
    session: AsyncSession,
    who: Who,
    now: datetime,
    group_id: int,
    *,
    form: Typed[Any] | None = None,
    name: str = "",
    status: int = 200,
) -> Response:
    zone = settings().timezone
    (group,) = await queries.rotas(session, who, at=now, now=now, group_id=group_id, zone=zone)
    ahead = [duty for duty in group.duties if duty.from_at > now]
    return pages.page(
        request,
        "rota/plan.html",
        status=status,
        group=group,
        ahead=ahead,
        today=local_day(now, group.zone),
        turns=[(turn.value, label) for turn, label in TURN_LABELS.items()],
        zones=sorted(available_timezones()),
        zone=group.plan.timezone if group.plan else zone,
        typed=form,
        typed_name=name,
        **day_words(request.state.locale),
    )


@router.get("/rota/groups/{group_id}")
async def show(request: Request, who: Lead, session: Session, now: Now, group_id: Id) -> Response:
    await queries.check_may_write(session, who, group_id)
    return await _page(request, session, who, now, group_id)


async def _tried(
    request: Request,
    session: AsyncSession,
    who: Who,
    now: datetime,
    group_id: int,
    form: Typed[Any],
    name: str,
    verb: Callable[[], Awaitable[Any]],
) -> Response:
    """Do it, or show the page with the sentence in its form."""
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await verb()
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/rota/groups/{group_id}", 303)
        session.expire_all()
    return await _page(request, session, who, now, group_id, form=form, name=name, status=status)


@router.post("/rota/groups/{group_id}/plan")
async def plan(request: Request, who: Lead, session: Session, now: Now, group_id: Id) -> Response:
    await queries.check_may_write(session, who, group_id)
    form = await typed(request, PlanForm, many=frozenset({"order"}))

    async def verb() -> None:
        given = form.model
        assert given is not None
        zone = given.timezone or settings().timezone
        if zone not in available_timezones():
            raise Invalid("timezone", N_("This is not one of the known values."))
        handover = given.handover.replace(second=0, microsecond=0, tzinfo=None)
        made = Plan(given.turn, tuple(given.order), given.begins_on, handover, zone)
        await actions.plan_turn(session, group_id, made, by_id=who.id, now=now)

    return await _tried(request, session, who, now, group_id, form, "plan", verb)


@router.post("/rota/groups/{group_id}/swaps")
async def swap(request: Request, who: Lead, session: Session, now: Now, group_id: Id) -> Response:
    await queries.check_may_write(session, who, group_id)
    form = await typed(request, SwapForm)

    async def verb() -> None:
        given = form.model
        assert given is not None
        await actions.swap(session, group_id, given.duty, given.with_duty, by_id=who.id, now=now)

    return await _tried(request, session, who, now, group_id, form, "swap", verb)


@router.post("/rota/groups/{group_id}/duties")
async def give(request: Request, who: Lead, session: Session, now: Now, group_id: Id) -> Response:
    await queries.check_may_write(session, who, group_id)
    form = await typed(request, GiveForm)
    row = await queries.plan_row(session, group_id)
    zone = row.timezone if row else queries.ZONE

    async def verb() -> None:
        given = form.model
        assert given is not None
        await actions.give(
            session,
            group_id,
            given.person,
            from_at=_at("from_at", given.from_at, zone, now),
            to_at=_at("to_at", given.to_at, zone, now),
            by_id=who.id,
            now=now,
        )

    return await _tried(request, session, who, now, group_id, form, "give", verb)


def _at(field: str, text: str, zone: str, now: datetime) -> datetime:
    return instant_typed(text, zone, now, field=field) or now
