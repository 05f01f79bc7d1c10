"""The pages of what is installed, and what a label's code opens."""

from fastapi import APIRouter

from tickets.asset.web import labels, pages

router = APIRouter()
router.include_router(pages.router)
router.include_router(labels.router)
