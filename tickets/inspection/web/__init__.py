"""The pages of inspections: the plan, one inspection, its report, checklists, upkeep, training."""

from tickets.door import RoomRouter
from tickets.inspection.web import beside, check, checklists, given, one, plan, record, report

router = RoomRouter(
    ("/inspections", "/findings", "/checklists", "/instruments", "/upkeep", "/trainings", "/r/")
)
for door in (plan, one, check, checklists, beside, report, record, given):
    router.include_router(door.router)
