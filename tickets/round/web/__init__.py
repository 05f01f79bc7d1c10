"""The technician's pages, and what makes an app of them."""

from tickets.door import RoomRouter
from tickets.round.web import page, shell

router = RoomRouter(("/round", "/phone/", "/sw.js", "/manifest.webmanifest"))
router.include_router(shell.router)  # its /round/queue is no ticket
router.include_router(page.router)
