"""A bad line between the phone and the server: refuses, answers in its stead, loses answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# What becomes of a request: a status answered in the server's stead, or a word.
#   "pass"  it goes through       "reset" the connection breaks before the server hears of it
#   "hang"  nothing ever comes    "lose"  the server does it, and the answer is lost
Fate = int | str
Decide = Callable[[str, str], Fate]

_HEAD = re.compile(rb"^(\w+) (\S+) HTTP/1\.1\r\n")


@dataclass
class Wire:
    upstream: tuple[str, int]
    decide: Decide = lambda method, path: "pass"
    url: str = ""
    seen: list[tuple[str, str, Fate]] = field(default_factory=list)
    sentence: str = "The line says no."
    retry_after: int | None = None
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self.serving.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _HEAD.match(head)
        assert found is not None, head[:80]
        method, path = found[1].decode(), found[2].decode()
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.I)
        body = await reader.readexactly(int(length[1])) if length else b""
        fate = self.decide(method, path)
        self.seen.append((method, path, fate))
        if fate == "hang":
            await asyncio.Event().wait()
        elif fate == "reset":
            writer.transport.abort()
        elif isinstance(fate, int):
            writer.write(self._answer(fate))
            await writer.drain()
        else:
            answer = await self._forward(head, body)
            if fate == "lose":
                writer.transport.abort()
            else:
                writer.write(answer)
                await writer.drain()

    def _answer(self, status: int) -> bytes:
        body = f'{{"status": {status}, "title": "no", "detail": "{self.sentence}"}}'.encode()
        after = f"Retry-After: {self.retry_after}\r\n" if self.retry_after is not None else ""
        head = (
            f"HTTP/1.1 {status} No\r\nContent-Type: application/problem+json\r\n{after}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        head = re.sub(rb"\r\nconnection: [^\r]*", b"", head, flags=re.I)
        head = head[:-2] + b"Connection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection(*self.upstream)
        try:
            writer.write(head + body)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def bad_line(url: str) -> AsyncIterator[Wire]:
    """`wire.url` leads to the server at `url`; `wire.decide` may be changed at any time."""
    parts = urlsplit(url)
    wire = Wire((parts.hostname or "", parts.port or 80))
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0, limit=1 << 20)
    wire.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        # Those that hang, and connections a browser opened before it had anything to ask.
        for task in (left := tuple(wire.serving)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await server.wait_closed()
