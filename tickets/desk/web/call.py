"""The call: one screen for somebody on the phone (rules.md P7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.desk import rules
from tickets.desk.queries import call as queries
from tickets.desk.rules import FaultWords
from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed, clean, in_utc, typed
from tickets.grams import digits
from tickets.pages import page
from tickets.project.rules import said_again
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import actions
from tickets.ticket.rules import CHANNELS, FAULTS, Call, Kind, Main, Severity
from tickets.words import LOCALES, N_, say

router = APIRouter(route_class=DoorRoute)

Caller = Annotated[Who, needs(Verb.TICKET_OPEN)]
Asked = Annotated[str, Query(max_length=400)]
MANY = frozenset({"photos"})


class CallForm(BaseModel):
    """The call as it was typed; times are of the project's zone."""

    key: UUID | None = None
    project: Line
    assets: Annotated[str, Field(max_length=4000)] = ""
    kind: Kind = Kind.FAULT
    fault: Line | None = None
    safety: Literal["yes", "no", "unasked"] | None = None
    main_equipment: Main | None = None
    severity: Severity | None = None
    description: Passage | None = None
    place: Line | None = None
    channel: Line = "phone"
    reporter_name: Line | None = None
    reporter_phone: Line | None = None
    reported_at: datetime | None = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []


@dataclass
class Screen:
    """What the call screen shows besides what was typed."""

    typed: Typed[Any]
    q: str = ""
    found: Sequence[queries.Suggestion] = ()
    around: queries.Around | None = None
    registered: queries.Registered | None = None
    is_joined: bool = False
    draft: UUID | None = None
    is_pasted: bool = False


def codes_in(text: str) -> tuple[str, ...]:
    """Asset codes as they are typed: apart by spaces or any comma."""
    return tuple(dict.fromkeys(code for code in re.split(r"[\s,，、;；]+", text) if code))


def fault_words() -> tuple[FaultWords, ...]:
    """Every fault with its labels in every language, so that either is understood."""
    return tuple(
        FaultWords(
            fault.code,
            fault.severity,
            tuple(dict.fromkeys(say(locale, fault.label) for locale in LOCALES)),
            fault.phrases,
        )
        for fault in FAULTS.values()
    )


def _usual_first(fault: FaultWords) -> str:
    """Those with a digit, in the order of the digits: 1 to 9, then 0; the others as they are."""
    digit = next((key for key in fault.keys if key.isdigit()), "z")
    return "9a" if digit == "0" else digit


@router.get("/desk/call")
async def call(
    request: Request,
    who: Caller,
    session: Session,
    now: Now,
    q: Asked = "",
    phone: Asked = "",
    project: Asked = "",
    asset: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 (FastAPI copies it)
    caller: int | None = Query(None, ge=1, lt=2**31),
    opened: Asked = "",
    joined: Asked = "",
    draft: UUID | None = None,
) -> Response:
    """A fresh screen; `phone`, `project`, `asset`, `caller` fill it (softphones, the board)."""
    values: dict[str, Any] = {}
    screen = Screen(Typed(values), q=q)
    if opened or joined:
        screen.registered = await queries.registered(session, who, opened or joined)
        screen.is_joined, screen.draft = bool(joined), draft
        return _shown(request, screen)
    if project:
        values["project"] = project
    if asset:
        values["assets"] = " ".join(asset)
    if caller is not None:
        voice = await queries.caller(session, who, caller)
        if voice is not None:
            values["reporter_name"], values["reporter_phone"] = voice.name, voice.phone
    if phone:
        values["reporter_phone"] = clean_or_empty(phone)
        screen.found = await queries.callers(session, who, phone)
        if len(screen.found) == 1:
            known = screen.found[0]
            values |= {"reporter_name": known.name, "reporter_phone": known.phone}
            values.setdefault("project", known.project)
            screen.found = ()
        elif screen.found and len({each.name for each in screen.found}) == 1:
            # One person of several projects: the name is known, the project is asked.
            values["reporter_name"] = screen.found[0].name
    if q:
        screen.found = await queries.found(session, who, q)
    return await shown_around(request, screen, session, who, now)


def clean_or_empty(text: str) -> str:
    """An address may hold anything; what cannot be kept is not shown either."""
    try:
        return clean(text)
    except ValueError:
        return ""


@router.get("/desk/call/found")
async def found(request: Request, who: Caller, session: Session, q: Asked = "") -> Response:
    """What the search box suggests; a fragment."""
    suggestions = await queries.found(session, who, clean_or_empty(q))
    return page(request, "desk/call_found.html", found=suggestions, q=q)


@router.get("/desk/call/around")
async def around(
    request: Request,
    who: Caller,
    session: Session,
    now: Now,
    project: Asked = "",
    assets: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The side panel: owner, cover, what is open there; a fragment."""
    here = await what_is_there(session, who, project, assets, now)
    return page(request, "desk/call_around.html", around=here, said_again=said_again, wrong=project)


@router.post("/desk/call")
async def register(request: Request, who: Caller, session: Session, now: Now) -> Response:
    """The ticket; or the same screen, what was typed kept, the sentence at its field."""
    form = await typed(request, CallForm, many=MANY)
    status = 422
    if form.model is not None:
        try:
            async with session.begin_nested():
                here = await what_is_there(session, who, form.model.project, "", now)
                if here is None:
                    raise Invalid("project", N_("There is no such project."))
                asked = _call_of(form.model, here.project.timezone, who.locale)
                ticket = await actions.open_ticket(session, who, asked, now)
            return RedirectResponse(f"/desk/call?opened={ticket.ref}", 303)
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return await shown_around(request, Screen(form), session, who, now, status=status)


def _call_of(form: CallForm, timezone: str, locale: str) -> Call:
    words = fault_words()
    code = rules.fault_named(form.fault, words) if form.fault else None
    if form.fault and code is None:
        raise Invalid("fault", N_("No fault is known by these words; choose one, or OTHER."))
    fault = FAULTS[code] if code else None
    if form.kind is Kind.FAULT:
        if fault is None:
            raise Invalid("fault", N_("What is wrong? A code, or a word or two."))
        if form.safety is None and fault.severity is not Severity.S1:
            raise Invalid("safety", N_("Ask the caller whether there is any danger."))
    if form.reporter_phone and not any(sign.isdigit() for sign in form.reporter_phone):
        raise Invalid("reporter_phone", N_("There is no number in this."))
    is_danger = form.kind is Kind.FAULT and form.safety == "yes"
    at = form.reported_at
    return Call(
        project=form.project,
        description=form.description or _described(form, locale),
        kind=form.kind,
        fault=code,
        assets=codes_in(form.assets),
        severity=Severity.S1 if is_danger else form.severity,
        main_equipment=form.main_equipment,
        reporter_name=form.reporter_name,
        reporter_phone=form.reporter_phone,
        channel=form.channel,
        place=form.place,
        reported_at=_zoned(at, timezone) if at else None,
        photos=tuple(form.photos),
        key=form.key,
    )


def _described(form: CallForm, locale: str) -> str:
    """Nothing more was said than what is wrong; for other calls something must have been."""
    code = rules.fault_named(form.fault or "", fault_words())
    if code is None:
        raise Invalid("description", N_("What does the caller want?"))
    return say(locale, FAULTS[code].label)


def _zoned(at: datetime, timezone: str) -> datetime:
    try:
        local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))
        return in_utc(local)
    except ValueError:
        raise Invalid("reported_at", N_("This is not a date and time.")) from None


async def what_is_there(
    session: AsyncSession, who: Who, project: str, assets: str, now: datetime
) -> queries.Around | None:
    code = clean_or_empty(project).strip()
    if not code:
        return None
    try:
        return await queries.around(session, who, code, codes_in(clean_or_empty(assets)), now)
    except Missing:
        return None


async def shown_around(
    request: Request,
    screen: Screen,
    session: AsyncSession,
    who: Who,
    now: datetime,
    *,
    status: int = 200,
) -> Response:
    values = screen.typed.values
    screen.around = await what_is_there(
        session, who, str(values.get("project", "")), str(values.get("assets", "")), now
    )
    return _shown(request, screen, status=status)


def _shown(request: Request, screen: Screen, *, status: int = 200) -> Response:
    return page(
        request,
        "desk/call.html",
        status=status,
        screen=screen,
        typed=screen.typed,
        found=screen.found,
        around=screen.around,
        q=screen.q,
        wrong=screen.typed.values.get("project", ""),
        said_again=said_again,
        faults=sorted(fault_words(), key=_usual_first),
        table=FAULTS,
        kinds=list(Kind),
        severities=list(Severity),
        mains=list(Main),
        channels=CHANNELS,
        fresh_key=str(uuid4()),
        number=digits(screen.q),
    )
