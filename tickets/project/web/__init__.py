"""The pages of projects: what was promised to whom."""

from tickets.door import DoorRoute, RoomRouter
from tickets.project.web import contracts, covers, expiry, forms, pages

router = RoomRouter(("/covers", "/projects"), route_class=DoorRoute)
router.include_router(forms.router)  # /projects/new stands before /projects/{code}
router.include_router(covers.router)
router.include_router(contracts.router)
router.include_router(expiry.router)
router.include_router(pages.router)
