"""The page of call-backs: whom to ask, whom a call was promised."""

from tickets.desk.queries.callbacks.due import calls_due
from tickets.desk.queries.callbacks.promised import CallBackFilter, Promised, projects, promised
from tickets.desk.queries.callbacks.queue import one, queue
from tickets.desk.queries.callbacks.row import ToAsk

__all__ = [
    "CallBackFilter",
    "Promised",
    "ToAsk",
    "calls_due",
    "one",
    "projects",
    "promised",
    "queue",
]
