"""Channels: who is reached by which, what waits, what was handed over."""

from tickets.channel.queries.log import (
    Logged,
    by_group,
    channels_page,
    check_may_manage,
    find,
    log_page,
    of_notice,
    of_ticket,
    troubles,
)
from tickets.channel.queries.routes import MyChannel, Route, due_channels, mine, routes

__all__ = [
    "Logged",
    "MyChannel",
    "Route",
    "by_group",
    "channels_page",
    "check_may_manage",
    "due_channels",
    "find",
    "log_page",
    "mine",
    "of_notice",
    "of_ticket",
    "routes",
    "troubles",
]
