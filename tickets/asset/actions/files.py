"""Photos and documents of an asset: brought, and taken away again.

A photo goes the way of all photos (`tickets.media`). A document is kept byte for byte under its
digest, and only ever handed out as a download.
"""

import asyncio
import hashlib
from datetime import datetime

import obstore
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import media
from tickets.asset import queries
from tickets.asset.actions.history import note
from tickets.asset.models import Asset, AssetFile
from tickets.asset.rules import MOST_BYTES, clean_name, ending_of, is_picture
from tickets.events import record
from tickets.project.models import Project
from tickets.refusals import Invalid, Missing, TooLarge, WrongType
from tickets.staff.rules import Who


async def add_file(
    session: AsyncSession,
    who: Who,
    project: Project,
    asset: Asset,
    *,
    name: str,
    content: bytes,
    now: datetime,
) -> AssetFile:
    """What it is, its bytes say; a name that says otherwise gets another ending."""
    if not content:
        raise Invalid("file", "This file is empty.")
    if len(content) > MOST_BYTES:
        raise TooLarge("A file may have at most {megabytes} MB.", megabytes=MOST_BYTES >> 20)
    photo = None
    digest = None
    if is_picture(content):
        photo = await media.take(session, content, by_id=who.id)
        kept = clean_name(name, "jpg")
        size = photo.size
    else:
        ending = await asyncio.to_thread(ending_of, content, name)
        if ending is None:
            raise WrongType("Only photos, PDF and Office documents are kept here.")
        kept = clean_name(name, ending)
        size = len(content)
        digest = hashlib.sha256(content).hexdigest()
        await obstore.put_async(media.store(), _path(digest), content)
    file = AssetFile(
        asset_id=asset.id,
        photo_id=photo.id if photo else None,
        name=kept,
        size=size,
        sha256=digest,
        by_id=who.id,
        added_at=now,
    )
    session.add(file)
    note(session, asset.id, "filed", by_id=who.id, now=now, fields={"file": (None, kept)})
    record(
        session,
        "asset.filed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        photos=int(photo is not None),
    )
    await session.flush()
    return file


async def remove_file(
    session: AsyncSession,
    who: Who,
    project: Project,
    asset: Asset,
    file_id: int,
    *,
    now: datetime,
) -> None:
    """It is shown no more; the history says that it was there, and what it held stays stored."""
    file, photo = await queries.file(session, asset, file_id)
    file.removed_at = now
    note(session, asset.id, "unfiled", by_id=who.id, now=now, fields={"file": (file.name, None)})
    record(
        session,
        "asset.unfiled",
        at=now,
        project_id=project.id,
        by_id=who.id,
        code=asset.code,
        photos=int(photo is not None),
    )
    await session.flush()


async def read_document(file: AssetFile) -> bytes:
    try:
        found = await obstore.get_async(media.store(), _path(file.sha256 or ""))
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        raise Missing("This file is not in the store.") from None


def _path(digest: str) -> str:
    return f"documents/{digest[:2]}/{digest}"
