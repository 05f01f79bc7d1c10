"""Finding by any part of a word without a database extension: short slices in a GIN index.

Chinese is cut into pairs of characters, everything else (codes, numbers, Latin) into
threes; one GIN index over `text[]` answers `grams @> slices(query)`, and the reader
re-checks with LIKE. See docs/decisions/0004.
"""

import re
import unicodedata

_RUNS = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U000323af]+|[0-9a-z]+")


def fold(text: str) -> str:
    """Full-width, case and accents taken off: what the caller says and what is written meet."""
    return unicodedata.normalize("NFKC", text).casefold()


def slices(text: str) -> set[str]:
    """What a text is found by."""
    found: set[str] = set()
    for run in _RUNS.findall(fold(text)):
        width = 2 if ord(run[0]) > 0x2E7F else 3
        if len(run) < width:
            found.add(run)
        found.update(run[i : i + width] for i in range(len(run) - width + 1))
    return found


def grams(*texts: str | None) -> list[str]:
    """What a row is found by, sorted, for its `grams` column: the slices of all its texts, and
    what is typed before there is a slice: one Chinese character (a surname), how a code begins."""
    found: set[str] = set()
    for text in texts:
        if text:
            # Short codes and house numbers are found whole too.
            found.update(slices(text[:2000]))
            for run in _RUNS.findall(fold(text[:2000])):
                if ord(run[0]) > 0x2E7F:
                    found.update(run)
                elif run[0].isalpha():
                    found.add(run[:2])
    return sorted(found)


def wanted(query: str) -> list[str]:
    """What a row must hold to match the query."""
    return sorted(slices(query))


def digits(phone: str) -> str:
    return "".join(ch for ch in unicodedata.normalize("NFKC", phone) if ch.isdigit())


def mask(phone: str) -> str:
    """138****1234 (rules.md §11); a short number keeps its last two digits."""
    number = digits(phone)
    if len(number) >= 8:
        return f"{number[:3]}****{number[-4:]}"
    return f"****{number[-2:]}" if number else ""
