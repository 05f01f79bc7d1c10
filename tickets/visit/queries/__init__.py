"""Reads about visits: what was found and done, the photos one may see."""

from tickets.visit.queries.going import appointments_near, appointments_open, has_repair
from tickets.visit.queries.upload import pieces_of, unfinished, upload_of
from tickets.visit.queries.work import (
    Visited,
    has_position,
    is_latest_repair,
    is_written,
    photo_for,
    photos_by_moment,
    photos_of_sheet,
    repairs_of,
    reporter_of,
    subject,
    visited,
)

__all__ = [
    "Visited",
    "appointments_near",
    "appointments_open",
    "has_position",
    "has_repair",
    "is_latest_repair",
    "is_written",
    "photo_for",
    "photos_by_moment",
    "photos_of_sheet",
    "pieces_of",
    "repairs_of",
    "reporter_of",
    "subject",
    "unfinished",
    "upload_of",
    "visited",
]
