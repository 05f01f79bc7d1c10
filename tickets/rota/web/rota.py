"""The calendar of duties: who is on duty now or at any instant, four weeks, and one's own feed."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from babel.dates import get_day_names
from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from tickets import pages
from tickets.door import DoorRoute, Now, Session, Words
from tickets.phone.forms import instant_typed
from tickets.refusals import Invalid
from tickets.rota import actions, queries
from tickets.rota.rules import Entry, calendar
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import say

router = APIRouter(route_class=DoorRoute)
Reader = Annotated[Who, needs(Verb.ROTA_READ)]

PAST = timedelta(days=28)  # how far back a feed goes
FOUR_WEEKS = timedelta(weeks=4)


def day_words(locale: str) -> dict[str, Any]:
    """How days are said: `day(date)`, `weekday(date)`."""
    names = get_day_names("abbreviated", locale=locale.replace("-", "_"))

    def day(on: date) -> str:
        is_zh = locale.startswith("zh")
        return f"{on.month}月{on.day}日" if is_zh else f"{on.day} {on:%b}"

    return {"day": day, "weekday": lambda on: names[on.weekday()]}


def asked_at(text: str, now: datetime) -> tuple[datetime, str | None]:
    """The instant of the address, and a sentence where it is none."""
    if not text.strip():
        return now, None
    try:
        return instant_typed(text.strip(), settings().timezone, now) or now, None
    except Invalid as refusal:
        return now, refusal.sentence


@router.get("/rota")
async def show(
    request: Request, who: Reader, session: Session, now: Now, at: Words = ""
) -> Response:
    instant, wrong = asked_at(at, now)
    zone = settings().timezone
    groups = await queries.rotas(session, who, at=instant, now=now, zone=zone)
    secret = await queries.calendar_secret(session, who.id) if who.is_staff else None
    home = settings().public_url or str(request.base_url)
    return pages.page(
        request,
        "rota/calendar.html",
        status=422 if wrong else 200,
        groups=groups,
        at=instant,
        asked=at if at.strip() else "",
        wrong=wrong,
        zone=zone,
        may_write=queries.may_write,
        before=_link(instant - FOUR_WEEKS),
        after=_link(instant + FOUR_WEEKS),
        secret=secret,
        feed=f"{home.rstrip('/')}/rota/{secret}.ics" if secret else None,
        **day_words(request.state.locale),
    )


def _link(at: datetime) -> str:
    return f"/rota?at={at:%Y-%m-%dT%H:%M}Z"


@router.post("/rota/calendar")
async def renew_calendar(who: Reader, session: Session, now: Now) -> Response:
    await actions.renew_calendar(session, who.id, now)
    return RedirectResponse("/rota#calendar", 303)


@router.post("/rota/calendar/departure")
async def revoke_calendar(who: Reader, session: Session, now: Now) -> Response:
    await actions.revoke_calendar(session, who.id, now)
    return RedirectResponse("/rota#calendar", 303)


@router.get("/rota/{secret}.ics")
async def feed(
    session: Session, now: Now, secret: Annotated[str, Path(max_length=100)]
) -> Response:
    """For calendar programs, which cannot sign in: the secret in the address is the key."""
    person, duties = await queries.duties_of_secret(session, secret, now - PAST)
    locale = person.locale or settings().locale
    entries = [
        Entry(
            uid=f"duty-{duty.group_id}-{duty.from_at:%Y%m%dT%H%M%S}Z@afterglow",
            from_at=duty.from_at,
            to_at=duty.to_at,
            summary=say(locale, "On duty: {group}", group=group),
            description=say(locale, "given by hand") if duty.is_by_hand else "",
        )
        for duty, group in duties
    ]
    file = calendar(say(locale, "Rota of {name}", name=person.name), entries, now)
    return Response(
        file,
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="rota.ics"'},
    )
