"""The page of reactions is complete: every event the code records has a line, and no other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import tickets
from tickets.ticket.actions.act import EVENTS
from workers.reactions import REACTIONS

ROOT = Path(tickets.__path__[0])


def recorded() -> Iterator[tuple[str, str]]:
    """(kind, where) of every `record(session, "noun.verbed", …)`; by a table, the table's kinds."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and len(node.args) > 1):
                continue
            if not (isinstance(node.func, ast.Name) and node.func.id == "record"):
                continue
            for part in ast.walk(node.args[1]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value, str(path)
                elif isinstance(part, ast.Name) and part.id == "EVENTS":
                    yield from ((kind, str(path)) for kind in EVENTS.values())


def test_every_event_has_a_line_and_every_line_an_event() -> None:
    kinds = {kind for kind, _ in recorded() if "." in kind}
    assert kinds == set(REACTIONS)


def test_events_are_named_noun_and_past_tense() -> None:
    for kind in REACTIONS:
        noun, _, verbed = kind.partition(".")
        assert noun.isidentifier(), kind
        assert verbed.isidentifier(), kind


def test_no_reaction_is_named_twice_for_one_event() -> None:
    # A delivery names its reaction; two of a name could not be told apart.
    for kind, reactions in REACTIONS.items():
        names = [reaction.__name__ for reaction in reactions]
        assert len(names) == len(set(names)), kind
