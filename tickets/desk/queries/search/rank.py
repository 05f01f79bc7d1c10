"""How well a thing fits what was typed: its number first, its name next, initials last."""

from dataclasses import dataclass
from enum import IntEnum

from tickets.grams import digits, fold, is_spelt_in, may_be_spelt, wanted

LEAST_DIGITS = 4  # of a telephone number; fewer name half the town


class Fit(IntEnum):
    """The better, the smaller."""

    EXACT = 0  # its code, reference or number
    BEGINS = 1
    PART = 2  # of its code
    NAMED = 3  # its name begins so
    WORDS = 4  # all the words stand in it
    SPELT = 5  # by the initials of its pinyin


@dataclass(frozen=True)
class Query:
    """What was typed, taken apart once."""

    text: str  # folded, without spaces around it
    words: tuple[str, ...]
    slices: tuple[str, ...]
    number: str  # its digits, if it is nothing else and long enough to be a telephone's

    @property
    def is_empty(self) -> bool:
        return not self.slices


def taken(q: str) -> Query:
    text = fold(q.replace("\0", "")[:200]).strip()
    number = _as_dialled(digits(text))
    is_number = len(number) >= LEAST_DIGITS and not text.strip("+-() 0123456789")
    return Query(text, tuple(text.split()), tuple(wanted(text)), number if is_number else "")


def _as_dialled(number: str) -> str:
    """A softphone gives 86 or 0086 before the number, or a 0 before a mobile."""
    for before, length in (("0086", 15), ("86", 13), ("0", 12)):
        if len(number) == length and number[len(before)] == "1" and number.startswith(before):
            return number[len(before) :]
    return number


def fit_of(asked: Query, code: str, name: str, *others: str | None) -> Fit | None:
    """None where it only looked so from afar: the slices are there, but not in one piece."""
    # Folded in one go: a line's end joins with nothing.
    whole = fold("\n".join((code, name, *(each for each in others if each))))
    code, rest = whole.split("\n", 1)
    if code and code == asked.text:
        return Fit.EXACT
    if code.startswith(asked.text):
        return Fit.BEGINS
    if asked.text in code:
        return Fit.PART
    if rest.startswith(asked.text):
        return Fit.NAMED
    left = [word for word in asked.words if word not in whole]
    if not left:
        return Fit.WORDS
    if all(may_be_spelt(word) and is_spelt_in(word, whole) for word in left):
        return Fit.SPELT
    return None


def fit_of_number(asked: Query, number: str) -> Fit | None:
    """A telephone number is known by its end."""
    typed = asked.number
    if number == typed:
        return Fit.EXACT
    if number.endswith(typed):
        return Fit.BEGINS
    return Fit.PART if typed in number else None
