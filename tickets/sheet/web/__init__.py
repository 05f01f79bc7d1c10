"""Spreadsheets at the door: sent in, looked at, carried out; templates and exports to take away."""

from fastapi import APIRouter

from tickets.sheet.web import export, load

router = APIRouter()
router.include_router(export.router)
router.include_router(load.router)
