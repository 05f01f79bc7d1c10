"""What goes onto the wire, and what came back."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True)
class Parcel:
    """One message: `to` is an address (direct) or empty; `variables` fill a registered template."""

    id: UUID
    subject: str
    text: str
    to: str = ""
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """A POST."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Said:
    """An HTTP answer."""

    status: int
    content: bytes
    retry_after: timedelta | None = None

    @property
    def words(self) -> str:
        return " ".join(self.content[:600].decode(errors="replace").split())[:300]

    @property
    def told(self) -> dict[str, Any]:
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Told(StrEnum):
    ACCEPTED = "accepted"
    AGAIN = "again"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """`is_of_channel`: the next message would fare no better; the channel is to blame."""

    told: Told
    why: str
    retry_after: timedelta | None = None
    is_of_channel: bool = False

    @classmethod
    def away(cls, why: str) -> "Outcome":
        return cls(Told.AGAIN, why, is_of_channel=True)

    def without(self, secrets: Iterable[str]) -> "Outcome":
        """As it may be kept and shown: a receiver may answer with anything, and PostgreSQL keeps
        no NUL. Secrets last, so that taking something away puts none together."""
        why = _CONTROL.sub(" ", self.why)
        for secret in secrets:
            why = why.replace(secret, "•••")
        return replace(self, why=why[:500])
