"""Receivers on real sockets that behave as the services do: they check signatures, count, refuse
with HTTP 200, are silent, slow or gone. And a letter box that speaks SMTP."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any] | str, dict[str, str]]


@dataclass
class Got:
    path: str
    headers: dict[str, str]
    raw: bytes
    at: datetime

    @property
    def told(self) -> dict[str, Any]:
        return cast(dict[str, Any], json.loads(self.raw))

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def id(self) -> str:
        return self.headers["message-id"]


def takes(got: Got) -> Answer:
    return 200, {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"}, {}


@dataclass
class Receiver:
    """`answer` is what it does now; `got` what it took in, `accepted` what it said yes to."""

    port: int
    answer: Callable[[Got], Answer] = takes
    delay: float = 0.0
    got: list[Got] = field(default_factory=list)
    accepted: list[Got] = field(default_factory=list)
    is_gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            got = Got(first.split()[1], headers, body, datetime.now(UTC))
            self.got.append(got)
            if self.delay:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.is_gone.wait(), self.delay)
            status, told, more = self.answer(got)
            content = told if isinstance(told, str) else json.dumps(told)
            if (status == 200 and '"errcode": 0' in content) or status == 201:
                self.accepted.append(got)
            lines = [f"{name}: {value}" for name, value in more.items()]
            reply = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content.encode())}", *lines]
            writer.write("\r\n".join([*reply, "Connection: close", "", content]).encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver(port)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        receiver.is_gone.set()
        server.close()
        await asyncio.sleep(0.02)


def _b64(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def dingtalk(secret: str) -> Callable[[Got], Answer]:
    """As it does with 加签 on: HTTP 200 for everything."""

    def answer(got: Got) -> Answer:
        ms = got.query.get("timestamp", "")
        sign = _b64(secret.encode(), f"{ms}\n{secret}".encode())
        is_fresh = ms.isdigit() and abs(int(ms) / 1000 - datetime.now(UTC).timestamp()) < 3600
        if got.query.get("sign") != sign or not is_fresh:
            return 200, {"errcode": 310000, "errmsg": "sign not match"}, {}
        return takes(got)

    return answer


def feishu(secret: str) -> Callable[[Got], Answer]:
    def answer(got: Got) -> Answer:
        seconds = got.told.get("timestamp", "")
        if got.told.get("sign") != _b64(f"{seconds}\n{secret}".encode(), b""):
            return 200, {"code": 19021, "msg": "sign match fail"}, {}
        if len(got.raw) > 20_000:
            return 200, {"code": 9499, "msg": "Bad Request"}, {}
        return takes(got)

    return answer


def wecom(number: int = 20, within: float = 60.0) -> Callable[[Got], Answer]:
    """Counts, and cuts nothing off: what is too long is refused."""
    times: list[datetime] = []

    def answer(got: Got) -> Answer:
        if got.query.get("key") != "right-key":
            return 200, {"errcode": 93000, "errmsg": "invalid webhook url, right-keyhole"}, {}
        if len(got.told["text"]["content"].encode()) > 2048:
            return 200, {"errcode": 45002, "errmsg": "content size out of limit"}, {}
        recent = [at for at in times if (got.at - at).total_seconds() < within]
        if len(recent) >= number:
            return 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, {}
        times.append(got.at)
        return takes(got)

    return answer


def says(status: int, told: dict[str, Any] | str = "", **headers: str) -> Callable[[Got], Answer]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda got: (status, told, named)


@dataclass
class LetterBox:
    port: int
    refuses: dict[str, str] = field(default_factory=dict)  # address -> reply
    letters: list[EmailMessage] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 letter box")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split()[0].upper()
            if verb == "RCPT" and (reply := self.refuses.get(line.split("<")[1].split(">")[0])):
                await say(reply)
            elif verb == "DATA":
                await say("354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                letter = message_from_bytes(raw[:-3], policy=policy.default)
                assert isinstance(letter, EmailMessage)
                self.letters.append(letter)
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 ok")
        writer.close()


@asynccontextmanager
async def letter_box() -> AsyncIterator[LetterBox]:
    box = LetterBox(0)
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
