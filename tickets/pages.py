"""Jinja, and the two things a door returns: a page or a fragment of one."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import ColumnElement

from tickets import words
from tickets.settings import settings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Chrome:
    """What every staff page shows besides its own subject."""

    unread: int = 0
    is_worker_silent: bool = False
    worker_seen_at: datetime | None = None
    failing_channel: str | None = None  # its name
    unreached: int = 0  # messages of the last day that nobody got
    to_ask: int = 0  # call-backs that are due
    unheard: int = 0  # dangers that everybody is called to, and nobody has acknowledged


# Rooms above know how to count; the app says what and how to read it (an arrow upward is not ours
# to draw). The columns are asked together with who is at the door.
ChromeOf = Callable[[Sequence[Any], datetime], Chrome]
Columns = tuple[ColumnElement[Any], ...]
_chrome: list[tuple[Columns, ChromeOf]] = []


def use_chrome(columns: Columns, chrome_of: ChromeOf) -> None:
    _chrome[:] = [(columns, chrome_of)]


def chrome_columns() -> Columns:
    return _chrome[0][0] if _chrome else ()


def keep_chrome(request: Request, told: Sequence[Any], now: datetime) -> None:
    """For the sign-in, which was told the columns."""
    if _chrome and told:
        request.state.chrome = _chrome[0][1](told, now)


@cache
def asset_url(path: str) -> str:
    """A static file's address with its digest, so that it may be cached for ever."""
    file = ROOT / "static" / path
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.exists() else "none"
    return f"/static/{path}?v={digest}"


@cache
def phone_version() -> str:
    """Of the phone's app: every module, the worker, and what its pages look like."""
    folder = ROOT / "static"
    files = [*sorted((folder / "phone").glob("*.js")), folder / "sw.js"]
    files += sorted(folder.glob("*.css")) + [folder / name for name in ("round.js", "ticking.js")]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def phone_url(module: str) -> str:
    """The address of a module of the phone's app, below the version of all of them."""
    return f"/phone/{phone_version()}/{module}"


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=lambda name: name is None or name.endswith((".html", ".svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    env.globals["asset_url"] = asset_url
    env.globals["phone_url"] = phone_url
    env.globals["phone_version"] = phone_version
    env.globals["hotline"] = settings().hotline
    return env


def _context(locale: str, now: datetime) -> dict[str, Any]:
    zone = settings().timezone

    def say(sentence: str, /, **places: Any) -> str:
        return words.say(locale, sentence, **places)

    def instant(at: datetime | str, timezone: str = zone) -> str:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return words.instant(locale, moment, timezone, now=now)

    def duration(length: timedelta | float) -> str:
        """Seconds, too: a notice's facts are JSON."""
        spoken = length if isinstance(length, timedelta) else timedelta(seconds=length)
        return words.duration(locale, spoken)

    return {"_": say, "locale": locale, "now": now, "instant": instant, "duration": duration}


# Named here so that macros imported without context see them too; the values are the page's.
_SEEN_BY_MACROS = dict.fromkeys(
    ("_", "locale", "now", "instant", "duration", "request", "who", "chrome", "csrf")
)


def page(request: Request, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A whole page, or a fragment: the template decides which layout it extends.

    Templates may use: `_`, `locale`, `now`, `instant(at[, zone])`, `duration(td)`, `who`
    (None when nobody is signed in), `chrome`, `csrf`, `request`, `asset_url(path)`.
    """
    state = request.state
    context = _context(state.locale, getattr(state, "now", None) or datetime.now(UTC))
    context |= {
        "request": request,
        "who": getattr(state, "who", None),
        "chrome": getattr(state, "chrome", Chrome()),
        "csrf": getattr(state, "csrf", ""),
    }
    context["remembered_bar"] = lambda: _bar(
        state.locale,
        request.url.path,
        request.url.query,
        context["who"],
        (context["chrome"].unread, context["chrome"].to_ask),
        context["csrf"],
    )
    html = environment().get_template(name, globals=_SEEN_BY_MACROS).render(context | facts)
    return HTMLResponse(html, status)


@lru_cache(maxsize=1000)
def _bar(
    locale: str, path: str, query: str, who: Any, counts: tuple[int, int], csrf: str
) -> Markup:
    """What everybody sees above every page: the same until he goes elsewhere or has a message."""
    request = SimpleNamespace(url=SimpleNamespace(path=path, query=query))
    unread, to_ask = counts
    chrome = Chrome(unread, to_ask=to_ask)
    facts = {"request": request, "who": who, "chrome": chrome, "csrf": csrf}
    return fragment("layout/bar.html", locale, datetime.now(UTC), **facts)


def fragment(name: str, locale: str, now: datetime, **facts: Any) -> Markup:
    """A piece of a page that depends on nobody: it may be kept and shown again."""
    template = environment().get_template(name, globals=_SEEN_BY_MACROS)
    return Markup(template.render(_context(locale, now) | facts))


def text(name: str, locale: str, now: datetime, **facts: Any) -> str:
    """A notice's subject or body, in somebody's language."""
    return environment().get_template(name).render(_context(locale, now) | facts).strip()
