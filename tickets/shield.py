"""What every request passes first: its language, its size, the headers of its answer."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tickets.settings import settings
from tickets.words import LOCALES


class Shield:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            chosen = Request(scope).cookies.get("locale")
            state = scope.setdefault("state", {})
            state["locale"] = chosen if chosen in LOCALES else settings().locale
        await self.app(scope, receive, send)
