"""A visit as JSON: photos first, then what is done with them."""

from tickets.door import RoomRouter
from tickets.visit.api import acts, going, photos, uploads

router = RoomRouter("/api/")
router.include_router(acts.router)
router.include_router(going.router)
router.include_router(photos.router)
router.include_router(uploads.router)
