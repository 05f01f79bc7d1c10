"""Large photos in pieces, as JSON and raw bytes: gone on with where the line broke."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from tickets.door import PROBLEMS, DoorRoute, Line, Now, Session, Strict
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.visit import actions, queries
from tickets.visit.models import Upload

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["visit"])

Sender = Annotated[Who, needs(Verb.PHOTO_ADD)]


class UploadIn(Strict):
    """`size` and `sha256` of the file; `key` is the phone's own name for the photo, as with
    POST /photos."""

    size: Annotated[int, Field(ge=1, lt=2**31)]
    sha256: Line
    key: UUID
    moment: Literal["before", "after", "other"] = "other"


class UploadOut(BaseModel):
    """`offset`: where the next piece begins. Once it is whole, `photo` is its id, as POST /photos
    answers it."""

    id: UUID
    offset: int
    size: int
    photo: UUID | None


def _out(upload: Upload) -> UploadOut:
    return UploadOut(id=upload.id, offset=upload.received, size=upload.size, photo=upload.photo_id)


@router.post("/uploads", status_code=201)
async def begin(who: Sender, session: Session, now: Now, given: UploadIn) -> UploadOut:
    """Begin, or find out how far the photo of this key has come."""
    return _out(await actions.begin_upload(session, who, **given.model_dump(), now=now))


@router.get("/uploads/{upload_id}")
async def show(upload_id: UUID, who: Sender, session: Session) -> UploadOut:
    return _out(await queries.upload_of(session, who, upload_id))


@router.patch(
    "/uploads/{upload_id}",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def push(
    request: Request,
    upload_id: UUID,
    who: Sender,
    session: Session,
    now: Now,
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0, lt=2**31)],
) -> UploadOut:
    """A piece of at most 1 MiB; 409 where it does not begin at `offset`."""
    content = await request.body()
    return _out(
        await actions.push_piece(session, who, upload_id, offset=offset, content=content, now=now)
    )


@router.delete("/uploads/{upload_id}", status_code=204)
async def drop(upload_id: UUID, who: Sender, session: Session) -> None:
    """What has arrived of it is forgotten; the key may begin anew."""
    await actions.drop_upload(session, who, upload_id)
