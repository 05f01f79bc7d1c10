"""A sentence with its places still as facts: said in a reader's language and a project's zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tickets import words

Place = str | int | datetime | timedelta


class Label(str):
    """A word of ours (`the repair`, `S1 danger`) that is itself translated where it is shown."""


@dataclass(frozen=True)
class Said:
    """`sentence` is a catalogue key. Instants are shown to the second with their offset, spans to
    the second, names and quotations as they are."""

    sentence: str
    places: Mapping[str, Place] = field(default_factory=dict)


def said(sentence: str, **places: Place) -> Said:
    return Said(sentence, places)


def spoken(told: Said, locale: str, zone: str) -> str:
    """In that language, with instants in that zone."""
    return words.say(
        locale,
        told.sentence,
        **{name: _place(place, locale, zone) for name, place in told.places.items()},
    )


def aloud(told: Iterable[Said], locale: str, zone: str) -> str:
    """Several as one text; Chinese sets no space between sentences."""
    between = "" if locale.startswith("zh") else " "
    return between.join(spoken(each, locale, zone) for each in told)


def _place(place: Place, locale: str, zone: str) -> str:
    if isinstance(place, datetime):
        return words.exact(place, zone)
    if isinstance(place, timedelta):
        return words.length(locale, place)
    if isinstance(place, Label):
        return words.say(locale, place)
    return str(place)
