"""Projects for other programs: what was promised to whom, and what is in cover."""

from fastapi import APIRouter

from tickets.project.api import projects, promises

router = APIRouter()
router.include_router(projects.router)
router.include_router(promises.router)
