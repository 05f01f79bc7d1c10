"""The ways the system says no. `app.py` turns each into one page and one problem+json shape.

The sentence is a catalogue key with named places, so that the door can say it in the
reader's language: `Refused("Ticket {ref} is closed.", ref=ticket.ref)`.
"""

from typing import Any


class Refused(Exception):
    """The request is well formed but the rules do not allow it now."""

    status = 409

    def __init__(self, sentence: str, **places: Any) -> None:
        super().__init__(sentence.format(**places) if places else sentence)
        self.sentence = sentence
        self.places = places


class Missing(Refused):
    """There is no such thing, or the asker may not see it: the answer is the same."""

    status = 404


class Forbidden(Refused):
    """The asker may see it, but this verb is not his."""

    status = 403


class Unknown(Refused):
    """Nobody is signed in, or the token is not one of ours."""

    status = 401


class Invalid(Refused):
    """What was typed into one field cannot be; the form keeps it and shows the sentence there."""

    status = 422

    def __init__(self, field: str, sentence: str, **places: Any) -> None:
        super().__init__(sentence, **places)
        self.field = field


class TooLarge(Refused):
    status = 413


class WrongType(Refused):
    status = 415


class TooOften(Refused):
    """Come back later; `retry_after` is in seconds."""

    status = 429

    def __init__(self, sentence: str, *, retry_after: int, **places: Any) -> None:
        super().__init__(sentence, **places)
        self.retry_after = retry_after
