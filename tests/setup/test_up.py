"""`tickets up` on an empty data folder, and the commands beside it."""

import json
import os
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.setup.running import Up, free_port, soon, tickets
from tickets.cli import COMMANDS, command_line


def test_the_sign_in_page_answers_and_the_demonstration_is_there(up: Up) -> None:
    status, page = up.page("/login")
    assert status == 200
    assert "<form" in page
    assert f"http://127.0.0.1:{up.port}" in up.said()
    assert "afterglow-demo" in up.said()


def test_it_is_alive_ready_and_counts(up: Up) -> None:
    assert up.page("/healthz") == (200, "alive\n")
    soon(lambda: up.page("/readyz")[0] == 200, "a worker")
    assert up.page("/readyz") == (200, '{"status":"ready"}')
    up.page("/login?next=13800001111")
    status, figures = up.page("/metrics")
    assert status == 200
    assert 'tickets_requests_total{method="GET",route="/login",status="200"}' in figures
    assert "tickets_open " in figures
    assert "13800001111" not in figures


def test_no_query_string_reaches_the_log(up: Up) -> None:
    up.page("/login?next=13800002222")
    soon(lambda: "GET /login 200" in up.said(), "the line in the log")
    assert "13800002222" not in up.said()


def test_what_lies_in_the_folder_is_the_owners_alone(up: Up) -> None:
    for name in ("secret.key", "running.json", "redis.conf", "lock"):
        assert (up.folder / name).stat().st_mode & 0o077 == 0, name
    assert len((up.folder / "secret.key").read_text()) >= 43
    assert (up.folder / "secret.key").read_text() not in up.said()


def test_a_second_copy_on_the_same_folder_is_refused(up: Up) -> None:
    second = tickets(up.folder, "up", TICKETS_PORT=str(free_port()))
    assert second.returncode == 1
    assert "already runs on the data folder" in second.stderr
    assert str(up.process.pid) in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_busy_port_is_named(up: Up, tmp_path: Path) -> None:
    other = tickets(tmp_path / "var", "up", TICKETS_PORT=str(up.port))
    assert other.returncode == 1
    assert f"Port {up.port} on 127.0.0.1 is in use already" in other.stderr
    assert len(other.stderr.splitlines()) == 1


def test_a_token_is_the_only_line_and_opens_the_api(up: Up) -> None:
    done = tickets(up.folder, "token", "add", "--role", "integration", "--name", "meter")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("tk_")
    listed = tickets(up.folder, "token", "list").stdout
    assert "meter" in listed
    assert done.stdout.strip() not in listed
    assert done.stdout.strip() not in up.said()
    again = tickets(up.folder, "token", "add", "--role", "integration", "--name", "meter")
    assert again.returncode == 1
    assert again.stdout == ""
    assert again.stderr == "There is a token of this name already.\n"
    assert tickets(up.folder, "token", "revoke", "meter").returncode == 0
    assert "revoked" in tickets(up.folder, "token", "list").stdout


def test_a_permission_nobody_knows_is_refused(up: Up) -> None:
    words = ("token", "add", "--role", "integration", "--name", "x", "--may", "ticket.burn")
    done = tickets(up.folder, *words)
    assert done.returncode == 1
    assert "ticket.burn" in done.stderr


def test_people_are_added_listed_and_given_a_password(up: Up) -> None:
    words = ("user", "add", "wang", "--role", "hotline", "--password", "three-lamps-out")
    assert tickets(up.folder, *words).returncode == 0
    assert "wang" in tickets(up.folder, "user", "list").stdout
    changed = tickets(up.folder, "user", "password", "wang", "--password", "four-lamps-out")
    assert changed.returncode == 0
    assert tickets(up.folder, "user", "password", "nobody-here", "--password", "x").returncode == 1


def test_the_doctor_finds_it_healthy(up: Up) -> None:
    soon(lambda: up.page("/readyz")[0] == 200, "a worker")
    done = tickets(up.folder, "doctor")
    assert done.returncode == 0, done.stdout
    assert "BAD" not in done.stdout


def test_a_backup_comes_back_into_another_folder(up: Up, tmp_path: Path) -> None:
    archive = tmp_path / "day.tar.gz"
    photo = up.folder / "photos" / "ab" / "abcd.jpg"
    photo.parent.mkdir(parents=True, exist_ok=True)
    photo.write_bytes(b"a picture")
    tickets(up.folder, "user", "add", "li", "--role", "manager", "--password", "kept-in-backup")
    saved = tickets(up.folder, "backup", str(archive))
    assert saved.returncode == 0, saved.stderr
    assert archive.stat().st_mode & 0o077 == 0
    assert tickets(up.folder, "restore", str(archive)).stderr.startswith("`tickets up`")

    other = up.folder.with_name("other")
    restored = tickets(other, "restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    assert "li  li  manager" in tickets(other, "user", "list").stdout
    assert (other / "photos" / "ab" / "abcd.jpg").read_bytes() == b"a picture"
    assert (other / "secret.key").read_text() == (up.folder / "secret.key").read_text()
    # The counters went along: the next person gets a number of his own.
    words = ("user", "add", "zhao", "--role", "manager", "--password", "after-restore")
    assert tickets(other, *words).returncode == 0

    refused = tickets(other, "restore", str(archive))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert tickets(other, "restore", str(archive), "--force").returncode == 0
    assert "zhao" not in tickets(other, "user", "list").stdout
    again = tmp_path / "again.tar.gz"
    assert tickets(other, "backup", str(again)).returncode == 0
    assert rows_of(again) == rows_of(archive)


def rows_of(archive: Path) -> dict[str, list[bytes]]:
    """Every table's rows; their order in a table is nobody's promise."""
    with tarfile.open(archive) as opened:
        tables = json.load(opened.extractfile("manifest.json"))["tables"]  # type: ignore[arg-type]
        assert {"person", "event", "ticket", "clock"} <= set(tables)
        return {
            table: sorted(opened.extractfile(f"rows/{table}").read().splitlines())  # type: ignore[union-attr]
            for table in tables
        }


def test_a_torn_archive_is_refused(up: Up, tmp_path: Path) -> None:
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(b"\x1f\x8bnot a whole one")
    done = tickets(tmp_path / "var", "restore", str(torn))
    assert done.returncode == 1
    assert "is no whole backup" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(command_line(command.split()), [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_without_a_command_all_are_listed() -> None:
    listed = CliRunner().invoke(command_line([]), ["--help"]).stdout
    assert all(command.split()[0] in listed for command in COMMANDS)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/sys/afterglow")  # read-only for root too
    else:
        folder = tmp_path / "var"
        folder.mkdir(mode=0o500)
    done = tickets(folder, "up", TICKETS_PORT=str(free_port()))
    assert done.returncode == 1
    assert f"The data folder {folder} cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_weak_secret_beside_a_real_database_is_refused(tmp_path: Path) -> None:
    done = tickets(
        tmp_path / "var",
        "serve",
        TICKETS_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none",
        TICKETS_REDIS_URL="redis://127.0.0.1:9",
        TICKETS_SECRET_KEY="changeme",
    )
    assert done.returncode == 1
    assert "TICKETS_SECRET_KEY is too weak" in done.stderr
    assert "changeme" not in done.stderr


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    done = tickets(tmp_path / "var", "migrate", TICKETS_DATABASE_URL=url)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert len(done.stderr.splitlines()) == 1
