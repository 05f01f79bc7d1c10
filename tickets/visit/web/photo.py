"""A photo and its small twin, for those who may see what it belongs to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from tickets import media
from tickets.door import DoorRoute, Session
from tickets.inspection import queries as inspections
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.visit import queries

router = APIRouter(route_class=DoorRoute)

# The name is as good as a digest, so a browser need not ask again; what is in it never runs.
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/photos/{photo_id}")
async def show(
    photo_id: UUID, who: Annotated[Who, needs(Verb.TICKET_READ)], session: Session
) -> Response:
    return await _jpeg(session, who, photo_id, small=False)


@router.get("/photos/{photo_id}/small")
async def show_small(
    photo_id: UUID, who: Annotated[Who, needs(Verb.TICKET_READ)], session: Session
) -> Response:
    return await _jpeg(session, who, photo_id, small=True)


async def _jpeg(session: Session, who: Who, photo_id: UUID, *, small: bool) -> Response:
    photo = await queries.photo_for(session, who, photo_id, inspections.is_photo_visible)
    content = await media.read(photo, small=small)
    name = {"Content-Disposition": f'inline; filename="{photo_id}.jpg"'}
    return Response(content, media_type="image/jpeg", headers=_HEADERS | name)
