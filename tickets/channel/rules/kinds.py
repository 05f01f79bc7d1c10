"""What kinds of channels there are, what each needs to know, and whom a message reaches by it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from tickets.channel.rules.saying import Reach
from tickets.refusals import Invalid
from tickets.words import N_


class Kind(StrEnum):
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    SMS = "sms"
    VOICE = "voice"
    HTTP = "http"


# To one person at his own address; the others speak to a group.
DIRECT: Final = frozenset({Kind.EMAIL, Kind.SMS, Kind.VOICE})

KIND_LABELS: Final[dict[Kind, str]] = {
    Kind.EMAIL: N_("E-mail"),
    Kind.WECOM: N_("WeCom group robot"),
    Kind.DINGTALK: N_("DingTalk group robot"),
    Kind.FEISHU: N_("Feishu group robot"),
    Kind.SMS: N_("SMS gateway"),
    Kind.VOICE: N_("Voice gateway"),
    Kind.HTTP: N_("HTTP gateway"),
}


class State(StrEnum):
    QUEUED = "queued"
    TRIED = "tried"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


STATE_LABELS: Final[dict[State, str]] = {
    State.QUEUED: N_("queued"),
    State.TRIED: N_("to be tried again"),
    State.ACCEPTED: N_("delivered"),
    State.REFUSED: N_("refused"),
    State.GIVEN_UP: N_("given up"),
}


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    is_secret: bool = False
    is_needed: bool = False
    hint: str = ""


_URL = Field("url", N_("Address (URL)"), is_secret=True, is_needed=True)
_GATEWAY = (
    _URL,
    Field("template", N_("Registered template"), hint=N_("Its number at the operator, if any.")),
    Field("authorization", N_("Authorization header"), is_secret=True),
    Field("hmac_key", N_("Key that signs the body (HMAC-SHA256)"), is_secret=True),
)
_SIGNED = Field("secret", N_("Signing secret"), is_secret=True, hint=N_("Where signing is on."))
FIELDS: Final[dict[Kind, tuple[Field, ...]]] = {
    Kind.EMAIL: (
        Field("host", N_("SMTP server"), is_needed=True),
        Field("port", N_("Port"), hint="465 / 587 / 25"),
        Field("security", N_("Encryption"), hint="tls / starttls / none"),
        Field("user", N_("SMTP user")),
        Field("password", N_("SMTP password"), is_secret=True),
        Field("sender", N_("Sender's address"), is_needed=True),
    ),
    Kind.WECOM: (_URL,),
    Kind.DINGTALK: (_URL, _SIGNED),
    Kind.FEISHU: (_URL, _SIGNED),
    Kind.SMS: _GATEWAY,
    Kind.VOICE: _GATEWAY,
    Kind.HTTP: (_URL, *_GATEWAY[2:]),
}


def checked(kind: Kind, typed: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a channel; a secret left blank stays as it was. `Invalid` names the field."""
    told: dict[str, str] = {}
    for field in FIELDS[kind]:
        value = str(typed.get(field.name) or "").strip()
        if not value and field.is_secret:
            value = str(kept.get(field.name) or "")
        if not value and field.is_needed:
            raise Invalid(field.name, N_("This is needed."))
        if len(value) > 2000 or any(ord(ch) < 0x20 or ord(ch) == 0x7F for ch in value):
            raise Invalid(field.name, N_("This cannot be taken as it is."))
        if value:
            told[field.name] = value
    if "url" in told:
        _check_url(told["url"])
    if kind is Kind.EMAIL:
        _check_mail(told)
    return told


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_well = False
    if not is_well or " " in url:
        raise Invalid("url", N_("The address begins with https:// or http://."))


def _check_mail(told: dict[str, str]) -> None:
    if told.setdefault("security", "tls") not in ("tls", "starttls", "none"):
        raise Invalid("security", N_("This is not one of the known values."))
    usual = {"tls": "465", "starttls": "587", "none": "25"}[told["security"]]
    port = told.setdefault("port", usual)
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise Invalid("port", N_("This is not a whole number."))
    if "@" not in told["sender"]:
        raise Invalid("sender", N_("This is no e-mail address."))


def secrets_of(kind: Kind, settings: Mapping[str, Any]) -> list[str]:
    """What must stand in no log, no diary and no answer; the longest first."""
    names = [field.name for field in FIELDS[kind] if field.is_secret]
    found = {str(settings[name]) for name in names if settings.get(name)}
    if url := str(settings.get("url") or ""):
        parts = urlsplit(url)
        found |= {parts.path, parts.query, *parts.query.split("&")}
        found |= {part for pair in parts.query.split("&") for part in pair.split("=")}
        found |= set(parts.path.split("/"))
    return sorted((each for each in found if len(each) >= 6), key=len, reverse=True)


def is_on_by_default(kind: Kind) -> bool:
    """Until a person has chosen: what costs money or rings at night is for the last resort."""
    return kind not in (Kind.SMS, Kind.VOICE)


def goes_by(
    reach: Reach,
    kind: Kind,
    *,
    is_chosen: bool | None,
    has_address: bool,
    group_id: int | None,
    groups: Iterable[int],
) -> bool:
    """Does a message of that reach go to that person by that channel? `group_id` None: a robot
    for everybody; `is_chosen` None: he has not said."""
    if kind in DIRECT:
        if not has_address:
            return False
    elif group_id is not None and group_id not in set(groups):
        return False
    if reach is Reach.INBOX:
        return False
    if reach is Reach.EVERYWHERE:
        return True
    wanted = is_on_by_default(kind) if is_chosen is None else is_chosen
    return wanted and (reach is not Reach.LIST or kind in DIRECT)
