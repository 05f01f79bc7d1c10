"""Keeping channels, choosing them, and what leaves by them."""

from tickets.channel.actions.channel import (
    add,
    begin_own_test,
    change,
    note_test,
    switch,
    try_again,
)
from tickets.channel.actions.choose import choose
from tickets.channel.actions.handing import Taken, let_go, settle, take
from tickets.channel.actions.queue import Message, queue

__all__ = [
    "Message",
    "Taken",
    "add",
    "begin_own_test",
    "change",
    "choose",
    "let_go",
    "note_test",
    "queue",
    "settle",
    "switch",
    "take",
    "try_again",
]
