"""A server as our child: it never outlives us, and it says why it does not start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A crash may leave minutes of log to replay; a start that takes this long is not stuck.
PATIENCE = 600.0


class CannotStart(Exception):
    """One sentence for the person at the terminal: what is wrong, and what to do."""


@dataclass(frozen=True)
class Account:
    """Who runs the server when we are root (PostgreSQL refuses to run as root)."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Server:
    name: str
    argv: tuple[str, ...]
    url: str
    cwd: Path
    log: Path
    stop: signal.Signals
    is_ready: Callable[[int], bool]  # asked with the child's process id
    tidy: Callable[[], None]  # before every start: end what a killed predecessor left behind
    account: Account | None = None


# Runs before the server, in its process: changes the account, asks the kernel to end it when
# its parent ends (Linux), becomes the server. Python's preexec_fn would do it inside a copy of
# a process with threads.
_BECOME = """
import ctypes, os, sys
parent, last_signal, uid, gid = map(int, sys.argv[1:5])
libc = ctypes.CDLL(None) if sys.platform == "linux" else None
if uid >= 0:
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)
if libc:
    libc.prctl(1, last_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone")
try:
    os.execv(sys.argv[5], sys.argv[5:])
except OSError as error:
    sys.exit(f"{sys.argv[5]}: {error.strerror}")
"""


def child_argv(
    argv: tuple[str, ...], *, last_signal: signal.Signals, account: Account | None = None
) -> list[str]:
    """The command line that runs `argv` and gets `last_signal` when this process dies."""
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    words = (os.getpid(), int(last_signal), uid, gid)
    return [sys.executable, "-I", "-S", "-c", _BECOME, *map(str, words), *argv]


def environment() -> dict[str, str]:
    """What a server needs of ours: no PG* variable of the caller may steer it."""
    kept = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {k: os.environ[k] for k in kept if k in os.environ} | {"LC_ALL": "C"}


def run(argv: tuple[str, ...], *, cwd: Path, account: Account | None, stdin: str = "") -> str:
    """A short command of the server's account; its output, or CannotStart with its words."""
    done = subprocess.run(
        child_argv(argv, last_signal=signal.SIGKILL, account=account),
        cwd=cwd,
        env=environment(),
        input=stdin,
        text=True,
        capture_output=True,
        errors="replace",
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).replace("\n", " ")
        raise CannotStart(f"{Path(argv[0]).name} failed: {said[-500:]}")
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()[-3:]
    except OSError:
        return "nothing was written"
    return " / ".join(lines)


def await_ready(server: Server, pid: int, is_alive: Callable[[], bool]) -> None:
    """Returns when the server answers; CannotStart when it has ended or patience has."""
    deadline = time.monotonic() + PATIENCE
    while not server.is_ready(pid):
        if not is_alive():
            raise CannotStart(f"{server.name} does not start: {last_words(server.log)}")
        if time.monotonic() > deadline:
            raise CannotStart(f"{server.name} does not get ready; its log is {server.log}.")
        time.sleep(0.02)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server runs, ready, while the block runs; afterwards it is stopped in order."""
    server.tidy()
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            child_argv(server.argv, last_signal=server.stop, account=server.account),
            cwd=server.cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )
    try:
        await_ready(server, process.pid, lambda: process.poll() is None)
        yield server
    finally:
        process.send_signal(server.stop)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
