"""The desk's screens: the board, the call."""

from fastapi import APIRouter

from tickets.desk.web import board, call, paste, together

router = APIRouter()
router.include_router(board.router)
router.include_router(call.router)
router.include_router(paste.router)
router.include_router(together.router)
