"""What a label's code opens."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tickets.asset import queries
from tickets.asset.web.home import home
from tickets.door import DoorRoute, Now, Session
from tickets.pages import page
from tickets.refusals import Missing
from tickets.settings import settings
from tickets.staff.rules import Verb
from tickets.staff.signed_in import identify
from tickets.words import preferred

router = APIRouter(route_class=DoorRoute)


@router.get("/q/{public_id}")
async def label(request: Request, public_id: str, session: Session, now: Now) -> Response:
    """What a label opens: the asset for those who may see it; the hotline for everybody else."""
    found = await queries.by_public_id(session, public_id)
    if found is None:
        raise Missing("This label is not known here.")
    asset, project = found
    who = await identify(request, session, now)
    if who is not None and who.may_for(Verb.ASSET_READ, project.id, project.group_id):
        return RedirectResponse(home(project.code, asset.code), 303)
    request.state.who = None  # the public page has no staff around it
    if "locale" not in request.cookies:  # a stranger's own language
        asked = preferred(request.headers.get("accept-language", ""))
        request.state.locale = asked or request.state.locale
    return page(
        request,
        "asset/public.html",
        project_name=project.name,
        number=project.hotline or settings().hotline,
        hotline="",  # said once, in the middle of the page
    )
