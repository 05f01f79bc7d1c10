"""Folders PostgreSQL's own account may enter, a Redis of one's own, and what is overdue."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tickets import embedded
from tickets.migrations import load_tables


@pytest.fixture(scope="module", autouse=True)
def tables() -> None:
    load_tables()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="afterglow-faults-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def redis_url(folder: Path) -> Iterator[str]:
    with embedded.redis(folder) as url:
        yield url
