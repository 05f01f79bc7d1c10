"""What house.md says of files and words, checked."""

import ast
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncConnection

import tickets
import workers
from tickets.db import Base
from tickets.migrations import load_tables

SOURCES = sorted(
    path for package in (tickets, workers) for path in Path(package.__path__[0]).rglob("*.py")
)
HOUSE = Path(tickets.__path__[0]).parent
ODD_NAMES = re.compile(r"(^|_)(utils?|helpers?|services?|managers?|common|misc|base)$")


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_has_at_most_300_lines_and_a_name_of_the_trade(path: Path) -> None:
    if "versions" not in path.parts:
        assert len(path.read_text().splitlines()) <= 300
    assert not ODD_NAMES.search(path.stem)


def test_commit_appears_once_in_transaction() -> None:
    """Decision 6. Migrations commit as alembic wants it; they are no request and no job."""
    places = [
        name(path)
        for path in SOURCES
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("commit", "begin")
    ]
    assert places == ["tickets/db.py"]


def test_every_module_begins_with_a_sentence() -> None:
    silent = [
        name(path)
        for path in SOURCES
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


async def test_the_migrations_make_what_the_models_say(connection: AsyncConnection) -> None:
    load_tables()

    def differences(sync: object) -> list[object]:
        context = MigrationContext.configure(sync, opts={"compare_type": True})  # type: ignore[arg-type]
        return list(compare_metadata(context, Base.metadata))

    assert await connection.run_sync(differences) == []
