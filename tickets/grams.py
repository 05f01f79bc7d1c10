"""Finding by any part of a word without a database extension: short slices in a GIN index.

Chinese is cut into pairs of characters, everything else (codes, numbers, Latin) into
threes; one GIN index over `text[]` answers `grams @> slices(query)`, and the reader
re-checks with LIKE. Chinese is kept by the initials of its pinyin too, cut as a Latin word
is: 音乐广场 is found by `yygc`. See docs/decisions/0004 and 0018.
"""

import re
import unicodedata
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

_RUNS = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U000323af]+|[0-9a-z]+")
_LETTERS = re.compile(r"[a-z]{2,}")
_FIRST: Final = 0x4E00  # 一; what stands before and far behind it is too rare to have an initial
_WIDTH: Final = 3  # of a slice that is not Chinese


def fold(text: str) -> str:
    """Full-width, case and accents taken off: what the caller says and what is written meet."""
    return unicodedata.normalize("NFKC", text).casefold()


def slices(text: str) -> set[str]:
    """What a text is found by."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        width = 2 if is_chinese(run) else _WIDTH
        if len(run) < width:
            found.add(run)
        found.update(run[i : i + width] for i in range(len(run) - width + 1))
    return found


def grams(*texts: str | None, told: str | None = None) -> list[str]:
    """What a row is found by, sorted, for its `grams` column: the slices of all its texts, and
    what is typed before there is a slice: one Chinese character (a surname), how a code begins.

    `told` is what somebody said, in sentences: found by its words, not by initials, which nobody
    types of a sentence and which would be met in it by chance.
    """
    found: set[str] = set()
    for text in texts:
        if text:
            found.update(_found_by(text))
            for run in _RUNS.findall(fold(text[:2000])):
                if is_chinese(run):
                    found.update(_spelt(run))
    if told:
        found.update(_found_by(told))
    return sorted(found)


def _found_by(text: str) -> set[str]:
    # Short codes and house numbers are found whole too.
    found = slices(text[:2000])
    for run in _RUNS.findall(fold(text[:2000])):
        if is_chinese(run):
            found.update(run)
        elif run[0].isalpha():
            found.add(run[:2])
    return found


def wanted(query: str) -> list[str]:
    """What a row must hold to match the query."""
    return sorted(slices(query))


def is_chinese(run: str) -> bool:
    return ord(run[0]) > 0x2E7F


def may_be_spelt(word: str) -> bool:
    """Whether a word can be the initials of something Chinese: then LIKE cannot re-check it."""
    return _LETTERS.fullmatch(fold(word)) is not None


def is_spelt_in(word: str, text: str) -> bool:
    """Whether the initials of a Chinese run in `text` hold the word: `yygc` in 北京音乐广场."""
    word = fold(word)
    for run in _RUNS.findall(fold(text)):
        if is_chinese(run):
            spelt = _letters(run)
            for start in range(len(spelt) - len(word) + 1):
                if all(letter in at for letter, at in zip(word, spelt[start:], strict=False)):
                    return True
    return False


def _spelt(run: str) -> set[str]:
    """Each way to say it: 乐 is `y` in 音乐 and `l` in 乐园, and nobody asks which."""
    spelt = _letters(run)
    found: set[str] = set()
    if len(spelt) > 1:
        found.update(map("".join, product(*spelt[:2])))
    for start in range(len(spelt) - _WIDTH + 1):
        found.update(map("".join, product(*spelt[start : start + _WIDTH])))
    return found


def _letters(run: str) -> list[str]:
    known = _initials()
    return [at for ch in run if _FIRST <= ord(ch) <= 0x9FFF and (at := known[ord(ch) - _FIRST])]


@cache
def _initials() -> list[str]:
    """Of each character the letters its readings begin with, by code point; `initials.txt` has
    them the other way round."""
    found = [""] * (0x9FFF - _FIRST + 1)
    for line in Path(__file__).with_name("initials.txt").read_text("utf-8").splitlines():
        letter, _, characters = line.partition(" ")
        for ch in characters:
            found[ord(ch) - _FIRST] += letter
    return found


def digits(phone: str) -> str:
    return "".join(ch for ch in unicodedata.normalize("NFKC", phone) if ch.isdigit())


def mask(phone: str) -> str:
    """138****1234 (rules.md §11); a short number keeps its last two digits."""
    number = digits(phone)
    if len(number) >= 8:
        return f"{number[:3]}****{number[-4:]}"
    return f"****{number[-2:]}" if number else ""
