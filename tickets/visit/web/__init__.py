"""The pages of a visit: its photos, and the forms of its acts."""

from tickets.door import RoomRouter
from tickets.visit.web import act, going, phone, photo, repair, sheet

router = RoomRouter(("/photos", "/tickets", "/round/phone"))
router.include_router(photo.router)
router.include_router(act.router)
router.include_router(repair.router)
router.include_router(going.router)
router.include_router(sheet.router)
router.include_router(phone.router)
