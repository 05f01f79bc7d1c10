"""A store of its own for each test, and a project that sheets are sent in for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tickets import media
from tickets.settings import settings


@pytest.fixture(autouse=True)
def store_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TICKETS_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    media.store.cache_clear()
    yield
    settings.cache_clear()
    media.store.cache_clear()
