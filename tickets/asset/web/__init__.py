"""The pages of what is installed, and what a label's code opens."""

from tickets.asset.web import asset, files, label, labels, table, together
from tickets.door import RoomRouter

router = RoomRouter(("/projects", "/q/"))
router.include_router(table.router)
router.include_router(together.router)
router.include_router(files.router)
router.include_router(asset.router)
router.include_router(label.router)
router.include_router(labels.router)
