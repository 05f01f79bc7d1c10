"""Signing in and out, one's account, and the pages of people and programs."""

from fastapi import APIRouter

from tickets.door import DoorRoute
from tickets.staff.web import account, people, programs, session
from tickets.staff.web.session import to_sign_in

router = APIRouter(route_class=DoorRoute)
for door in (session, account, people, programs):
    router.include_router(door.router)

__all__ = ["router", "to_sign_in"]
