"""Signing in and out, one's account, and the page of people."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from tickets.door import DoorRoute

router = APIRouter(route_class=DoorRoute)


def to_sign_in(request: Request) -> RedirectResponse:
    return RedirectResponse("/login", 303)
