"""PostgreSQL and Redis out of their wheels, when no URL is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tickets.embedded.child import CannotStart, Server, child_argv, running
from tickets.embedded.cluster import prepare_postgres
from tickets.embedded.doorbell import prepare_redis

__all__ = [
    "CannotStart",
    "Server",
    "child_argv",
    "postgres",
    "prepare_postgres",
    "prepare_redis",
    "redis",
    "running",
]


@contextmanager
def postgres(data_dir: Path, *, durable: bool = True) -> Iterator[str]:
    """A PostgreSQL of our own for as long as the block runs; yields `postgresql://…/tickets`.

    Without `durable` nothing is forced to disk: for tests. Nobody else may use `data_dir`.
    """
    with prepare_postgres(data_dir, durable=durable) as server, running(server):
        yield server.url


@contextmanager
def redis(data_dir: Path) -> Iterator[str]:
    """A Redis of our own for as long as the block runs; yields `redis://…`. It keeps nothing."""
    server = prepare_redis(data_dir)
    with running(server):
        yield server.url
