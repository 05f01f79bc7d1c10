"""The stories begin with a fault that was reported so many hours ago."""

from tests.ticket.conftest import reported

__all__ = ["reported"]
