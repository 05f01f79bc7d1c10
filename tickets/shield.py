"""What every request passes first and every answer last: language, size, headers, the last net."""

import re
import uuid
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tickets.settings import settings
from tickets.words import LOCALES, N_, say

log = structlog.get_logger()

# No inline script or style, nothing from another house.
CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    # Our own forms need their origin (and a refused one its way back); others learn nothing.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MIB = 1024 * 1024
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

Answer = Callable[[Request, int, str], Response]


class _Overflow(Exception):
    """More came than this door takes; whatever the app makes of it, the answer is 413."""


class Shield:
    """`answer` makes a refusal's page or problem+json; the app knows how it looks."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request = Request(scope)
        chosen = request.cookies.get("locale")
        state = scope.setdefault("state", {})
        state["locale"] = chosen if chosen in LOCALES else settings().locale
        asked = headers.get("x-request-id", "")
        request_id = asked if _ID.fullmatch(asked) else uuid.uuid4().hex[:16]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._guarded(scope, headers, receive, _Dressed(scope, send, request_id))

    async def _guarded(
        self, scope: Scope, headers: Headers, receive: Receive, send: "_Dressed"
    ) -> None:
        limit = _limit(scope["path"], headers)
        told = headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:18]) > limit:
            await self._refuse_size(scope, receive, send, limit)
            return
        taken = 0
        is_over = False

        async def counted() -> Message:
            nonlocal taken, is_over
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    is_over = True
                    raise _Overflow
            return message

        async def unless_over(message: Message) -> None:
            if not is_over or send.is_started:
                await send(message)

        try:
            await self.app(scope, counted, unless_over)
        except ClientDisconnect:
            log.info("the client went away", path=scope["path"])
            return
        except Exception as error:
            if send.is_started:
                raise
            if not is_over:
                log.exception(
                    "a request failed",
                    method=scope["method"],
                    path=scope["path"],
                    error=type(error).__name__,
                )
                sentence = N_("This is our fault. It has been written down; please try again.")
                await self._answer(scope, receive, send, 500, sentence)
        if is_over and not send.is_started:
            await self._refuse_size(scope, receive, send, limit)

    async def _refuse_size(
        self, scope: Scope, receive: Receive, send: "_Dressed", limit: int
    ) -> None:
        await self._answer(
            scope, receive, send, 413, N_("At most {limit} MiB can be sent here."), limit // _MIB
        )

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        status: int,
        sentence: str,
        limit: int | None = None,
    ) -> None:
        request = Request(scope, receive)
        places = {} if limit is None else {"limit": limit}
        detail = say(request.state.locale, sentence, **places)
        try:
            response = self.answer(request, status, detail)
        except Exception:  # even the page of refusals is broken: a sentence is still owed
            log.exception("the refusal could not be shown", path=scope["path"])
            response = Response(detail, status, media_type="text/plain")
        await response(scope, receive, send)


class _Dressed:
    """Sends, with our headers on."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.scope = scope
        self.send = send
        self.request_id = request_id
        self.is_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_started = True
            headers = MutableHeaders(scope=message)
            for name, value in _ALWAYS.items():
                headers.setdefault(name, value)
            headers["X-Request-Id"] = self.request_id
            if self.scope["scheme"] == "https" or settings().public_url.startswith("https://"):
                headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            headers.setdefault("Cache-Control", self._keeping(message["status"]))
        await self.send(message)

    def _keeping(self, status: int) -> str:
        """Files named by their digest stay for ever; what people see is never kept."""
        if not self.scope["path"].startswith("/static/"):
            return "no-store"
        if status in (200, 206, 304) and self.scope["query_string"].startswith(b"v="):
            return "public, max-age=31536000, immutable"
        return "no-cache"


def _limit(path: str, headers: Headers) -> int:
    """How much this door takes. Forms of people who are signed in may be far too long, so that
    the sentence can stand at the field and what was typed is kept."""
    if path.rstrip("/") == "/api/v1/photos":
        return 30 * _MIB
    if path.startswith("/api/") or "cookie" not in headers:
        return _MIB
    if headers.get("content-type", "").startswith("multipart/"):
        return 60 * _MIB
    return 8 * _MIB
