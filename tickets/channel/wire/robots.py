"""Group robots of WeCom, DingTalk and Feishu: how they sign, and refusals that come as HTTP 200.

DingTalk's key is the secret and its message time and secret; Feishu's key is time and secret and
its message empty (domain.md §6).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tickets.channel.wire.outcome import Ask, Outcome, Parcel, Said, Told

_MINUTE = timedelta(minutes=1)


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), message.encode(), hashlib.sha256)).decode()


def sign_dingtalk(milliseconds: int, secret: str) -> str:
    return _hmac(secret, f"{milliseconds}\n{secret}")


def sign_feishu(seconds: int, secret: str) -> str:
    return _hmac(f"{seconds}\n{secret}", "")


def wecom(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Ask:
    return Ask(settings["url"], _json({"msgtype": "text", "text": {"content": parcel.text}}))


def dingtalk(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Ask:
    told = {
        "msgtype": "text",
        "text": {"content": parcel.text},
        "at": {"isAtAll": False},
        "msgUuid": str(parcel.id),
    }
    url = settings["url"]
    if secret := settings.get("secret"):
        ms = int(at.timestamp() * 1000)
        sign = sign_dingtalk(ms, secret)
        url = _with_query(url, timestamp=str(ms), sign=sign)
    return Ask(url, _json(told))


def feishu(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Ask:
    told: dict[str, Any] = {"msg_type": "text", "content": {"text": parcel.text}}
    if secret := settings.get("secret"):
        seconds = int(at.timestamp())
        told = {"timestamp": str(seconds), "sign": sign_feishu(seconds, secret)} | told
    return Ask(settings["url"], _json(told))


def _with_query(url: str, **more: str) -> str:
    """The address as it was typed, and more: `+`, `/` and `=` of a signature must be escaped."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(more)}"


def _coded(
    said: Said,
    name: str,
    *,
    again: Mapping[int, timedelta],
    of_channel: frozenset[int],
) -> Outcome:
    """0 is accepted; every other code is a refusal, though it came with HTTP 200."""
    told = said.told
    code = told.get(name)
    if code == 0 or (code is None and name == "code" and told.get("StatusCode") == 0):
        return Outcome(Told.ACCEPTED, said.words)
    if not isinstance(code, int):
        # Not the robot's own words: a page of something in between.
        return Outcome(Told.AGAIN, f"no {name}: {said.words}", said.retry_after)
    if code in again:
        wait = max(again[code], said.retry_after or again[code])
        return Outcome(Told.AGAIN, said.words, wait, is_of_channel=True)
    return Outcome(Told.REFUSED, said.words, is_of_channel=code in of_channel)


def wecom_said(said: Said) -> Outcome:
    """45009: too many in a minute; -1: busy; 93000: the key is not valid."""
    return _coded(
        said,
        "errcode",
        again={45009: _MINUTE, 45033: _MINUTE, -1: timedelta(seconds=5)},
        of_channel=frozenset({93000, 40058, 93004, 93008}),
    )


def dingtalk_said(said: Said) -> Outcome:
    """130101: too many, then ten minutes' silence; 310000: sign, keyword or address; 300001: the
    token is not valid."""
    return _coded(
        said,
        "errcode",
        again={130101: 10 * _MINUTE, 410100: 10 * _MINUTE, 90018: _MINUTE, -1: _MINUTE / 12},
        of_channel=frozenset({310000, 300001, 300005, 400101, 400102}),
    )


def feishu_said(said: Said) -> Outcome:
    """11232: too many; 19001: the token; 19021: sign; 19022: address; 19024: keyword; 9499: the
    body cannot be read."""
    return _coded(
        said,
        "code",
        again={11232: _MINUTE, 99991400: _MINUTE},
        of_channel=frozenset({19001, 19021, 19022, 19024}),
    )
