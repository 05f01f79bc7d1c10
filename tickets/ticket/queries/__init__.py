"""Reads about tickets: one, a page of them, and what belongs to one."""

from tickets.ticket.queries.one import (
    OURS,
    assets_of,
    call_backs_of,
    events_of,
    events_page,
    find,
    find_with,
    is_photo_visible,
    is_recorded,
    last_event_id,
    open_on_asset,
    open_on_project,
    photos_of,
)
from tickets.ticket.queries.page import Listed, Page, TicketFilter, find_page
from tickets.ticket.queries.seen import visible

__all__ = [
    "OURS",
    "Listed",
    "Page",
    "TicketFilter",
    "assets_of",
    "call_backs_of",
    "events_of",
    "events_page",
    "find",
    "find_page",
    "find_with",
    "is_photo_visible",
    "is_recorded",
    "last_event_id",
    "open_on_asset",
    "open_on_project",
    "photos_of",
    "visible",
]
