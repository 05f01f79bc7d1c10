"""A real `tickets up` as a subprocess, and what one does to it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

COMMAND = str(Path(sys.executable).parent / "tickets")
PATIENCE = 120.0  # seconds; how slow a machine may be before something counts as broken


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_for(folder: Path, **more: str) -> dict[str, str]:
    """The environment without whatever TICKETS_… the developer has set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TICKETS_")}
    return kept | {"TICKETS_DATA_DIR": str(folder)} | more


def tickets(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *words],
        env=settings_for(folder, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def soon(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


class Up:
    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        words: tuple[str, ...] = (),
        **more: str,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = folder.with_name(f"{folder.name}-{self.port}.log")
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = psutil.Popen(
                [COMMAND, "up", *words],
                env=settings_for(folder, TICKETS_PORT=str(self.port), **more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> float:
        """Seconds since the start."""
        soon(lambda: "ready after" in self._whole() or self._has_ended(), "ready")
        assert not self._has_ended(), self.said()
        return time.monotonic() - self.began

    def _whole(self) -> str:
        return "".join(line for line in self.said().splitlines(True) if "afterglow" in line)

    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def part(self, word: str) -> psutil.Process | None:
        for child in self.process.children(recursive=True):
            try:
                if word in " ".join(child.cmdline()):
                    return child
            except psutil.Error:
                continue
        return None

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return int(self.process.wait(PATIENCE))
