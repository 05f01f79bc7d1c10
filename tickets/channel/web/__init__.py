"""The pages of channels, one's own choice of them, and what was handed to whom."""

from fastapi import APIRouter

from tickets.channel.web import channels, log, mine

router = APIRouter()
router.include_router(channels.router)
router.include_router(log.router)
router.include_router(mine.router)
