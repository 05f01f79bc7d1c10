"""The web application, assembled: doors, refusals, start and stop."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog
from arq import create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import select
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from starlette.exceptions import HTTPException

from tickets import db, pages, pulse, wake, watch
from tickets.asset import api as asset_api
from tickets.asset import web as asset_web
from tickets.channel import queries as channels
from tickets.channel import web as channel_web
from tickets.desk import web as desk_web
from tickets.desk.queries.callbacks import calls_due
from tickets.door import sentence_for
from tickets.inspection import actions as inspection
from tickets.inspection import api as inspection_api
from tickets.inspection import web as inspection_web
from tickets.loan import api as loan_api
from tickets.loan import web as loan_web
from tickets.notice import queries as notices
from tickets.notice import web as notice_web
from tickets.phone import api as phone_api
from tickets.project import actions as project
from tickets.project import api as project_api
from tickets.project import web as project_web
from tickets.refusals import Invalid, Refused, TooOften, Unknown
from tickets.report import web as report_web
from tickets.rota import api as rota_api
from tickets.rota import web as rota_web
from tickets.round import api as round_api
from tickets.round import web as round_web
from tickets.settings import settings
from tickets.sheet import web as sheet_web
from tickets.shield import Shield
from tickets.shift import api as shift_api
from tickets.shift import web as shift_web
from tickets.staff import web as staff_web
from tickets.ticket import api as ticket_api
from tickets.ticket import web as ticket_web
from tickets.visit import api as visit_api
from tickets.visit import web as visit_web
from tickets.words import N_, say

log = structlog.get_logger()

# What is asked most comes first: a request is held against one route after the other.
_ASKED = (ticket_api, visit_api, round_api)
APIS = (*_ASKED, project_api, asset_api, loan_api, inspection_api, rota_api, shift_api, phone_api)
PAGES = (
    desk_web,
    ticket_web,
    visit_web,  # its /round/phone comes before /round/{ref}
    round_web,
    asset_web,
    project_web,
    loan_web,
    inspection_web,
    notice_web,
    channel_web,
    report_web,
    rota_web,
    shift_web,
    sheet_web,
    staff_web,
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = db.connect(settings().database_url)
    # What is loaded now stays: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        wake.use(await create_pool(RedisSettings.from_dsn(settings().redis_url)))
    except Exception as error:  # the doorbell may be broken; the house stays open
        log.warning("no Redis: the worker will look by itself", error=str(error))
    yield
    wake.use(None)
    await engine.dispose()


# Asked with who is at the door, about the same person.
_CHROME = (
    notices.unread(),
    select(pulse.Heartbeat.at).where(pulse.Heartbeat.name == "worker").scalar_subquery(),
    *channels.troubles(),
    calls_due(),
    notices.unheard(),
)


def _chrome(told: Sequence[Any], now: datetime) -> pages.Chrome:
    unread, seen_at, failing, unreached, to_ask, unheard = told
    silent = pulse.is_silent(seen_at, now)
    return pages.Chrome(unread, silent, seen_at, failing, unreached, to_ask, unheard)


def problem(
    status: int,
    title: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """RFC 9457."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers, "application/problem+json")


TITLES = {
    400: N_("Bad request"),
    401: N_("Not signed in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    409: N_("Not possible now"),
    413: N_("Too large"),
    415: N_("Wrong kind of file"),
    422: N_("Please check what was entered"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong on our side"),
    503: N_("Not ready"),
}


def _answer(
    request: Request,
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    title = say(request.state.locale, TITLES.get(status, TITLES[400]))
    if request.url.path.startswith("/api/"):
        return problem(status, title, detail, errors, headers)
    response = pages.page(
        request, "layout/refusal.html", status=status, title=title, detail=detail, errors=errors
    )
    response.headers.update(headers or {})
    return response


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    sentence = say(request.state.locale, refusal.sentence, **refusal.places)
    if isinstance(refusal, Unknown) and not request.url.path.startswith("/api/"):
        return staff_web.to_sign_in(request)
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    if isinstance(refusal, TooOften):
        headers["Retry-After"] = str(refusal.retry_after)
    errors = None
    if isinstance(refusal, Invalid):
        errors = [{"field": refusal.field, "message": sentence}]
    return _answer(request, refusal.status, sentence, errors, headers)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    locale = request.state.locale
    errors = [
        {
            "field": ".".join(str(part) for part in e["loc"][1:]) or str(e["loc"][0]),
            "message": sentence_for(locale, e),
        }
        for e in error.errors()
    ]
    return _answer(
        request, 422, say(locale, N_("Some fields cannot be taken as they are.")), errors
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    locale = request.state.locale
    told = {
        400: N_("What was sent cannot be read."),
        404: N_("There is nothing here."),
        405: N_("That cannot be done here."),
    }
    detail = say(locale, told[error.status_code]) if error.status_code in told else error.detail
    return _answer(request, error.status_code, detail, headers=dict(error.headers or {}))


# Deadlocks, and what could not be put one after the other.
_LOST_RACES = ("40P01", "40001", "55P03")


async def _database_says_no(request: Request, error: Exception) -> Response:
    """What only the database could see: a race lost, a value out of range, a server away."""
    assert isinstance(error, DBAPIError | ConnectionError | TimeoutError)
    locale = request.state.locale
    if isinstance(error, IntegrityError):
        log.warning("lost a race", path=request.url.path, error=str(error.orig)[:300])
        told = N_("Somebody else did something at the same moment. Please look again.")
        return _answer(request, 409, say(locale, told))
    # Much of what asyncpg says reaches us under no better name than DBAPIError.
    code = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if code in _LOST_RACES:
        log.warning("lost a race", path=request.url.path, error=str(error)[:300])
        told = N_("Somebody else did something at the same moment. Please look again.")
        return _answer(request, 409, say(locale, told))
    if isinstance(error, DataError) or code.startswith("22"):
        return _answer(request, 422, say(locale, N_("Some fields cannot be taken as they are.")))
    if type(error) is DBAPIError and code[:2] not in ("", "08", "53", "57"):
        raise error
    log.error("the database is away", path=request.url.path, error=str(error)[:300])
    told = N_("The database cannot be reached for a moment. Nothing was saved; please try again.")
    return _answer(request, 503, say(locale, told), headers={"Retry-After": "2"})


async def _docs(request: Request) -> Response:
    """The API for people to read; served from this machine, no outside host."""
    return pages.page(request, "layout/docs.html")


def _describe_bearer(app: FastAPI) -> None:
    """Tokens in the API's description, so that its page has a place to put one."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        parts = schema.setdefault("components", {})
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # how FastAPI lets one extend it


def create_app() -> FastAPI:
    app = FastAPI(
        title="Afterglow",
        version="1",
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for api in APIS:
        app.include_router(api.router, prefix="/api/v1")
    for web in PAGES:
        app.include_router(web.router, include_in_schema=False)
    app.include_router(watch.router)
    app.add_exception_handler(Refused, _refuse)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    for fault in (
        IntegrityError,
        DataError,
        OperationalError,
        InterfaceError,
        DBAPIError,
        ConnectionError,
        TimeoutError,
    ):
        app.add_exception_handler(fault, _database_says_no)
    app.add_api_route("/api/v1/docs", _docs, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=pages.ROOT / "static"), name="static")
    _describe_bearer(app)
    app.add_middleware(Shield, answer=_answer)
    app.add_middleware(watch.Watch)
    pages.use_chrome(_CHROME, _chrome)
    project.follow_covers(inspection.replan)
    return app
