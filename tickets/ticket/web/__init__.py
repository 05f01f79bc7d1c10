"""The ticket's pages: one, the list of all, and the forms of the desk's acts."""

from tickets.door import RoomRouter
from tickets.ticket.web import (
    acts,
    clocks,
    duplicates,
    heard,
    page,
    promised,
    register,
    severity,
    why,
)

router = RoomRouter(("/tickets", "/a/"))
router.include_router(register.router)
router.include_router(page.router)
router.include_router(why.router)
router.include_router(heard.router)
router.include_router(acts.router)
router.include_router(promised.router)
router.include_router(clocks.router)
router.include_router(severity.router)
router.include_router(duplicates.router)
