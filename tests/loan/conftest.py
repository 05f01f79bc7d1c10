"""The same reported fault as the tests of the verbs begin with."""

from tests.ticket.conftest import reported

__all__ = ["reported"]
