"""The front door: signing in and out, the language before it, and where each role begins."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, StringConstraints

from tickets import pages
from tickets.door import DoorRoute, Line, Now, Session, Typed, typed
from tickets.refusals import Invalid, Refused, TooOften, Unknown
from tickets.settings import settings
from tickets.staff import actions
from tickets.staff.rules import ABSOLUTE, Verb, Who, safe_next, start_page
from tickets.staff.signed_in import COOKIE, check_same_site, identify, needs
from tickets.words import LOCALES, N_

router = APIRouter(route_class=DoorRoute)

# As typed: spaces may belong to it. Longer than anybody's is not worth hashing.
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class SignInForm(BaseModel):
    login: Line
    password: Secret
    next: str | None = None


def is_secure() -> bool:
    told = settings().secure_cookies
    return settings().public_url.startswith("https://") if told is None else told


def to_sign_in(request: Request) -> Response:
    """Nobody is signed in: to the sign-in page, and back to where he was afterwards."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method not in ("GET", "HEAD"):
        came_from = urlsplit(request.headers.get("referer", ""))
        address = came_from.path if came_from.netloc == request.headers.get("host") else "/"
    if request.headers.get("hx-request"):
        # A fragment: the page around it has to go, not the fragment.
        page = urlsplit(request.headers.get("hx-current-url", "")).path
        return Response(status_code=401, headers={"HX-Redirect": _login_for(page)})
    return RedirectResponse(_login_for(address), 303)


def _login_for(address: str) -> str:
    then = safe_next(address)
    return "/login" if then == "/" else f"/login?next={quote(then, safe='/')}"


@router.get("/")
async def begin(who: Annotated[Who, needs(Verb.ACCOUNT_USE)]) -> Response:
    return RedirectResponse(start_page(who.roles), 303)


@router.get("/login")
async def sign_in_page(
    request: Request, session: Session, now: Now, next: Annotated[str | None, Query()] = None
) -> Response:
    try:
        who = await identify(request, session, now)
    except Unknown:
        who = None
    then = safe_next(next)
    if who is not None:
        return RedirectResponse(then, 303)
    return pages.page(request, "staff/login.html", typed=None, next=then)


@router.post("/login")
async def sign_in(request: Request, session: Session, now: Now) -> Response:
    check_same_site(request)
    form = await typed(request, SignInForm)
    form.values.pop("password", None)  # never sent back
    then = safe_next(form.values.get("next"))
    retry_after = None
    if form.model is None:
        status = 422
    else:
        try:
            key = await actions.sign_in(
                session,
                login=form.model.login,
                password=form.model.password,
                address=request.client.host if request.client else "",
                agent=request.headers.get("user-agent"),
                now=now,
            )
        except Refused as refusal:
            # Answered, not raised: the row that counts the attempt must be kept.
            status = form.refuse(request.state.locale, refusal)
            retry_after = refusal.retry_after if isinstance(refusal, TooOften) else None
        else:
            old = request.cookies.get(COOKIE)
            if old:
                await actions.sign_out(session, old, now)
            return _with_key(RedirectResponse(then, 303), key)
    response = pages.page(request, "staff/login.html", status=status, typed=form, next=then)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _with_key(response: Response, key: str) -> Response:
    response.set_cookie(
        COOKIE,
        key,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(),
    )
    return response


def without_key(response: Response) -> Response:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=is_secure())
    return response


@router.post("/logout")
async def sign_out(
    request: Request, who: Annotated[Who, needs(Verb.ACCOUNT_USE)], session: Session, now: Now
) -> Response:
    key = request.cookies.get(COOKIE)
    if key:
        await actions.sign_out(session, key, now)
    return without_key(RedirectResponse("/login", 303))


class LocaleForm(BaseModel):
    locale: str = ""
    next: str | None = None


@router.post("/locale")
async def choose_language(request: Request, session: Session, now: Now) -> Response:
    """Open to everybody: a cookie before signing in, the person's own choice after."""
    check_same_site(request)
    who = await identify(request, session, now)
    form: Typed[LocaleForm] = await typed(request, LocaleForm)
    locale = form.model.locale if form.model else ""
    if locale not in LOCALES:
        raise Invalid("locale", N_("This language is not known here."))
    if who is not None:
        await actions.set_locale(session, who.id, locale)
    then = form.values.get("next")
    address = "/login" if then == "/login" else safe_next(then)
    return keep_language(RedirectResponse(address, 303), locale)


def keep_language(response: Response, locale: str) -> Response:
    """For the sign-in page, which does not know yet who it is."""
    response.set_cookie(
        "locale",
        locale,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=is_secure(),
    )
    return response
