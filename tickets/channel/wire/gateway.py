"""A generic HTTP gateway, for SMS, voice calls and whatever else takes JSON.

POST {id, to, template, text, variables}; the same id twice is the same message. With a key the
body is signed: `X-Afterglow-Signature: sha256=<hex HMAC-SHA256 of the body>`. 2xx is accepted.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tickets.channel.wire.outcome import Ask, Outcome, Parcel, Said, Told


def ask(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Ask:
    told = {
        "id": str(parcel.id),
        "to": parcel.to,
        "template": settings.get("template", ""),
        "subject": parcel.subject,
        "text": parcel.text,
        "variables": parcel.variables,
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    headers: dict[str, str] = {}
    if authorization := settings.get("authorization"):
        headers["Authorization"] = authorization
    if key := settings.get("hmac_key"):
        sign = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Afterglow-Signature"] = f"sha256={sign}"
    return Ask(settings["url"], body, headers)


def said(answer: Said) -> Outcome:
    """Asked only of 2xx."""
    return Outcome(Told.ACCEPTED, f"HTTP {answer.status} {answer.words}".strip())
