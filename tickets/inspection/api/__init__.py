"""The doors of inspections for other programs and phones."""

from tickets.door import PROBLEMS, DoorRoute, RoomRouter
from tickets.inspection.api import field, plan, report

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["inspection"])
for door in (field, plan, report):
    router.include_router(door.router)
