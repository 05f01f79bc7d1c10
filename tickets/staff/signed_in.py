"""Who is at the door: a signed-in browser or a token. `who: Annotated[Who, needs(Verb.X)]`."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, Request

from tickets import pages
from tickets.door import COOKIE, Now, Session
from tickets.refusals import Forbidden, Unknown
from tickets.settings import settings
from tickets.staff import actions, queries
from tickets.staff.keys import csrf_of, hashed
from tickets.staff.rules import Verb, Who
from tickets.words import N_

__all__ = ["COOKIE", "check_same_site", "csrf_of", "hashed", "identify", "needs"]


# A field of a form may be long enough to be refused with a sentence, not with a broken page.
_LONGEST_FIELD = 8 * 1024 * 1024


async def identify(request: Request, session: Session, now: Now) -> Who | None:
    """The person or program that asks; None when nobody says who he is.

    One statement, what surrounds a page included, and a second every few minutes to note that
    the key is in use.
    """
    locale = request.state.locale
    if request.headers.get("authorization"):
        scheme, _, key = request.headers["authorization"].strip().partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Unknown(N_("Only bearer tokens are taken here."))
        known = await queries.by_token(session, hashed(key.strip()), now, locale=locale)
        if known is None:
            raise Unknown(N_("This token is not known, or has been revoked."))
        if known.is_stale:
            await actions.mark_used(session, known.key_id, now)
    else:
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            return None
        known = await queries.by_sign_in(
            session, hashed(cookie), now, locale=locale, along=pages.chrome_columns()
        )
        if known is None:
            return None
        pages.keep_chrome(request, known.along, now)
        request.state.csrf = csrf_of(cookie)
        await _check_csrf(request, request.state.csrf)
        if known.is_stale:
            await actions.mark_seen(session, known.key_id, now)
    request.state.who = known.who
    request.state.locale = known.who.locale
    return known.who


async def _check_csrf(request: Request, expected: str) -> None:
    """The cookie comes along by itself; this proof does not."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    given = request.headers.get("x-csrf")
    if given is None and "form" in request.headers.get("content-type", ""):
        value = (await request.form(max_part_size=_LONGEST_FIELD)).get("csrf")
        given = value if isinstance(value, str) else None
    if given is None or not hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    ):
        raise Forbidden(N_("This form is out of date. Please load the page again."))


def check_same_site(request: Request) -> None:
    """For forms before signing in, which have no session to prove: browsers say where from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden(N_("This form is out of date. Please load the page again."))
    origin = request.headers.get("origin")
    if origin is None:
        return
    ours = {request.headers.get("host", ""), urlsplit(settings().public_url).netloc}
    if urlsplit(origin).netloc not in ours - {""}:
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
        return who

    visitor.verb = verb  # type: ignore[attr-defined]
    return Depends(visitor)
