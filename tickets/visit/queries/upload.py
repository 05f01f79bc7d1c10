"""Photos that are on their way in pieces."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Missing
from tickets.staff.rules import Who
from tickets.visit.models import Upload, UploadPiece


async def upload_of(
    session: AsyncSession, who: Who, upload_id: UUID, *, lock: bool = False
) -> Upload:
    """One's own only. Locked, two deliveries of one piece come one after the other."""
    asked = select(Upload).where(Upload.id == upload_id, Upload.by_id == who.id)
    if lock:
        asked = asked.with_for_update(key_share=True).execution_options(populate_existing=True)
    found: Upload | None = await session.scalar(asked)
    if found is None:
        raise Missing("There is no such upload.")
    return found


async def unfinished(session: AsyncSession, person_id: int) -> tuple[int, int]:
    """How many a person has, and how many bytes they announced."""
    asked = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.by_id == person_id, Upload.photo_id.is_(None)
    )
    count, size = (await session.execute(asked)).one()
    return count, size


async def pieces_of(session: AsyncSession, upload_id: UUID) -> Sequence[bytes]:
    asked = select(UploadPiece.content).where(UploadPiece.upload_id == upload_id)
    return (await session.scalars(asked.order_by(UploadPiece.start))).all()
