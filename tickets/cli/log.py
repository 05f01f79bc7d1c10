"""One readable line per thing on a terminal, one JSON object with TICKETS_LOG=json."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from tickets.settings import settings

_HIDDEN = ("password", "token", "secret", "authorization", "cookie", "csrf", "signature")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")
_FEED = re.compile(r"(?<=/rota/)[\w-]+(?=\.ics)")  # the key of somebody's calendar
_BEARER = re.compile(r"\b(tk_|Bearer )[\w-]{8,}")


def without_secrets(_: Any, __: str, line: EventDict) -> EventDict:
    """Whoever reads the log learns no key: neither by its name nor inside a URL."""
    for name, value in line.items():
        if any(word in name.lower() for word in _HIDDEN):
            line[name] = "…"
        elif isinstance(value, str):
            line[name] = _BEARER.sub(r"\1…", _FEED.sub("…", _CREDENTIALS.sub("…@", value)))
    return line


def configure(part: str) -> None:
    """For this process: our own lines and those of the libraries, in one shape."""
    as_json = settings().log == "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
    ]

    def name_part(_: Any, __: str, line: EventDict) -> EventDict:
        line["part"] = part
        return line

    last: list[Processor] = (
        [name_part, structlog.processors.dict_tracebacks, without_secrets]
        if as_json
        else [structlog.processors.format_exc_info, without_secrets]
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
                renderer,
            ],
        )
    )
    logging._srcfile = None  # no line tells where it was written
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # The timetable ticks every two seconds, and uvicorn narrates: only their troubles are told.
    for name in ("arq", "uvicorn", "alembic", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
