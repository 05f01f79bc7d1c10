"""The page of call-backs: whom to ask, whom a call was promised."""

from tickets.desk.queries.callbacks.due import calls_due
from tickets.desk.queries.callbacks.promised import CallBackFilter, Promised, projects, promised
from tickets.desk.queries.callbacks.queue import ToAsk, one, queue

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
