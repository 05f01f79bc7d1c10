"""Every sentence a person can see has its Chinese, with the same places, and none is doubtful."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from tickets import papers
from tickets.pages import ROOT
from tickets.sla.rules import PROMISE_LABELS, STATE_LABELS
from tickets.ticket.rules import HAND_BACK_LABELS, KIND_LABELS, SEVERITY_LABELS, STATUS_LABELS

# Calls whose first (for `Invalid`, second) argument is a sentence.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "said": None,
    "Label": None,
    "say": (2,),
    "Refused": None,
    "Missing": None,
    "Forbidden": None,
    "Unknown": None,
    "TooLarge": None,
    "WrongType": None,
    "TooOften": None,
    "Invalid": (2,),
}
# The templates are written for this environment (tickets/pages.py).
OPTIONS = {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}
CATALOGUE = ROOT / "locale" / "zh_CN"
_PLACE = re.compile(r"\{(\w+)\}")


def extracted() -> Iterator[tuple[str, str]]:
    """(sentence, where) of code and templates."""
    for folder, ending, method in (
        ("tickets", "*.py", "python"),
        ("workers", "*.py", "python"),
        ("templates", "*.*", "jinja2"),
    ):
        for path in sorted((ROOT / folder).rglob(ending)):
            if not path.is_file() or path.suffix not in (".py", ".html", ".txt"):
                continue
            if "cli" in path.parts:
                continue  # the terminal speaks English, as its options do
            for line, message, _, _ in extract_from_file(method, path, KEYWORDS, options=OPTIONS):
                for sentence in [message] if isinstance(message, str) else message:
                    if sentence:
                        yield sentence, f"{path.relative_to(ROOT)}:{line}"
    for path in sorted(papers.FOLDER.glob("*.typ")):
        for sentence in papers.said_in(path.stem):
            yield sentence, str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    told: dict[str, str] = {}
    for path in sorted(CATALOGUE.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if not message.id:
                    continue
                key, words = str(message.id), str(message.string)
                assert not message.fuzzy, f"{path.name}: doubtful: {key}"
                assert told.setdefault(key, words) == words, f"two translations of {key!r}"
    return told


def test_every_sentence_has_its_chinese(chinese: dict[str, str]) -> None:
    missing = {sentence: where for sentence, where in extracted() if not chinese.get(sentence)}
    told = "\n".join(f"{where}  {sentence!r}" for sentence, where in sorted(missing.items()))
    assert not missing, f"{len(missing)} sentences have no Chinese:\n{told}"


def test_the_chinese_names_the_same_places(chinese: dict[str, str]) -> None:
    wrong = [
        key
        for key, words in chinese.items()
        if words and set(_PLACE.findall(key)) != set(_PLACE.findall(words))
    ]
    assert not wrong


def test_the_extractor_sees_sentences_of_every_kind() -> None:
    """An extractor that finds nothing would make the other tests pass."""
    found = {sentence for sentence, _ in extracted()}
    assert {"Sign out", "There is nothing here.", "repaired, to be confirmed"} <= found
    assert "There is no ticket {ref}." in found  # inside a refusal
    assert "This cursor is not one of ours." in found  # the second argument of Invalid


def test_the_macros_say_what_the_rules_say() -> None:
    """labels.html repeats the words of the rules: they must not drift apart."""
    written = (ROOT / "templates/parts/labels.html").read_text()
    for labels in (
        PROMISE_LABELS,
        STATE_LABELS,
        STATUS_LABELS,
        SEVERITY_LABELS,
        KIND_LABELS,
        HAND_BACK_LABELS,
    ):
        for code, label in labels.items():
            assert f'"{code}": _("{label}")' in written
