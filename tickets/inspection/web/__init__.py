"""The pages of inspections: the plan, one inspection, its report, checklists, upkeep, training."""

from tickets.door import RoomRouter
from tickets.inspection.web import beside, check, checklists, one, plan

router = RoomRouter(
    ("/inspections", "/findings", "/checklists", "/instruments", "/upkeep", "/trainings", "/r")
)
for door in (plan, one, check, checklists, beside):
    router.include_router(door.router)
