"""Doors that are not even knocked at when the address begins otherwise."""

from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class RoomRouter(APIRouter):
    """What one room answers, all of it below a few beginnings, such as `/api/`.

    FastAPI holds a request against each route of each room, level by level; a room that cannot
    be meant is passed by as a whole.
    """

    def __init__(self, below: str | tuple[str, ...], **more: Any) -> None:
        super().__init__(**more)
        self._below = below

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].startswith(self._below):
            return Match.NONE, {}
        return super().matches(scope)
