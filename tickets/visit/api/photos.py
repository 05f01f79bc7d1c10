"""Photos as JSON: they come first, and the acts name them by id."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel

from tickets import media
from tickets.door import PROBLEMS, DoorRoute, Session
from tickets.refusals import TooLarge
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["visit"])


class PhotoOut(BaseModel):
    id: UUID


@router.post("/photos", status_code=201)
async def add_photo(
    who: Annotated[Who, needs(Verb.PHOTO_ADD)],
    session: Session,
    file: UploadFile,
    key: Annotated[UUID | None, Form()] = None,
    moment: Annotated[Literal["before", "after", "other"], Form()] = "other",
) -> PhotoOut:
    """Keep a photo (JPEG, PNG or WebP, at most 25 MB); its id goes into an act's `photos`.

    `key` is the phone's own name for it: sent twice, it is one photo. `moment` says what it shows:
    how it was `before` the work or `after` it; terms may ask for some of each.
    """
    if (file.size or 0) > media.MAX_BYTES:
        raise TooLarge("A photo may have at most {megabytes} MB.", megabytes=media.MAX_BYTES >> 20)
    photo = await media.take(session, await file.read(), by_id=who.id, key=key, moment=moment)
    return PhotoOut(id=photo.id)
