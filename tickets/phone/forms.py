"""An act as a form brings it: when it was, with which pictures; all of it kept when refused.

The same fields whether it comes from the desk or from the phone at the pole, with or without
JavaScript: `at` (datetime-local in the project's zone, empty means now), `key`, `photos`
(files; `photos_before` and `photos_after` the work), `photo_ids` (those already uploaded),
`next` (where to go on).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse

from tickets import media
from tickets.door import Line, Typed, in_utc, typed
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Who

MOST_PHOTOS: Final = 20
# Which field brings pictures of which moment of the work.
MOMENTS: Final = {"photos": "other", "photos_before": "before", "photos_after": "after"}
MINUTE: Final = timedelta(minutes=1)


class ActForm(BaseModel):
    """What every act's form carries besides its own fields."""

    at: Line | None = None
    key: UUID | None = None
    photo_ids: Annotated[list[UUID], Field(max_length=50)] = []


F = TypeVar("F", bound=ActForm)


@dataclass
class Brought(Generic[F]):
    """A form that was read. `ready` is its model when it may be tried; `status` answers if not."""

    typed: Typed[F]
    next: str
    zone: str  # of the project, in which its times were typed
    reported_at: datetime
    at: datetime | None = None
    photos: list[UUID] = field(default_factory=list)
    status: int = 422

    @property
    def ready(self) -> F | None:
        return None if self.typed.errors else self.typed.model

    def refuse(self, locale: str, refusal: Refused) -> None:
        self.status = self.typed.refuse(locale, refusal)


# What to do with a form that may be tried.
Do = Callable[[F, Brought[F]], Awaitable[object]]


async def brought(
    request: Request,
    session: AsyncSession,
    who: Who,
    form: type[F],
    *,
    zone: str,
    reported_at: datetime,
    otherwise: str,
) -> Brought[F]:
    """Read it; pictures are kept at once, so that a refusal does not cost them."""
    told = await typed(request, form, many=frozenset({"photo_ids"}))
    went = local(str(told.values.get("next", "")), otherwise)
    read = Brought(told, went, zone, reported_at)
    if told.model is not None:
        read.photos = list(told.model.photo_ids)
        try:
            read.at = instant_typed(told.model.at, zone, reported_at)
        except Refused as refusal:
            read.refuse(who.locale, refusal)
    await _keep_photos(request, session, who, read)
    told.values["photo_ids"] = [str(photo) for photo in read.photos]
    return read


async def attempted(
    session: AsyncSession, who: Who, read: Brought[F], do: Do[F]
) -> RedirectResponse | None:
    """Do it and go on; None where the form is to be shown again, with the sentence in it.

    What a refusal had begun is taken back: rows read before are to be read again.
    """
    if read.ready is None:
        return None
    try:
        async with session.begin_nested():
            await do(read.ready, read)
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        read.refuse(who.locale, refusal)
        return None
    return RedirectResponse(read.next, 303)


async def _keep_photos(request: Request, session: AsyncSession, who: Who, read: Brought[F]) -> None:
    posted = await request.form()
    sent = [
        (file, moment)
        for field, moment in MOMENTS.items()
        for file in posted.getlist(field)
        if isinstance(file, UploadFile) and file.filename
    ]
    try:
        if len(sent) + len(read.photos) > MOST_PHOTOS:
            raise Invalid("photos", "At most {most} photos at a time, please.", most=MOST_PHOTOS)
        for file, moment in sent:
            content = await file.read(media.MAX_BYTES + 1)
            photo = await media.take(session, content, by_id=who.id, moment=moment)
            read.photos.append(photo.id)
    except Refused as refusal:
        read.status = refusal.status
        read.typed.refuse(who.locale, refusal)
        # It belongs to its field, not to the top of the form.
        read.typed.errors["photos"] = read.typed.errors.pop("", read.typed.errors.get("photos", ""))


def instant_typed(
    text: str | None, zone: str, reported_at: datetime, *, field: str = "at"
) -> datetime | None:
    """A datetime-local of the project's zone. It knows no seconds: the very minute of the report
    means the report's instant, not one before it. `Invalid` names the `field` it was typed in."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=ZoneInfo(zone)) if at.tzinfo is None else at
        at = in_utc(at)
        return reported_at if at <= reported_at < at + MINUTE else at
    except ValueError:
        raise Invalid(field, "This is not a date and time.") from None


def local(path: str, otherwise: str) -> str:
    """A path of ours to go on to; anything else is not followed."""
    is_ours = path.startswith("/") and not path.startswith("//")
    return path if is_ours and path.isprintable() and "\\" not in path else otherwise
