"""The pages of a visit: its photos, and the forms of its acts."""

from fastapi import APIRouter

from tickets.visit.web import act, photo

router = APIRouter()
router.include_router(photo.router)
router.include_router(act.router)
