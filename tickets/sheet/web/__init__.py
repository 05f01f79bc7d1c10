"""Spreadsheets at the door: sent in, looked at, carried out; templates and exports to take away."""

from tickets.door import RoomRouter
from tickets.sheet.web import export, load

router = RoomRouter("/projects")
router.include_router(export.router)
router.include_router(load.router)
