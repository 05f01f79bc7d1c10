"""The pages of inspections: the plan, one inspection, its report, checklists, upkeep, training."""

from tickets.door import RoomRouter

router = RoomRouter(("/inspections", "/checklists", "/instruments", "/upkeep", "/trainings", "/r"))
