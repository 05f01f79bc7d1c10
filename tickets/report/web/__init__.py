"""The managers' pages: what is broken, and what waits for their word."""

from tickets.door import RoomRouter
from tickets.report.web import broken, waiting

router = RoomRouter("/broken")
router.include_router(broken.router)
router.include_router(waiting.router)
