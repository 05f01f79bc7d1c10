"""The desk's screens: the board, the call, the call-backs, the search."""

from tickets.desk.web import board, call, callbacks, paste, search, together
from tickets.door import RoomRouter

router = RoomRouter(("/desk", "/callbacks", "/search", "/callers"))
router.include_router(board.router)
router.include_router(call.router)
router.include_router(callbacks.router)
router.include_router(paste.router)
router.include_router(together.router)
router.include_router(search.router)
