"""Photos: decoded, re-encoded without their metadata, kept under TICKETS_STORAGE_URL.

What somebody sends is never kept: only the picture that came out of it is, as a JPEG named by
its own digest. So no script, no place where it was taken and no second file can ride along.
"""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import obstore
from obstore.store import LocalStore, ObjectStore, from_url
from PIL import ExifTags, Image, ImageOps
from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tickets.db import Base
from tickets.refusals import Invalid, Missing, TooLarge, WrongType
from tickets.settings import settings

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000  # what the largest phone camera makes
LARGE: Final = 2560
SMALL: Final = 320
_FORMATS: Final = ("JPEG", "PNG", "WEBP")

# Decoding is memory and processor: two at a time, and never on the event loop.
_bench = ThreadPoolExecutor(max_workers=2, thread_name_prefix="photo")


class Photo(Base):
    """Two rows may share one stored picture: its name is its digest."""

    __tablename__ = "photo"
    __table_args__ = (CheckConstraint("moment IN ('before','after','other')", name="moment"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # The phone names the photo before it sends it.
    key: Mapped[UUID | None] = mapped_column(unique=True)
    taken_at: Mapped[datetime | None]
    # Of the work it shows: before, after, other.
    moment: Mapped[str] = mapped_column(default="other", server_default="other")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Picture:
    """A photo made safe: two JPEGs and nothing else of what was sent."""

    large: bytes
    small: bytes
    width: int
    height: int
    taken_at: datetime | None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.large).hexdigest()


@cache
def store() -> ObjectStore:
    """A folder (`DATA_DIR` unless told otherwise) or a bucket: the rest is the same code.

    A bucket's credentials come from the usual AWS_… variables.
    """
    where = settings().storage_url or str(settings().data_dir)
    if "://" in where and not where.startswith("file://"):
        return from_url(where)
    folder = Path(where.removeprefix("file://")).absolute()
    return LocalStore(folder, mkdir=True)


def develop(content: bytes, timezone: str) -> Picture:
    """The picture in these bytes, upright, at most 2560 px, as plain JPEG.

    `timezone` is where the camera was, for the many that do not say.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge("A photo may have at most {megabytes} MB.", megabytes=MAX_BYTES >> 20)
    try:
        image: Image.Image = Image.open(BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # whatever a decoder makes of such bytes, they are no photo
        raise _no_photo() from None
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    try:
        taken_at = _taken_at(image, timezone)
        image.draft("RGB", (LARGE, LARGE))  # a JPEG is decoded no larger than it is needed
        picture = _flat(ImageOps.exif_transpose(image))
        picture.info = {}  # comments, profiles, thumbnails: nothing rides along
        picture.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS)
        large = _jpeg(picture, 85)
        width, height = picture.size
        picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
        return Picture(large, _jpeg(picture, 80), width, height, taken_at)
    except Exception:
        raise _no_photo() from None


async def take(
    session: AsyncSession,
    content: bytes,
    *,
    by_id: int | None,
    key: UUID | None = None,
    moment: str = "other",
) -> Photo:
    """Check it, keep it, remember who brought it, and of which moment of the work it is. The same
    key twice is one photo."""
    loop = asyncio.get_running_loop()
    picture = await loop.run_in_executor(_bench, develop, content, settings().timezone)
    digest = picture.sha256
    await obstore.put_async(store(), _path(digest, small=False), picture.large)
    await obstore.put_async(store(), _path(digest, small=True), picture.small)
    photo_id = uuid4()
    await session.execute(
        insert(Photo)
        .values(
            id=photo_id,
            sha256=digest,
            size=len(picture.large),
            width=picture.width,
            height=picture.height,
            by_id=by_id,
            key=key,
            taken_at=picture.taken_at,
            moment=moment,
        )
        .on_conflict_do_nothing()
    )
    where = Photo.id == photo_id if key is None else Photo.key == key
    photo = (await session.scalars(select(Photo).where(where))).one()
    if (photo.sha256, photo.by_id) != (digest, by_id):
        raise Invalid("key", "This key was used for another photo.")
    return photo


async def read(photo: Photo, *, small: bool = False) -> bytes:
    try:
        found = await obstore.get_async(store(), _path(photo.sha256, small=small))
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        raise Missing("This photo is not in the store.") from None


async def scaled(digest: str, side: int) -> bytes:
    """For print: a kept picture no larger than `side`, decoded at about that size."""
    kept = await read(Photo(sha256=digest))
    return await asyncio.get_running_loop().run_in_executor(_bench, _scaled, kept, side)


def _scaled(content: bytes, side: int) -> bytes:
    image: Image.Image = Image.open(BytesIO(content), formats=("JPEG",))
    longer = max(image.size)
    size = (max(1, image.width * side // longer), max(1, image.height * side // longer))
    image.draft("RGB", size)  # decoded no larger than it is needed
    image.thumbnail((side, side), Image.Resampling.BILINEAR)
    return _jpeg(image, 78)


def _path(digest: str, *, small: bool) -> str:
    return f"photos/{digest[:2]}/{digest}{'-small' if small else ''}.jpg"


def _no_photo() -> WrongType:
    return WrongType("This file is not a photo.")


def _too_many_pixels() -> TooLarge:
    return TooLarge("A photo may have at most {millions} million pixels.", millions=50)


def _flat(image: Image.Image) -> Image.Image:
    """Without transparency: what showed through was white."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image.convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _taken_at(image: Image.Image, timezone_name: str) -> datetime | None:
    """When the shutter went, as the camera says; it knows no zone unless it says so."""
    try:
        told = image.getexif().get_ifd(ExifTags.IFD.Exif)
        at = datetime.strptime(  # noqa: DTZ007 - the zone follows, where there is one
            str(told[ExifTags.Base.DateTimeOriginal]), "%Y:%m:%d %H:%M:%S"
        )
        offset = str(told.get(ExifTags.Base.OffsetTimeOriginal, ""))
        if offset[:1] in ("+", "-") and len(offset) == 6:
            away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
            zone = timezone(away if offset[0] == "+" else -away)
            return at.replace(tzinfo=zone).astimezone(UTC)
        return at.replace(tzinfo=ZoneInfo(timezone_name)).astimezone(UTC)
    except Exception:  # a camera that says nothing, or nonsense
        return None
