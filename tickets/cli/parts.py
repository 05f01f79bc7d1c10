"""A part of `tickets up`: a process that is started, listened to, started again, ended."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import typer

from tickets.embedded import CannotStart, Server, child_argv
from tickets.embedded.child import await_ready, environment, last_words

GIVE_UP_AFTER = 5  # deaths within
A_WHILE = 60.0  # seconds
COLOURS = {"web": "cyan", "worker": "magenta", "PostgreSQL": "blue", "Redis": "red"}


def say(name: str, line: str) -> None:
    """One line of the terminal, the part's name before it."""
    label = f"{name:<10} │ "
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        label = typer.style(label, fg=COLOURS.get(name, "green"))
    with suppress(BrokenPipeError):
        typer.echo(label + line)
        sys.stdout.flush()


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


@dataclass
class Part:
    name: str
    argv: Sequence[str]
    stop: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    env: dict[str, str] | None = None
    pass_fds: tuple[int, ...] = ()
    server: Server | None = None  # an embedded one writes a log file and says when it is ready
    as_it_is: bool = False  # its lines are JSON already: no name before them
    on_start: Callable[[], None] = lambda: None
    process: asyncio.subprocess.Process | None = None
    deaths: deque[float] = field(default_factory=deque)
    heard: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    _listening: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, server: Server) -> "Part":
        argv = child_argv(server.argv, last_signal=server.stop, account=server.account)
        return cls(
            server.name,
            argv,
            stop=server.stop,
            cwd=server.cwd,
            env=environment(),
            server=server,
        )

    async def start(self) -> None:
        """Returns when it runs; an embedded server, when it answers."""
        if self.server is None:
            await self._spawn(subprocess.PIPE)
            self._listening = asyncio.create_task(self._listen())
            return
        await asyncio.to_thread(self.server.tidy)
        with self.server.log.open("ab") as log:
            process = await self._spawn(log.fileno())
        await asyncio.to_thread(
            await_ready, self.server, process.pid, lambda: process.returncode is None
        )

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        self.process = await asyncio.create_subprocess_exec(
            *self.argv,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            process_group=0,  # Ctrl-C reaches `up` alone, which ends its parts in order
            limit=1 << 20,
        )
        self.on_start()
        return self.process

    async def _listen(self) -> None:
        assert self.process
        assert self.process.stdout
        while True:
            try:
                raw = await self.process.stdout.readline()
            except ValueError:  # a line of a megabyte
                continue
            if not raw:
                return
            line = raw.decode(errors="replace").rstrip()
            self.heard.append(line)
            if self.as_it_is:
                typer.echo(line)
            else:
                say(self.name, line)

    async def keep(self) -> None:
        """Starts it again whenever it ends; CannotStart when that leads nowhere."""
        while True:
            assert self.process
            code = await self.process.wait()
            if self._listening:
                await self._listening
            now = time.monotonic()
            self.deaths.append(now)
            while now - self.deaths[0] > A_WHILE:
                self.deaths.popleft()
            if len(self.deaths) >= GIVE_UP_AFTER:
                words = last_words(self.server.log) if self.server else " / ".join(self.heard)
                raise CannotStart(
                    f"{self.name} ended {len(self.deaths)} times within a minute"
                    f" ({how_it_ended(code)}), so Afterglow stops. Its last words: {words[-800:]}"
                )
            say(self.name, f"ended ({how_it_ended(code)}); starting it again")
            await asyncio.sleep(0.2 * (2 ** len(self.deaths) - 2))
            with suppress(CannotStart):  # another death, counted above
                await self.start()

    async def end(self, seconds: float) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(self.stop)
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            say(self.name, "does not end in time; killed")
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        if self._listening:
            await self._listening


def note_children(folder: Path, parts: Sequence[Part]) -> None:
    """Where the kernel does not end the children of a killed `up`, the next start does."""
    found = []
    for part in parts:
        if part.process:
            with suppress(psutil.Error):
                found.append((part.process.pid, psutil.Process(part.process.pid).create_time()))
    (folder / "children.json").write_text(json.dumps(found))


def end_children_of_a_killed_start(folder: Path) -> None:
    """We hold the lock, so whatever the note names and still lives has lost its parent."""
    with suppress(OSError, ValueError, TypeError):
        left = []
        for pid, created in json.loads((folder / "children.json").read_text()):
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                if process.create_time() == created and "postgres" not in process.name():
                    process.terminate()
                    left.append(process)
        _, stubborn = psutil.wait_procs(left, timeout=5)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=5)
    (folder / "children.json").unlink(missing_ok=True)
