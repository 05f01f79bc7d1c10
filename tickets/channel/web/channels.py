"""The administrator's page of channels: state, settings, a test message, the log."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.channel import actions, queries
from tickets.channel.models import Channel
from tickets.channel.queries.routes import addresses_of
from tickets.channel.rules import (
    DIRECT,
    FIELDS,
    KIND_LABELS,
    STATE_LABELS,
    Kind,
    State,
    secrets_of,
)
from tickets.channel.wire import Outcome, Parcel, hand
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused
from tickets.staff import queries as staff
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)
Admin = Annotated[Who, needs(Verb.CHANNEL_MANAGE)]
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ChannelForm(BaseModel):
    """Besides these, the fields of the kind (rules/kinds.py)."""

    name: Line
    group: int | None = None


class SwitchForm(BaseModel):
    on: bool


@router.get("/channels")
async def show_all(request: Request, who: Admin, session: Session) -> Response:
    queries.check_may_manage(who)
    return pages.page(
        request,
        "channel/channels.html",
        channels=await queries.channels_page(session),
        kinds=KIND_LABELS,
    )


@router.get("/channels/new")
async def show_new(
    request: Request, who: Admin, session: Session, kind: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    queries.check_may_manage(who)
    return await _form(request, session, _kind(kind))


@router.post("/channels")
async def add(request: Request, who: Admin, session: Session, now: Now) -> Response:
    queries.check_may_manage(who)
    form = await typed(request, ChannelForm)
    kind = _kind(str(form.values.get("kind") or ""))
    status = 422
    if form.model is not None:
        try:
            channel = await actions.add(
                session,
                kind=kind,
                name=form.model.name,
                group_id=await _group(session, form.model.group),
                typed=form.values,
                by_id=who.id,
                now=now,
            )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/channels/{channel.id}?saved=true", 303)
    return await _form(request, session, kind, form=_without_secrets(kind, form), status=status)


@router.get("/channels/{channel_id}")
async def show(
    request: Request,
    who: Admin,
    session: Session,
    channel_id: Id,
    state: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    queries.check_may_manage(who)
    channel = await queries.find(session, channel_id)
    chosen = State(state) if state in set(State) else None
    return await _page(request, session, channel, state=chosen, before=before)


@router.post("/channels/{channel_id}")
async def change(
    request: Request, who: Admin, session: Session, now: Now, channel_id: Id
) -> Response:
    queries.check_may_manage(who)
    channel = await queries.find(session, channel_id)
    kind = Kind(channel.kind)
    form = await typed(request, ChannelForm)
    status = 422
    if form.model is not None:
        try:
            await actions.change(
                session,
                channel_id,
                name=form.model.name,
                group_id=await _group(session, form.model.group),
                typed=form.values,
                by_id=who.id,
                now=now,
            )
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse(f"/channels/{channel_id}?saved=true", 303)
    form = _without_secrets(kind, form)
    return await _page(request, session, channel, form=form, status=status)


@router.post("/channels/{channel_id}/switch")
async def switch(
    request: Request, who: Admin, session: Session, now: Now, channel_id: Id
) -> Response:
    queries.check_may_manage(who)
    form = await typed(request, SwitchForm)
    if form.model is None:
        raise Invalid("on", N_("This is neither true nor false."))
    is_active = form.model.on
    await actions.switch(session, channel_id, is_active=is_active, by_id=who.id, now=now)
    return RedirectResponse(f"/channels/{channel_id}", 303)


@router.post("/channels/{channel_id}/test")
async def test(
    request: Request, who: Admin, session: Session, now: Now, channel_id: Id
) -> Response:
    """To oneself, for direct ones; the receiver's answer is shown as it came."""
    queries.check_may_manage(who)
    channel = await queries.find(session, channel_id)
    answer = await send_test(session, who, channel, now)
    return await _page(request, session, channel, answer=answer)


@router.post("/channels/{channel_id}/sendings/{sending_id}/retry")
async def retry(
    who: Admin, session: Session, now: Now, channel_id: Id, sending_id: UUID
) -> Response:
    queries.check_may_manage(who)
    await actions.try_again(session, channel_id, sending_id, now)
    return RedirectResponse(f"/channels/{channel_id}", 303)


async def send_test(
    session: AsyncSession, who: Who, channel: Channel, now: datetime, *, is_own: bool = False
) -> Outcome:
    """`is_own`: by somebody who keeps no channels, to his own address."""
    kind = Kind(channel.kind)
    to = addresses_of(await staff.me(session, who)).get(kind) or ""
    if kind in DIRECT and not to:
        raise Refused(N_("Enter your own address in your account first."))
    if is_own:
        await actions.begin_own_test(session, channel, by_id=who.id, now=now)
    subject = say(who.locale, N_("A test message from Afterglow"))
    words = N_("{name} sent this to see whether the channel works. Nothing is to be done.")
    text = f"{subject}\n{say(who.locale, words, name=who.name)}"
    parcel = Parcel(uuid4(), subject, text, to=to, variables={"ref": "TEST"})
    outcome = await hand(kind, channel.settings, parcel, now)
    await actions.note_test(session, channel.id, outcome, datetime.now(UTC), is_own=is_own)
    return outcome


def _kind(told: str) -> Kind:
    if told not in set(Kind):
        raise Invalid("kind", N_("This is not one of the known values."))
    return Kind(told)


async def _group(session: AsyncSession, group_id: int | None) -> int | None:
    if group_id is None:
        return None
    if group_id not in {known for known, _ in await queries.by_group(session)}:
        raise Invalid("group", N_("This is not one of the known values."))
    return group_id


def _without_secrets(kind: Kind, form: Typed[Any]) -> Typed[Any]:
    """Secrets are never sent back."""
    for field in FIELDS[kind]:
        if field.is_secret:
            form.values.pop(field.name, None)
    return form


async def _form(
    request: Request,
    session: AsyncSession,
    kind: Kind,
    *,
    form: Typed[Any] | None = None,
    status: int = 200,
) -> Response:
    return pages.page(
        request,
        "channel/new.html",
        status=status,
        kind=kind,
        kinds=KIND_LABELS,
        channel=None,
        fields=FIELDS[kind],
        is_direct=kind in DIRECT,
        groups=await queries.by_group(session),
        typed=form,
    )


async def _page(
    request: Request,
    session: AsyncSession,
    channel: Channel,
    *,
    state: State | None = None,
    before: int | None = None,
    form: Typed[Any] | None = None,
    answer: Outcome | None = None,
    status: int = 200,
) -> Response:
    kind = Kind(channel.kind)
    log, following = await queries.log_page(session, channel.id, state=state, before=before)
    return pages.page(
        request,
        "channel/channel.html",
        status=status,
        channel=channel,
        kind=kind,
        kinds=KIND_LABELS,
        states=STATE_LABELS,
        state=state,
        fields=FIELDS[kind],
        is_direct=kind in DIRECT,
        has_secrets=bool(secrets_of(kind, channel.settings)),
        groups=await queries.by_group(session),
        log=log,
        next=following,
        typed=form,
        answer=answer,
        saved=request.query_params.get("saved"),
    )
