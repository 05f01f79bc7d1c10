"""Projects for other programs: what was promised to whom, and what is in cover."""

from tickets.door import RoomRouter
from tickets.project.api import contracts, projects, promises

router = RoomRouter("/api/")
router.include_router(projects.router)
router.include_router(promises.router)
router.include_router(contracts.router)
