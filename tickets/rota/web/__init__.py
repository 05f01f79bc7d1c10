"""The pages of groups, of the rota, and of absences."""

from tickets.door import RoomRouter
from tickets.rota.web import absences, groups, plan, rota

router = RoomRouter(("/groups", "/rota"))
for door in (groups, rota, plan, absences):
    router.include_router(door.router)
