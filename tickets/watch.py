"""For those who run the house: is it alive, is it ready, how is it doing.

No sign-in is asked: `/healthz` and `/readyz` tell no secret, `/metrics` only figures. The
service binds to loopback unless told otherwise; a reverse proxy keeps `/metrics` inside.
"""

import time
from datetime import datetime, timedelta

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickets import db, pulse
from tickets.door import Now
from tickets.migrations import newest
from tickets.migrations.state import revision_of

log = structlog.get_logger("web")
router = APIRouter()

REQUESTS = Counter("tickets_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "tickets_request_seconds",
    "How long an answer took",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
# Each count reads a partial index that holds only what it counts.
_COUNTED = {
    "tickets_open": "SELECT count(*) FROM ticket WHERE is_open",
    "tickets_clocks_late": "SELECT count(*) FROM clock WHERE breached_at IS NOT NULL"
    " AND met_at IS NULL AND closed_as IS NULL",
    "tickets_clocks_unnoticed": "SELECT count(*) FROM clock WHERE met_at IS NULL"
    " AND closed_as IS NULL AND breached_at IS NULL AND due_at < :before",
    "tickets_events_unrelayed": "SELECT count(*) FROM unrelayed",
    "tickets_deliveries_owed": "SELECT count(*) FROM delivery WHERE handled_at IS NULL",
    "tickets_notices_unsent": "SELECT count(*) FROM notice WHERE sent_at IS NULL",
    "tickets_sendings_owed": "SELECT count(*) FROM sending WHERE state IN ('queued','tried')"
    " AND told_in_id IS NULL",
    "tickets_sendings_failed_today": "SELECT count(*) FROM sending WHERE state IN"
    " ('refused','given_up') AND tried_at > now() - interval '1 day'",
    "tickets_channels_failing": "SELECT count(*) FROM channel WHERE is_active"
    " AND failing_since IS NOT NULL",
}
_HELP = {
    "tickets_open": "Open tickets",
    "tickets_clocks_late": "Clocks that are late and still open",
    "tickets_clocks_unnoticed": "Clocks past due for over a minute that no sweep has seen",
    "tickets_events_unrelayed": "Events not yet spread to their reactions",
    "tickets_deliveries_owed": "Reactions owed",
    "tickets_notices_unsent": "Notices owed and not sent",
    "tickets_sendings_owed": "Messages that wait to be handed to a channel",
    "tickets_sendings_failed_today": "Messages of the last day that nobody took",
    "tickets_channels_failing": "Channels whose last message failed",
}
_GAUGES = {name: Gauge(name, _HELP[name]) for name in _COUNTED}
_WORKER = Gauge("tickets_worker_silent_seconds", "Seconds since a worker was last seen")
_ALL = "SELECT " + ", ".join(f"({query}) AS {name}" for name, query in _COUNTED.items())
_UNTOLD = ("/healthz", "/readyz", "/metrics", "/static/")


@router.api_route("/healthz", methods=["GET", "HEAD"], include_in_schema=False)
async def alive() -> Response:
    """The process answers; nothing else is asked."""
    return PlainTextResponse("alive\n")


@router.api_route("/readyz", methods=["GET", "HEAD"], include_in_schema=False)
async def ready(now: Now) -> Response:
    """503 with every reason why work would not get done: database, migrations, worker."""
    reasons = await _reasons(now)
    if not reasons:
        return JSONResponse({"status": "ready"})
    problem = {
        "type": "about:blank",
        "title": "Not ready",
        "status": 503,
        "detail": " ".join(reasons),
    }
    return JSONResponse(problem, 503, media_type="application/problem+json")


async def _reasons(now: datetime) -> list[str]:
    try:
        async with db.transaction() as session:
            at = await revision_of(await session.connection())
            if at != newest():
                return [f"The database is at {at or 'no version'}, {newest()} is needed."]
            last = await pulse.last_beat(session)
    except Exception as error:
        log.warning("the database does not answer", error=str(error))
        return ["The database does not answer."]
    if not pulse.is_silent(last, now):
        return []
    seen = f"since {last:%Y-%m-%dT%H:%M:%SZ}" if last else "yet"
    return [f"No worker has been seen {seen}."]


@router.get("/metrics", include_in_schema=False)
async def metrics(now: Now) -> Response:
    """Prometheus; where the database is silent, its figures are NaN and the others stand."""
    row: dict[str, float] = {}
    last = None
    try:
        async with db.transaction() as session:
            before = {"before": now - timedelta(minutes=1)}
            row = dict((await session.execute(text(_ALL), before)).one()._mapping)
            last = await pulse.last_beat(session)
    except Exception as error:
        log.warning("no figures from the database", error=str(error))
    for name, gauge in _GAUGES.items():
        gauge.set(row.get(name, float("nan")))
    _WORKER.set((now - last).total_seconds() if last else float("nan"))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Watch:
    """Counts and tells every request: by the route's template, never by what was asked in it
    (a query string may hold a caller's number)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            route = _template(scope)
            REQUESTS.labels(scope["method"], route, status).inc()
            SECONDS.labels(scope["method"], route).observe(seconds)
            if status != 304 and not scope["path"].startswith(_UNTOLD):
                log.info(f"{scope['method']} {scope['path']} {status}", ms=round(seconds * 1000, 1))


def _template(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    if path:
        return str(path)
    return "/static" if scope["path"].startswith("/static/") else "unknown"
