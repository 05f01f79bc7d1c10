"""What a label's code opens."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tickets.asset import queries
from tickets.asset.web.home import home
from tickets.door import DoorRoute, Now, Session
from tickets.pages import page
from tickets.settings import settings
from tickets.staff import actions as staff
from tickets.staff.rules import Verb
from tickets.staff.signed_in import identify
from tickets.words import preferred

router = APIRouter(route_class=DoorRoute)


@router.get("/q/{public_id}")
async def label(request: Request, public_id: str, session: Session, now: Now) -> Response:
    """What a label opens: the asset for those who may see it; the hotline for everybody else.

    A label is known by fifty random bits, so known ones are never held back: behind one address
    may stand a town of telephones. Only who asks for one unknown label after the other waits.
    """
    found = await queries.by_public_id(session, public_id)
    who = await identify(request, session, now)
    if found and who and who.may_for(Verb.ASSET_READ, found[1].id, found[1].group_id):
        return RedirectResponse(home(found[1].code, found[0].code), 303)
    request.state.who = None  # the public page has no staff around it
    if "locale" not in request.cookies:  # a stranger's own language
        asked = preferred(request.headers.get("accept-language", ""))
        request.state.locale = asked or request.state.locale
    if found is None and who is None:
        address = request.client.host if request.client else ""
        await staff.note_unknown_label(session, address, now)
    answer = page(
        request,
        "asset/public.html",
        status=200 if found else 404,
        project_name=found[1].name if found else None,
        is_retired=bool(found and found[0].retired_at),
        number=(found and found[1].hotline) or settings().hotline,
        is_stranger=who is None,
        hotline="",  # said once, in the middle of the page
    )
    answer.headers["Vary"] = "Accept-Language, Cookie"
    answer.headers["Cache-Control"] = "no-store"  # whoever signs in scans again
    return answer
