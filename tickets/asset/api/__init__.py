"""What is installed, for other programs."""

from tickets.asset.api import assets, life
from tickets.door import PROBLEMS, DoorRoute, RoomRouter

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["assets"])
router.include_router(assets.router)
router.include_router(life.router)
