"""Tickets for other programs (contract.md)."""

from fastapi import APIRouter

from tickets.ticket.api import calls, clocks, explained, merges, promised, verbs

router = APIRouter()
router.include_router(calls.router)
router.include_router(verbs.router)
router.include_router(clocks.router)
router.include_router(merges.router)
router.include_router(promised.router)
router.include_router(explained.router)
