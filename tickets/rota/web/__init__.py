"""The pages of groups, of the rota, and of absences."""

from fastapi import APIRouter

from tickets.rota.web import absences, groups, plan, rota

router = APIRouter()
for door in (groups, rota, plan, absences):
    router.include_router(door.router)
