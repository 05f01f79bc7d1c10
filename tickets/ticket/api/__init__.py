"""Tickets for other programs (contract.md)."""

from tickets.door import RoomRouter
from tickets.ticket.api import calls, clocks, explained, merges, promised, verbs

router = RoomRouter("/api/")
router.include_router(calls.router)
router.include_router(verbs.router)
router.include_router(clocks.router)
router.include_router(merges.router)
router.include_router(promised.router)
router.include_router(explained.router)
