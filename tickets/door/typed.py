"""What was typed: cleaned, checked, and kept with its sentences when it cannot be taken."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Header, Request
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from tickets.refusals import Invalid, Refused
from tickets.words import N_, say

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


# Outside lies a slip or a program's zero (0001-01-01): not every zone could show it.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def in_utc(at: datetime) -> datetime:
    """ValueError for an instant that is none of ours."""
    try:
        found = at.astimezone(UTC)
    except OverflowError:
        raise ValueError from None
    if not _EARLIEST <= found < _LATEST:
        raise ValueError
    return found


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise PydanticCustomError("no_offset", N_("An instant needs an offset, as in +08:00."))
    try:
        return in_utc(at)
    except ValueError:
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
# What an address asks for; may be nothing.
Words = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean)]
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
    "finite_number": N_("This is not a number."),
    "decimal_parsing": N_("This is not a number."),
    "greater_than": N_("This must be more than {gt}."),
    "greater_than_equal": N_("This must be at least {ge}."),
    "less_than_equal": N_("This must be at most {le}."),
    "datetime_parsing": N_("This is not a date and time."),
    "datetime_from_date_parsing": N_("This is not a date and time."),
    "date_parsing": N_("This is not a day."),
    "date_from_datetime_parsing": N_("This is not a day."),
    "bool_parsing": N_("This is neither true nor false."),
    "dict_type": N_("This is not an object with fields."),
    "model_type": N_("This is not an object with fields."),
    "model_attributes_type": N_("This is not an object with fields."),
    "list_type": N_("This is not a list."),
    "string_type": N_("This is not text."),
    "string_unicode": N_("This contains characters that cannot be kept."),
    "string_pattern_mismatch": N_("This cannot be taken as it is."),
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


# A phone's act sends its own name there, so that sent twice it is one act (contract.md).
ActKey = Annotated[UUID | SkipJsonSchema[None], Header(alias="Idempotency-Key")]


class Strict(BaseModel):
    """A body of the JSON door: a field that is not known is refused, not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class ActIn(Strict):
    """What every act on a ticket may carry: when it happened, by whose clock, with which pictures.

    `at` is RFC 3339 with an offset, now if absent; `phone_time` is the phone's clock as it sent
    this; `photos` and `signature` are ids answered by POST /photos.
    """

    at: Instant | None = None
    phone_time: Instant | None = None
    photos: Annotated[list[UUID], Field(max_length=50)] = []
    signature: UUID | None = None
