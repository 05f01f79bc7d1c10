"""`tickets/initials.txt` against pypinyin: each letter begins a reading of its characters."""

import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

import tickets

TABLE = Path(tickets.__path__[0]) / "initials.txt"


def _letters() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in TABLE.read_text("utf-8").splitlines():
        letter, _, characters = line.partition(" ")
        for ch in characters:
            found.setdefault(ch, set()).add(letter)
    return found


def _read(ch: str) -> list[str]:
    """How its readings begin, the usual one first, as letters without tones."""
    told = [unicodedata.normalize("NFD", each.strip()) for each in pinyin_dict[ord(ch)].split(",")]
    return [each[0] for each in told if each and "a" <= each[0] <= "z"]


def test_every_common_character_has_its_usual_initial() -> None:
    letters = _letters()
    lacking = [
        ch
        for ch in map(chr, range(0x4E00, 0xA000))
        if ord(ch) in pinyin_dict and _read(ch) and _read(ch)[0] not in letters.get(ch, set())
    ]
    assert lacking == []
    assert len(letters) > 20_000


def test_no_initial_is_made_up() -> None:
    odd = {ch: told for ch, told in _letters().items() if not told <= set(_read(ch))}
    assert odd == {}


def test_what_is_read_in_two_ways_is_found_by_both() -> None:
    letters = _letters()
    for ch, told in (("乐", "ly"), ("厦", "sx"), ("重", "cz"), ("长", "cz"), ("行", "hx")):
        assert letters[ch] == set(told)


def test_it_is_sorted_and_names_each_once_a_line() -> None:
    lines = TABLE.read_text("utf-8").splitlines()
    assert [line[0] for line in lines] == sorted({line[0] for line in lines})
    for line in lines:
        assert list(line[2:]) == sorted(set(line[2:]))
