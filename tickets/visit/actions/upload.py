"""A photo comes in pieces: begun, gone on with after every break of the line, whole or dropped."""

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import media
from tickets.refusals import Invalid, Refused
from tickets.staff.models import Person
from tickets.staff.rules import Who
from tickets.visit import queries, rules
from tickets.visit.models import Upload, UploadPiece


async def begin_upload(
    session: AsyncSession,
    who: Who,
    *,
    size: int,
    sha256: str,
    key: UUID,
    now: datetime,
    moment: str = "other",
) -> Upload:
    """The same `key` again is the same upload, wherever it has got to. Raises TooOften where too
    many of his are unfinished."""
    # One person's phones begin one after the other, so that no two pass the same limit at once.
    await session.execute(
        select(Person.id).where(Person.id == who.id).with_for_update(key_share=True)
    )
    known = await session.scalar(select(Upload).where(Upload.key == key))
    if known is None:
        count, size_open = await queries.unfinished(session, who.id)
        rules.check_new(size, sha256, open_count=count, open_bytes=size_open)
        made = insert(Upload).values(
            id=uuid4(),
            by_id=who.id,
            key=key,
            size=size,
            sha256=sha256,
            moment=moment,
            received=0,
            touched_at=now,
        )
        await session.execute(made.on_conflict_do_nothing())
        known = (await session.scalars(select(Upload).where(Upload.key == key))).one()
    if (known.by_id, known.size, known.sha256) != (who.id, size, sha256):
        raise Invalid("key", "This key was used for another photo.")
    return known


async def push_piece(
    session: AsyncSession,
    who: Who,
    upload_id: UUID,
    *,
    offset: int,
    content: bytes,
    now: datetime,
) -> Upload:
    """The last piece makes it a photo. What came does not fit together (`sha256`), or is no photo:
    refused, and the upload stays as it was before that piece."""
    upload = await queries.upload_of(session, who, upload_id, lock=True)
    if upload.photo_id is not None:
        return upload  # its answer was lost on the way
    rules.check_piece(
        received=upload.received, size=upload.size, offset=offset, length=len(content)
    )
    session.add(UploadPiece(upload_id=upload.id, start=offset, content=content))
    upload.received += len(content)
    upload.touched_at = now
    await session.flush()
    if upload.received == upload.size:
        whole = b"".join(await queries.pieces_of(session, upload.id))
        if hashlib.sha256(whole).hexdigest() != upload.sha256:
            raise Invalid(
                "sha256", "What arrived is not what the phone has; drop it and send it anew."
            )
        photo = await media.take(session, whole, by_id=who.id, key=upload.key, moment=upload.moment)
        upload.photo_id = photo.id
        await session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload.id))
    return upload


async def drop_upload(session: AsyncSession, who: Who, upload_id: UUID) -> None:
    """So that it can be begun anew under its key; a photo that is whole stays."""
    upload = await queries.upload_of(session, who, upload_id, lock=True)
    if upload.photo_id is not None:
        raise Refused("This photo has arrived already.")
    await session.delete(upload)
