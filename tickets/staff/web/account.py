"""One's own account: language, password, where one is signed in."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages
from tickets.channel import queries as channels
from tickets.door import DoorRoute, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused
from tickets.staff import actions, queries
from tickets.staff.rules import Verb, Who, safe_next
from tickets.staff.signed_in import needs
from tickets.staff.web.session import LocaleForm, Secret, keep_language, without_key
from tickets.words import LOCALES, N_

router = APIRouter(route_class=DoorRoute)
Me = Annotated[Who, needs(Verb.ACCOUNT_USE)]


class PasswordForm(BaseModel):
    current: Secret
    password: Secret
    again: Secret


async def _page(
    request: Request,
    session: AsyncSession,
    who: Who,
    now: Now,
    *,
    status: int = 200,
    typed: Typed[PasswordForm] | None = None,
) -> Response:
    me = await queries.me(session, who)
    mine, quiet = await channels.mine(session, me) if who.may(Verb.INBOX_READ) else ([], None)
    return pages.page(
        request,
        "staff/account.html",
        status=status,
        me=me,
        places=await queries.places_of(session, [me]),
        my_channels=mine,
        quiet=quiet,
        sign_ins=await queries.own_sign_ins(session, who.id, now),
        typed=typed,
        saved=request.query_params.get("saved"),
        is_changed=request.query_params.get("changed") == "password",
    )


@router.get("/account")
async def account(request: Request, who: Me, session: Session, now: Now) -> Response:
    return await _page(request, session, who, now)


@router.post("/account/password")
async def change_password(request: Request, who: Me, session: Session, now: Now) -> Response:
    form = await typed(request, PasswordForm)
    form.values.clear()  # secrets are never sent back
    status = 422
    if form.model is not None and form.model.password != form.model.again:
        form.refuse(who.locale, Invalid("again", N_("The two new passwords are not the same.")))
    elif form.model is not None:
        try:
            await actions.change_own_password(
                session,
                who.id,
                current=form.model.current,
                password=form.model.password,
                address=request.client.host if request.client else "",
                keep=who.session_id,
                now=now,
            )
        except Refused as refusal:  # answered, so that the attempt stays counted
            status = form.refuse(who.locale, refusal)
        else:
            return RedirectResponse("/account?changed=password", 303)
    return await _page(request, session, who, now, status=status, typed=form)


@router.post("/account/locale")
async def change_language(request: Request, who: Me, session: Session) -> Response:
    form = await typed(request, LocaleForm)
    locale = form.model.locale if form.model else ""
    if locale not in LOCALES:
        raise Invalid("locale", N_("This language is not known here."))
    await actions.set_locale(session, who.id, locale)
    then = safe_next(form.values.get("next"))
    return keep_language(RedirectResponse("/account" if then == "/" else then, 303), locale)


@router.post("/account/sign_outs")
async def sign_out_everywhere(who: Me, session: Session, now: Now) -> Response:
    await actions.sign_out_everywhere(session, who.id, now)
    return without_key(RedirectResponse("/login", 303))
