"""What a phone lacks to work without a line: looked at on the phone itself."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tickets.door import DoorRoute
from tickets.pages import page
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute)


@router.get("/round/phone")
async def show(request: Request, who: Annotated[Who, needs(Verb.ROUND_SEE)]) -> Response:
    response = page(request, "visit/phone.html")
    response.headers["X-Person"] = str(who.id)  # whose page the phone may keep
    return response
