"""Who is at the door: a signed-in browser or a token. `who: Annotated[Who, needs(Verb.X)]`."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, Request

from tickets import pages
from tickets.door import Now, Session
from tickets.refusals import Forbidden, Unknown
from tickets.staff import queries
from tickets.staff.rules import Verb, Who
from tickets.words import N_

COOKIE = "tickets_session"


def hashed(key: str) -> str:
    """Keys are random and long, so a plain hash is enough; passwords get argon2."""
    return hashlib.sha256(key.encode()).hexdigest()


def csrf_of(key: str) -> str:
    """The form's proof that our own page made it: derived from the session's key, not stored."""
    return hmac.new(key.encode(), b"csrf", hashlib.sha256).hexdigest()


async def identify(request: Request, session: Session, now: Now) -> Who | None:
    """The person or program that asks; None when nobody says who he is."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if key:
        if scheme.lower() != "bearer":
            raise Unknown(N_("Only bearer tokens are taken here."))
        who = await queries.by_token(session, hashed(key.strip()), now)
        if who is None:
            raise Unknown(N_("This token is not known, or has been revoked."))
    else:
        cookie = request.cookies.get(COOKIE)
        who = await queries.by_sign_in(session, hashed(cookie), now) if cookie else None
        if who is not None and cookie:
            request.state.csrf = csrf_of(cookie)
            await _check_csrf(request, request.state.csrf)
    if who is not None:
        request.state.who = who
        request.state.locale = who.locale
    return who


async def _check_csrf(request: Request, expected: str) -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    given = request.headers.get("x-csrf")
    if given is None and "form" in request.headers.get("content-type", ""):
        value = (await request.form()).get("csrf")
        given = value if isinstance(value, str) else None
    if given is None or not hmac.compare_digest(given, expected):
        raise Forbidden(N_("This form is out of date. Please load the page again."))


def needs(verb: Verb) -> Any:
    """The door opens for those who hold the verb somewhere; finders decide for which things.

    The verb is written on the dependency so that the house test can walk every route.
    """

    async def visitor(request: Request, session: Session, now: Now) -> Who:
        who = await identify(request, session, now)
        if who is None:
            raise Unknown(N_("Please sign in first."))
        if not who.may(verb):
            raise Forbidden(N_("Your role does not allow this."))
        request.state.now = now
        if not request.url.path.startswith("/api/"):
            await pages.load_chrome(request, session, who.id, now)
        return who

    visitor.verb = verb  # type: ignore[attr-defined]
    return Depends(visitor)


Visitor = Callable[..., Awaitable[Who]]
