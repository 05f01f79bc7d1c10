"""The data folder and its secret, when two commands are the first ones there at once."""

import os
from pathlib import Path

import pytest

from tickets.cli.place import data_dir, load_secret
from tickets.settings import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody has made it, and nobody has named a secret."""
    monkeypatch.setenv("TICKETS_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("TICKETS_SECRET_KEY", "")
    settings.cache_clear()
    return tmp_path / "var"


def meanwhile(monkeypatch: pytest.MonkeyPatch, path: Path, made: str | None) -> None:
    """Somebody else makes `path` just after we have seen that it is not there."""
    seen = Path.exists

    def exists(self: Path, **how: bool) -> bool:
        if self != path or seen(path, **how):
            return seen(self, **how)
        if made is None:
            path.mkdir()
        else:
            path.write_text(made)
        return False

    monkeypatch.setattr(Path, "exists", exists)


def test_the_folder_that_another_one_makes_meanwhile_is_taken_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, folder, None)
    assert data_dir() == folder
    assert (folder / "lock").exists()


def test_of_two_secrets_made_at_once_the_first_is_everybodys(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir()
    meanwhile(monkeypatch, folder / "secret.key", "the other one's secret")
    load_secret(folder)
    assert settings().secret_key == "the other one's secret"
    assert sorted(os.listdir(folder)) == ["lock", "secret.key"]


def test_a_secret_is_the_owners_alone_and_nothing_is_left_beside_it(folder: Path) -> None:
    data_dir()
    load_secret(folder)
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0
    assert settings().secret_key == (folder / "secret.key").read_text()
    assert sorted(os.listdir(folder)) == ["lock", "secret.key"]
