"""What every test of inspections has: photos and papers in a folder of its own."""

from pathlib import Path

import pytest
from obstore.store import LocalStore

from tickets import media


@pytest.fixture(autouse=True)
def photo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(media, "store", lambda: LocalStore(tmp_path))
    return tmp_path
