"""The same program on Debian's own PostgreSQL and Redis, as an operator would run it."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.running import PATIENCE, Up, free_port, soon, tickets

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    if not BINARIES:
        pytest.skip("no PostgreSQL of Debian's here: apt install postgresql")
    account = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="afterglow-real-"))
    home.chmod(0o700)
    if account is not None:
        os.chown(home, account, -1)
    (home / "password").write_text("a real one")
    (home / "password").chmod(0o644)
    data, port = home / "data", free_port()
    initdb = [str(BINARIES[0] / "initdb"), "-D", str(data), "-U", "owner", "--auth=scram-sha-256"]
    subprocess.run(
        [*initdb, f"--pwfile={home}/password", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"],
        check=True,
        user=account,
        cwd=home,
        capture_output=True,
    )
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [BINARIES[0] / "postgres", "-D", data, "-p", str(port), "-k", "", "-F"],
            user=account,
            cwd=home,
            stdout=log,
            stderr=log,
        )
    address = f"postgresql://owner:a%20real%20one@127.0.0.1:{port}"
    psql = ["psql", f"{address}/postgres", "-c", "CREATE DATABASE afterglow"]
    try:
        soon(lambda: subprocess.run(psql, capture_output=True).returncode == 0, "PostgreSQL")
        yield f"{address}/afterglow"
    finally:
        server.send_signal(2)
        server.wait(PATIENCE)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    if not shutil.which("redis-server"):
        pytest.skip("no redis-server here: apt install redis-server")
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def test_it_runs_on_servers_it_did_not_start(
    folder: Path, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    real = {
        "TICKETS_DATABASE_URL": database_url,
        "TICKETS_REDIS_URL": redis_url,
        "TICKETS_SECRET_KEY": secrets.token_urlsafe(48),
    }
    migrated = tickets(folder, "migrate", **real)
    assert "was at nothing" in migrated.stdout, migrated.stderr
    assert "already" in tickets(folder, "migrate", **real).stdout
    up = Up(folder, None, (), **real)
    try:
        up.wait_until_ready()
        assert up.page("/login")[0] == 200
        soon(lambda: up.page("/readyz")[0] == 200, "a worker")
        assert up.part("bin/postgres -D") is None
        assert up.part("redis-server") is None
        assert "a%20real" not in up.said()
        token = tickets(folder, "token", "add", "--role", "integration", "--name", "x", **real)
        assert token.stdout.startswith("tk_"), token.stderr
        assert tickets(folder, "doctor", **real).returncode == 0
        saved = tickets(folder, "backup", str(tmp_path / "real.tar.gz"), **real)
        assert saved.returncode == 0, saved.stderr
    finally:
        assert up.stop() == 0
    # Another version of PostgreSQL, another machine: the backup opens there.
    other = folder.with_name("laptop")
    assert tickets(other, "restore", str(tmp_path / "real.tar.gz")).returncode == 0
    assert " x  integration" in tickets(other, "token", "list").stdout
    assert tickets(other, "backup", str(tmp_path / "laptop.tar.gz")).returncode == 0
    back = tickets(folder, "restore", "--force", str(tmp_path / "laptop.tar.gz"), **real)
    assert back.returncode == 0, back.stderr
