"""What every door may ask for: a transaction, what time it is, what was typed.

`DoorRoute` is why a request is one transaction, committed before its answer leaves, with the
idempotency record inside it (docs/decisions/0002).
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import LargeBinary, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tickets import db
from tickets.refusals import Invalid, Refused
from tickets.words import N_, say


class Answered(db.Base):
    """A POST that named itself (`Idempotency-Key`) and the answer it got, kept with what it did."""

    __tablename__ = "answered"

    asker: Mapped[str] = mapped_column(primary_key=True)  # hash of the credential
    key: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str]
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class DoorRoute(APIRoute):
    """One request, one transaction: it commits after the answer is made and before it leaves."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                async with db.transaction() as session:
                    request.state.session = session
                    if request.method == "POST" and "idempotency-key" in request.headers:
                        return await _once(request, session, inner)
                    return await inner(request)
            finally:
                await request.close()  # uploaded files wait on disk until then

        return handler


async def _once(
    request: Request,
    session: AsyncSession,
    inner: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    """The same key and body give the first answer again; a twin in flight waits for the first."""
    try:
        key = UUID(request.headers["idempotency-key"])
    except ValueError:
        raise Invalid("Idempotency-Key", N_("The Idempotency-Key must be a UUID.")) from None
    credential = request.headers.get("authorization") or request.headers.get("cookie") or ""
    asker = hashlib.sha256(credential.encode()).hexdigest()
    content = await request.body()
    if request.headers.get("content-type", "").startswith("multipart/"):
        # The boundary is chosen anew for each sending; the parts are what counts.
        boundary = re.search(r'boundary="?([^";]+)', request.headers["content-type"])
        if boundary:
            content = content.replace(boundary[1].encode(), b"")
    digest = hashlib.sha256(request.url.path.encode() + b"\0" + content).hexdigest()
    fresh = await session.execute(
        insert(Answered)
        .values(asker=asker, key=key, digest=digest)
        .on_conflict_do_nothing()
        .returning(Answered.key)
    )
    row = await session.get_one(Answered, (asker, key))
    if fresh.first() is None:
        if row.digest != digest:
            raise Invalid(
                "Idempotency-Key", N_("This Idempotency-Key was used for something else.")
            )
        return Response(
            row.body,
            row.status or 200,
            {"Idempotent-Replay": "true"},
            row.media_type,
        )
    response = await inner(request)
    row.status = response.status_code
    row.media_type = response.headers.get("content-type")
    row.body = bytes(response.body)
    return response


async def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


async def _now() -> datetime:
    return datetime.now(UTC)


Session = Annotated[AsyncSession, Depends(_session)]
Now = Annotated[datetime, Depends(_now)]


# --- what was typed -------------------------------------------------------------------------

# Characters that change the direction of what follows them, or do not show at all.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])


def clean(text: str) -> str:
    """Typed text as it is kept: composed, without direction tricks; NUL and lone surrogates
    are refused with a sentence."""
    if any(ch == "\0" or 0xD800 <= ord(ch) < 0xE000 for ch in text):
        raise PydanticCustomError(
            "unprintable", N_("This contains characters that cannot be kept.")
        )
    kept = unicodedata.normalize("NFC", text).translate(_BIDI)
    return "".join(ch for ch in kept if ch in "\n\t" or unicodedata.category(ch) != "Cc")


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise PydanticCustomError("no_offset", N_("An instant needs an offset, as in +08:00."))
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant", N_("This is not a date and time.")) from None


def _cleaned(text: str) -> str:
    """What only turned the writing round, or did not show at all, says nothing."""
    if kept := clean(text).strip():
        return kept
    raise PydanticCustomError("string_too_short", N_("This is needed."))


# A code, a name: one line, at most 200 characters.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(lambda text: _cleaned(text).replace("\n", " ")),
]
# A description: at most 10,000 characters.
Passage = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000),
    AfterValidator(_cleaned),
]
# RFC 3339 with an offset; kept in UTC.
Instant = Annotated[datetime, AfterValidator(_zoned)]

_SENTENCES = {
    "missing": N_("This is needed."),
    "string_too_short": N_("This is needed."),
    "string_too_long": N_("At most {max_length} characters, please."),
    "enum": N_("This is not one of the known values."),
    "literal_error": N_("This is not one of the known values."),
    "int_parsing": N_("This is not a whole number."),
    "int_type": N_("This is not a whole number."),
    "float_parsing": N_("This is not a number."),
    "decimal_parsing": N_("This is not a number."),
    "greater_than": N_("This must be more than {gt}."),
    "greater_than_equal": N_("This must be at least {ge}."),
    "less_than_equal": N_("This must be at most {le}."),
    "datetime_parsing": N_("This is not a date and time."),
    "datetime_from_date_parsing": N_("This is not a date and time."),
    "date_parsing": N_("This is not a day."),
    "date_from_datetime_parsing": N_("This is not a day."),
    "uuid_parsing": N_("This is not a valid id."),
    "extra_forbidden": N_("This field is not known here."),
    "json_invalid": N_("This is not valid JSON."),
    "too_long": N_("That is too many."),
}


def sentence_for(locale: str, error: Any) -> str:
    """A pydantic error as a person would put it."""
    told = _SENTENCES.get(error["type"])
    if told is None:
        return say(locale, str(error["msg"]))
    context = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    return say(locale, told, **context)


M = TypeVar("M", bound=BaseModel)


@dataclass
class Typed(Generic[M]):
    """A form as it was typed: shown again with its sentences when it cannot be taken."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    model: M | None = None

    def refuse(self, locale: str, refusal: Refused) -> int:
        """Put the sentence beside its field (or at the top, under ""); give the status."""
        where = refusal.field if isinstance(refusal, Invalid) else ""
        self.errors[where] = say(locale, refusal.sentence, **refusal.places)
        return refusal.status


async def typed(request: Request, form: type[M], *, many: frozenset[str] = frozenset()) -> Typed[M]:
    """Read the posted form. Empty fields count as not given; fields in `many` are lists."""
    posted = await request.form()
    values: dict[str, Any] = {}
    for name in posted:
        texts = [value for value in posted.getlist(name) if isinstance(value, str)]
        if name in many:
            values[name] = [text for text in texts if text.strip()]
        elif texts:
            values[name] = texts[-1].replace("\r\n", "\n")
    given = {name: value for name, value in values.items() if value not in ("", [])}
    known = {name: value for name, value in given.items() if name in form.model_fields}
    try:
        return Typed(values, {}, form.model_validate(known))
    except ValidationError as error:
        locale = request.state.locale
        return Typed(
            values,
            {".".join(map(str, e["loc"])): sentence_for(locale, e) for e in error.errors()},
        )


class ActIn(BaseModel):
    """What every act on a ticket may carry: when it happened, by whose clock, with which pictures.

    `at` is RFC 3339 with an offset, now if absent; `phone_time` is the phone's clock as it sent
    this; `photos` and `signature` are ids answered by POST /photos.
    """

    model_config = ConfigDict(extra="forbid")

    at: Instant | None = None
    phone_time: Instant | None = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []
    signature: UUID | None = None


class FieldProblem(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details; `errors` names the fields of a 422."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


# What every JSON route may answer besides its own success; documented so that it can be relied on.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": Problem,
        "description": text,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, text in (
        (400, "Bad request"),
        (401, "Not signed in"),
        (403, "Not allowed"),
        (404, "Not found"),
        (409, "Not possible now"),
        (413, "Too large"),
        (415, "Wrong kind of content"),
        (422, "Please check what was entered"),
        (429, "Too many attempts"),
        (503, "The database is away for a moment; nothing was saved"),
    )
}
