"""Who is away: the list, entering an absence with what follows from it, ending one."""

from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Forbidden, Missing, Refused
from tickets.rota import actions, queries
from tickets.rota.rules import REASON_LABELS, AbsenceReason, instant_of, local_day
from tickets.rota.web.rota import day_words
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.queries import given_over

router = APIRouter(route_class=DoorRoute)
Staff = Annotated[Who, needs(Verb.ABSENCE_WRITE)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
PersonId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class AbsenceForm(BaseModel):
    person: PersonId
    from_on: date
    to_on: date
    reason: AbsenceReason
    note: Line | None = None


class EndForm(BaseModel):
    back_on: date | None = None


async def _page(
    request: Request,
    session: AsyncSession,
    who: Who,
    now: datetime,
    *,
    person_id: int | None = None,
    from_on: date | None = None,
    form: Typed[Any] | None = None,
    status: int = 200,
) -> Response:
    today = local_day(now, settings().timezone)
    led = await queries.led_by(session, who)
    people = [(person.id, person.name) for person in led]
    if who.id not in dict(people):
        people.insert(0, (who.id, who.name))
    chosen = person_id if person_id in dict(people) else who.id
    zone = await queries.zone_of(session, chosen)
    is_ahead = from_on is not None and today < from_on < date(2200, 1, 1)
    begins = instant_of(from_on, time(12), zone) if from_on and is_ahead else now
    return pages.page(
        request,
        "rota/absences.html",
        status=status,
        absences=await queries.absences_page(session, who, today),
        people=people,
        chosen=chosen,
        chosen_name=dict(people)[chosen],
        follows=await given_over.hand_overs(session, chosen, begins),
        from_on=from_on or today,
        today=today,
        reasons=[(reason.value, label) for reason, label in REASON_LABELS.items()],
        reason_labels=REASON_LABELS,
        typed=form,
        **day_words(request.state.locale),
    )


@router.get("/rota/absences")
async def show(
    request: Request,
    who: Staff,
    session: Session,
    now: Now,
    person: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    from_on: date | None = None,
) -> Response:
    return await _page(request, session, who, now, person_id=person, from_on=from_on)


@router.post("/rota/absences")
async def add(request: Request, who: Staff, session: Session, now: Now) -> Response:
    form = await typed(request, AbsenceForm)
    given = form.model
    status = 422
    if given is not None:
        await queries.check_may_enter(session, who, given.person)
        try:
            async with session.begin_nested():
                await actions.add_absence(
                    session,
                    given.person,
                    from_on=given.from_on,
                    to_on=given.to_on,
                    reason=given.reason,
                    note=given.note,
                    by_id=who.id,
                    now=now,
                )
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse("/rota/absences", 303)
    return await _page(
        request,
        session,
        who,
        now,
        person_id=given.person if given else None,
        from_on=given.from_on if given else None,
        form=form,
        status=status,
    )


@router.post("/rota/absences/{absence_id}/end")
async def end(request: Request, who: Staff, session: Session, now: Now, absence_id: Id) -> Response:
    absence = await queries.absence(session, absence_id)
    await queries.check_may_enter(session, who, absence.person_id)
    form = await typed(request, EndForm)
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                await actions.end_absence(
                    session, absence_id, back_on=form.model.back_on, by_id=who.id, now=now
                )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse("/rota/absences", 303)
        session.expire_all()
    return await _page(request, session, who, now, form=form, status=status)
