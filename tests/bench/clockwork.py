"""Start the programs that are measured, ask them one request at a time, read the watch."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    argv: Sequence[str], env: Mapping[str, str], log: Path, port: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours, answering if it has a port; ended in order."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**os.environ, **env}, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 60
        while port is not None:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{argv} does not start:\n{log.read_text(errors='replace')[-3000:]}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Client:
    """One kept-alive connection; http.client, so that the client costs next to nothing."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = dict(headers or {})
        self.used_at = 0.0

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        if time.monotonic() - self.used_at > 2:
            self._connect()  # the server hangs up on a line that lay idle
        self.connection.request(method, path, body, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        self.used_at = time.monotonic()
        return answer.status, content

    def _connect(self) -> None:
        self.connection.close()
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@dataclass(frozen=True)
class Times:
    """Seconds of the requests of one kind."""

    all: Sequence[float]

    @property
    def p50(self) -> float:
        return median(self.all)

    @property
    def p95(self) -> float:
        return quantiles(self.all, n=20)[-1]


Ask = Callable[[int], None]


def alternating(first: Ask, second: Ask, times: int, warm_up: int = 20) -> tuple[Times, Times]:
    """One of each in turn, so that whatever else the machine does hits both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for n in range(-warm_up, times):
        for ask, kept in zip((first, second), taken, strict=True):
            began = time.perf_counter()
            ask(n)
            if n >= 0:
                kept.append(time.perf_counter() - began)
    return Times(taken[0]), Times(taken[1])


def rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
