"""The pages of channels, one's own choice of them, and what was handed to whom."""

from tickets.channel.web import channels, log, mine
from tickets.door import RoomRouter

router = RoomRouter(("/account", "/channels", "/inbox", "/tickets"))
router.include_router(channels.router)
router.include_router(log.router)
router.include_router(mine.router)
