"""The managers' pages: what is broken, and what waits for their word."""

from fastapi import APIRouter

from tickets.report.web import broken, waiting

router = APIRouter()
router.include_router(broken.router)
router.include_router(waiting.router)
