"""Sheets are read and written by a process of its own, which may neither grow nor linger."""

import asyncio
import json
import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from tickets.refusals import Invalid
from tickets.sheet.rules import limits

log = structlog.get_logger("sheet")
Tell = Callable[[int], Awaitable[None]]

# Two at a time in one process: there may be no more processors.
_bench = asyncio.Semaphore(2)


async def child(
    do: str,
    *,
    told: Tell | None = None,
    lines: AsyncIterable[bytes] | None = None,
    within: timedelta = limits.TIME,
    memory: int = limits.MEMORY,
    **job: Any,
) -> dict[str, Any]:
    """`do` is one of the child's jobs. `told` hears how many rows are read; what it raises ends
    the child. `lines` follow the job. Raises Invalid("file") with the sentence of a refusal.
    """
    order = json.dumps({"do": do, "memory": memory, **job}, default=str).encode() + b"\n"
    async with _bench:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("child.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=16 << 20,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        complaint = asyncio.create_task(process.stderr.read())
        feeding = asyncio.create_task(_feed(process.stdin, order, lines))
        try:
            async with asyncio.timeout(within.total_seconds()):
                answer = await _heard(process.stdout, told)
                await process.wait()
        except TimeoutError:
            raise Invalid(
                "file", "This file takes too long to read: please cut it into pieces."
            ) from None
        finally:
            feeding.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            said = await complaint
            with suppress(asyncio.CancelledError):
                await feeding
    if "refused" in answer:
        sentence, places = answer["refused"]
        raise Invalid("file", sentence, **places)
    if "done" not in answer:
        log.warning("a sheet could not be read", do=do, why=said.decode(errors="replace")[-2000:])
        if process.returncode == 1 and b"MemoryError" not in said:
            raise RuntimeError(said.decode(errors="replace")[-2000:])
        # Out of memory, a reader written in another language ends without a word of ours.
        raise Invalid("file", "This file needs too much memory: please cut it into pieces.")
    done: dict[str, Any] = answer["done"]
    return done


async def _feed(
    stdin: asyncio.StreamWriter, order: bytes, lines: AsyncIterable[bytes] | None
) -> None:
    with suppress(ConnectionError):
        stdin.write(order)
        if lines is not None:
            async for line in lines:
                stdin.write(line)
                await stdin.drain()
        await stdin.drain()
        stdin.close()


async def _heard(stdout: asyncio.StreamReader, told: Tell | None) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    async for line in stdout:
        answer = json.loads(line)
        if "rows" in answer and told is not None:
            await told(answer["rows"])
    return answer


def as_line(cells: Sequence[Any]) -> bytes:
    return json.dumps(cells, ensure_ascii=False, default=str).encode() + b"\n"


async def look(path: Path, what: str) -> Mapping[str, Any]:
    return await child("look", path=path, what=what, within=limits.LOOK)
