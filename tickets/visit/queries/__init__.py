"""Reads about visits: what was found and done, the photos one may see."""

from tickets.visit.queries.work import (
    Visited,
    has_position,
    is_latest_repair,
    is_written,
    photo_for,
    photos_by_moment,
    repairs_of,
    subject,
    visited,
)

__all__ = [
    "Visited",
    "has_position",
    "is_latest_repair",
    "is_written",
    "photo_for",
    "photos_by_moment",
    "repairs_of",
    "subject",
    "visited",
]
