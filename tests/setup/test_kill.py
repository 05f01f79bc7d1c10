"""Parts and the whole are really killed; the next moment everything is there again."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.setup.running import PATIENCE, Up, free_port, soon, tickets

pytestmark = pytest.mark.killing


def kill(up: Up, word: str) -> None:
    """SIGKILL, and wait for another process in its place."""
    victim = up.part(word)
    assert victim is not None
    victim.kill()
    soon(lambda: (other := up.part(word)) and other.pid != victim.pid, f"another {word}")


def test_a_killed_web_keeps_its_callers_waiting_not_failing(up: Up) -> None:
    kill(up, "cli serve")
    assert up.page("/healthz")[0] == 200
    said = "web        │ ended (killed by SIGKILL); starting it again"
    soon(lambda: said in up.said(), said)


def test_a_killed_worker_works_again(up: Up) -> None:
    kill(up, "cli work")
    said = "worker     │ ended (killed by SIGKILL); starting it again"
    soon(lambda: said in up.said(), said)


def test_a_killed_database_comes_back_with_what_was_answered(up: Up) -> None:
    words = ("user", "add", "sun", "--role", "manager", "--password", "before-the-kill")
    assert tickets(up.folder, *words).returncode == 0
    kill(up, "bin/postgres -D")
    soon(lambda: up.page("/readyz")[0] == 200, "ready again")
    assert "sun" in tickets(up.folder, "user", "list").stdout


def test_a_whole_that_is_killed_leaves_nobody_and_starts_again_soon(up: Up) -> None:
    children = up.process.children(recursive=True)
    up.process.kill()
    again = Up(up.folder, up.port)
    try:
        assert again.wait_until_ready() < 40  # 10 s on a machine of its own
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
        assert "sun" in tickets(again.folder, "user", "list").stdout
        children = again.process.children(recursive=True)
        assert len(children) > 3
        assert again.stop(signal.SIGINT) == 0
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert alive == []
        assert "afterglow  │ stopped" in again.said()
        assert not (again.folder / "running.json").exists()
    finally:
        again.stop()


@pytest.fixture
def fresh(folder: Path) -> Iterator[Up]:
    running = Up(folder.with_name("another"), free_port())
    yield running
    running.stop(signal.SIGTERM)


def test_a_part_that_dies_and_dies_stops_the_whole_which_says_why(fresh: Up) -> None:
    fresh.wait_until_ready()
    for _ in range(4):
        kill(fresh, "redis-server")
    victim = fresh.part("redis-server")
    assert victim is not None
    victim.kill()
    assert fresh.process.wait(PATIENCE) == 1
    assert "Redis ended 5 times within a minute (killed by SIGKILL)" in fresh.said()
    assert fresh.said().splitlines()[-1].startswith("Redis ended 5 times")
