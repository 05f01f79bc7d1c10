"""The pages of what is installed, and what a label's code opens."""

from fastapi import APIRouter

from tickets.asset.web import pages

router = APIRouter()
router.include_router(pages.router)
