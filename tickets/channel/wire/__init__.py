"""The wire: one message to one receiver, and what the receiver said. Nothing else is known here.

No redirect is followed, no proxy of the surroundings is used, and what is said of a failure holds
no secret: a robot's address is one.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx

from tickets.channel.rules import Kind, secrets_of
from tickets.channel.wire import gateway, mail, robots
from tickets.channel.wire.outcome import Outcome, Parcel, Said, Told

__all__ = ["Outcome", "Parcel", "Told", "hand"]

CONNECT_AND_READ = 5.0  # seconds each
LONGEST = 15.0  # a receiver that sends a byte now and then is not waited for longer

# It tells every address it asks; a robot's address is a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

_ROBOTS = {
    Kind.WECOM: (robots.wecom, robots.wecom_said),
    Kind.DINGTALK: (robots.dingtalk, robots.dingtalk_said),
    Kind.FEISHU: (robots.feishu, robots.feishu_said),
}


async def hand(kind: Kind, settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Outcome:
    """Never raises: whatever goes wrong is an outcome."""
    try:
        async with asyncio.timeout(LONGEST):
            if kind is Kind.EMAIL:
                outcome = await mail.hand(settings, parcel, at)
            else:
                outcome = await _ask(kind, settings, parcel, at)
    except TimeoutError:
        outcome = Outcome.away("no answer in time")
    except Exception as error:
        outcome = Outcome.away(type(error).__name__)
    return outcome.without(secrets_of(kind, settings))


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates of the world takes longer than sending a message."""
    return httpx.create_ssl_context(trust_env=False)


async def _ask(kind: Kind, settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Outcome:
    make, read = _ROBOTS.get(kind, (gateway.ask, gateway.said))
    ask = make(settings, parcel, at)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Message-Id": str(parcel.id),
        "X-Afterglow-Message": str(parcel.id),
    } | ask.headers
    client = httpx.AsyncClient(
        verify=_tls(), follow_redirects=False, trust_env=False, timeout=CONNECT_AND_READ
    )
    try:
        async with client:
            request = client.build_request("POST", ask.url, content=ask.body, headers=headers)
            response = await client.send(request, stream=True)
            content = await _beginning(response)
            await response.aclose()
    except httpx.TimeoutException:
        return Outcome.away("no answer in time")
    except httpx.ConnectError:
        return Outcome.away("no connection")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Outcome(Told.REFUSED, "the address cannot be used", is_of_channel=True)
    except httpx.HTTPError as error:
        return Outcome.away(type(error).__name__)
    said = Said(response.status_code, content, _retry_after(response.headers))
    return _of_status(said) or read(said)


async def _beginning(response: httpx.Response, most: int = 64_000) -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > most:
            break
    return content[:most]


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """In seconds; the other form, a date, no such receiver is known to send, and what no clock
    counts is as good as nothing: it must not make a failure of what was accepted."""
    told = headers.get("retry-after", "")
    is_number = told.isascii() and told.isdigit() and len(told) < 10
    return timedelta(seconds=int(told)) if is_number else None


def _of_status(said: Said) -> Outcome | None:
    """What the status alone decides, for every receiver; None: look inside."""
    if 200 <= said.status < 300:
        return None
    why = f"HTTP {said.status} {said.words}".strip()
    if said.status in (429, 502, 503, 504):
        return Outcome(Told.AGAIN, why, said.retry_after, is_of_channel=True)
    if said.status in (408, 425) or said.status >= 500:
        return Outcome(Told.AGAIN, why, said.retry_after)
    is_of_channel = said.status in (301, 302, 303, 307, 308, 401, 403, 404, 405)
    return Outcome(Told.REFUSED, why, is_of_channel=is_of_channel)
