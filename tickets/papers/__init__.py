"""Papers: what is printed or handed over, as PDF, set by typst in a process of its own.

A paper is a template in `templates/documents/`, facts as JSON and pictures as bytes. The child
gives its memory back when it is done, so a web worker stays as small as it is
(docs/decisions/0014).
"""

import asyncio
import json
import pickle
import re
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog

from tickets.refusals import Refused
from tickets.settings import settings
from tickets.words import catalogue

log = structlog.get_logger("papers")
ROOT: Final = Path(__file__).resolve().parent.parent.parent
FOLDER: Final = ROOT / "templates" / "documents"
FONTS: Final = ROOT / "static" / "vendor" / "fonts"
LONGEST: Final = timedelta(seconds=60)
# `say("A sentence")` in a template; `{place}` in it is filled by typst.
SAID: Final = re.compile(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"')

# Two at a time: there may be no more processors.
_press = asyncio.Semaphore(2)


async def paper(
    name: str,
    facts: Mapping[str, Any],
    *,
    locale: str,
    pictures: Mapping[str, bytes] | None = None,
    codes: Mapping[str, tuple[str, str]] | None = None,
    at: datetime,
) -> bytes:
    """The PDF of `templates/documents/<name>.typ`.

    `facts` is what the template reads as `facts`: JSON; days and instants as ISO text. Words are
    put into `facts` in the reader's language, except the template's own, which it asks for with
    `say("…")`. `pictures` are reached as `"pictures/<key>"`; the key has the ending. `codes`
    are pictures to be drawn: key (it ends in .svg) → what a scan says, and M or Q. `at` is the
    paper's date of making: the same facts at the same instant are the same bytes.
    `Refused` when it cannot be set; the reason is logged, for it is ours.
    """
    said = {sentence: catalogue(locale).get(sentence, sentence) for sentence in said_in(name)}
    job = {
        "main": f"{name}.typ",
        "sources": {path.name: path.read_bytes() for path in FOLDER.glob("*.typ")},
        "pictures": dict(pictures or {}),
        "codes": dict(codes or {}),
        "inputs": {
            "facts": json.dumps(facts, ensure_ascii=False, default=_plain),
            "said": json.dumps(said, ensure_ascii=False),
            "locale": locale,
        },
        "fonts": str(FONTS),
        "at": int(at.timestamp()),
    }
    async with _press:
        return await _set(name, pickle.dumps(job))


async def _set(name: str, job: bytes) -> bytes:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(Path(__file__).with_name("child.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST.total_seconds()):
            made, complaint = await child.communicate(job)
    except TimeoutError:
        child.kill()
        await child.wait()
        made, complaint = b"", b"it took too long"
    except asyncio.CancelledError:
        child.kill()
        raise
    if child.returncode or not made.startswith(b"%PDF"):
        log.error("a paper could not be set", paper=name, why=complaint.decode()[-2000:])
        raise Refused("This paper could not be made. We have written down why.")
    return made


@cache
def said_in(name: str) -> tuple[str, ...]:
    """The sentences a template and what it stands on ask for."""
    texts = [(FOLDER / f"{name}.typ").read_text(), (FOLDER / "paper.typ").read_text()]
    found = [json.loads(f'"{each}"') for text in texts for each in SAID.findall(text)]
    return tuple(dict.fromkeys(found))


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # an instant, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON: {value!r}")


def contractor() -> str:
    """Who signs: the name the house was given, or nothing."""
    return settings().company
