"""A report by a link that ends: whoever holds it reads, prints and says that he has received it."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tickets.door import DoorRoute, Now, Session
from tickets.inspection import actions, queries
from tickets.inspection.models import ReportHandover
from tickets.inspection.web.report import Digest, Lang, jpeg, pdf, told
from tickets.pages import page
from tickets.refusals import Missing, Refused
from tickets.settings import settings
from tickets.staff import actions as staff
from tickets.staff.signed_in import check_same_site
from tickets.words import preferred, say

router = APIRouter(route_class=DoorRoute)


async def _by_key(
    request: Request, session: Session, key: str, now: datetime, lang: str
) -> ReportHandover | Response:
    """What the key opens, or the page that says why it opens nothing.

    A key is 192 random bits, so known ones are never held back; who asks for one unknown key after
    the other waits.
    """
    request.state.who = None  # the page has nothing around it: whoever holds the link sees it
    asked = preferred(request.headers.get("accept-language", ""))
    if lang or ("locale" not in request.cookies and asked):
        request.state.locale = lang or asked
    try:
        return await queries.by_link(session, actions.link_hash(key), now)
    except Missing as refusal:
        address = request.client.host if request.client else ""
        await staff.note_unknown_label(session, address, now)
        return _nothing(request, refusal, 404)
    except Refused as refusal:
        return _nothing(request, refusal, 410)


def _nothing(request: Request, refusal: Refused, status: int) -> Response:
    sentence = say(request.state.locale, refusal.sentence, **refusal.places)
    answer = page(
        request,
        "inspection/ended.html",
        status=status,
        sentence=sentence,
        hotline=settings().hotline,
    )
    return _kept_by_nobody(answer)


def _kept_by_nobody(answer: Response) -> Response:
    """The address is the key: no cache keeps what it opens."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@router.get("/r/{key}")
async def show(request: Request, key: str, session: Session, now: Now, lang: Lang = "") -> Response:
    """Looking confirms nothing: chat programs open every link they carry."""
    handover = await _by_key(request, session, key, now, lang)
    if isinstance(handover, Response):
        return handover
    report = await queries.report_of(session, handover)
    signature = await queries.signature_of(session, report)
    locale = request.state.locale
    return _kept_by_nobody(
        page(
            request,
            "inspection/given.html",
            handover=handover,
            report=report,
            told=told(report, locale, signature),
            lang=locale,
            home=f"/r/{key}",
            zone=report.facts["timezone"],
            hotline="",  # it stands on the cover
        )
    )


@router.post("/r/{key}")
async def receive(request: Request, key: str, session: Session, now: Now) -> Response:
    """He who holds the link says that he has it; the first time counts."""
    check_same_site(request)
    handover = await _by_key(request, session, key, now, "")
    if isinstance(handover, Response):
        return handover
    await actions.note_opened(session, key, now)
    return RedirectResponse(f"/r/{key}", 303)


@router.get("/r/{key}/report.pdf")
async def paper(
    request: Request, key: str, session: Session, now: Now, lang: Lang = ""
) -> Response:
    handover = await _by_key(request, session, key, now, lang)
    if isinstance(handover, Response):
        return handover
    report = await queries.report_of(session, handover)
    return _kept_by_nobody(await pdf(session, report, request.state.locale))


@router.get("/r/{key}/photos/{digest}")
async def photo(request: Request, key: str, digest: Digest, session: Session, now: Now) -> Response:
    return await _photo(request, key, digest, session, now, small=False)


@router.get("/r/{key}/photos/{digest}/small")
async def small_photo(
    request: Request, key: str, digest: Digest, session: Session, now: Now
) -> Response:
    return await _photo(request, key, digest, session, now, small=True)


async def _photo(
    request: Request, key: str, digest: str, session: Session, now: datetime, *, small: bool
) -> Response:
    handover = await _by_key(request, session, key, now, "")
    if isinstance(handover, Response):
        return handover
    return await jpeg(await queries.photo_of_report(session, handover, digest), small=small)
