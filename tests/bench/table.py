"""What every part of the bench stands on: a fresh database, the desk beside the bare page, and the
table of what was measured with its limits."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.bench import town
from tests.bench.clockwork import Ask, Client, Times, free_port, running
from tickets import embedded
from tickets.migrations import upgrade
from tickets.staff.signed_in import COOKIE


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Embedded, as `make run` has it; or on TICKETS_TEST_SERVER, in a database of its own."""
    named = os.environ.get("TICKETS_TEST_SERVER")
    if not named:
        with embedded.postgres(folder) as url:
            yield url
        return
    name = f"bench_{os.getpid()}"

    async def run(statement: str) -> None:
        admin = await asyncpg.connect(f"{named}/postgres")
        await admin.execute(statement)
        await admin.close()

    asyncio.run(run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING UTF8"))
    try:
        yield f"{named}/{name}"
    finally:
        asyncio.run(run(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def place() -> Iterator[tuple[str, Path]]:
    """A folder for this part alone, and an empty database at the newest migration."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with database(folder) as url:
            asyncio.run(upgrade(url))
            yield url, folder


@dataclass(frozen=True)
class Desk:
    """A web that runs, somebody signed in, a program with its key, and the bare routes beside."""

    pid: int
    env: dict[str, str]
    person: Client
    program: Client
    bare: Client

    @property
    def page(self) -> Ask:
        return getting(self.bare, ["/page"])


@contextmanager
def desk(url: str, folder: Path) -> Iterator[Desk]:
    port, bare_port = free_port(), free_port()
    env = {
        "TICKETS_DATABASE_URL": url,
        "TICKETS_DATA_DIR": str(folder),
        "TICKETS_PORT": str(port),
    }
    serve = (sys.executable, "-m", "tickets.cli", "serve")
    uvicorn = (sys.executable, "-m", "uvicorn", "--factory", "tests.bench.bare:create_app")
    quiet = ("--port", str(bare_port), "--no-access-log", "--log-level", "warning")
    with ExitStack() as stack:
        env["TICKETS_REDIS_URL"] = stack.enter_context(embedded.redis(folder))
        web = stack.enter_context(running(serve, env, folder / "web.log", port))
        stack.enter_context(running((*uvicorn, *quiet), env, folder / "bare.log", bare_port))
        yield Desk(
            pid=web.pid,
            env=env,
            person=Client(port, {"Cookie": f"{COOKIE}={town.COOKIE_KEY}", "Accept": "text/html"}),
            program=Client(port, {"Authorization": f"Bearer {town.TOKEN}"}),
            bare=Client(bare_port),
        )


def getting(client: Client, paths: Sequence[str]) -> Ask:
    def ask(n: int) -> None:
        status, body = client.ask("GET", paths[n % len(paths)])
        if status != 200:
            sys.exit(f"GET {paths[n % len(paths)]}: {status} {body[:500]!r}")

    return ask


@dataclass
class Table:
    """What was measured, line by line, and whether it holds."""

    is_kept: bool = True
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def pair(self, what: str, ours: Times, limit: Times, times: float, against: str) -> None:
        ratio = ours.p50 / limit.p50
        self._add(
            what,
            f"{ours.p50 * 1e3:.2f} ms",
            f"{ours.p95 * 1e3:.2f} ms",
            f"{limit.p50 * 1e3:.2f} ms {against}",
            f"{ratio:.2f} x",
            f"{times:g} x",
            ratio <= times,
        )

    def single(self, what: str, value: float, unit: str, limit: float) -> None:
        self._add(what, f"{value:.2f} {unit}", "", "", "", f"{limit:g} {unit}", value <= limit)

    def growth(self, clocks: int, swept: float, one: float) -> None:
        self._add(
            f"sweep over {clocks:,} running, nothing due",
            f"{swept * 1e3:.3f} ms",
            "",
            f"{one * 1e3:.3f} ms (SELECT 1)",
            f"{swept / one:.2f} x",
            "5 x",
            swept <= 5 * one,
        )

    def _add(self, *cells: str | bool) -> None:
        *texts, holds = cells
        self.is_kept &= bool(holds)
        line = (*map(str, texts), "kept" if holds else "OVER")
        self.lines.append(line)
        tell(*(text for text in line if text))

    def close(self) -> None:
        """All of it once more, and the exit code."""
        tell(f"\n{self}\n\ncores: {os.cpu_count()}")
        sys.exit(0 if self.is_kept else 1)

    def __str__(self) -> str:
        head = ("what", "p50", "p95", "beside it", "ratio", "limit", "")
        rows = [head, tuple("-" * len(cell) for cell in head), *self.lines]
        widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
        return "\n".join(
            "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
            for row in rows
        )


def tell(*words: str) -> None:
    print("   ", *words, flush=True)  # noqa: T201
