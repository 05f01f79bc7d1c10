"""Data folders in which real servers run."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.running import Up


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own account may go, so that all of it lies in one folder."""
    made = Path(tempfile.mkdtemp(prefix="afterglow-test-"))
    made.chmod(0o711)
    yield made / "var"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[Up]:
    """One that runs for all tests of a file."""
    running = Up(folder)
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()
