"""`tickets up --certificate … --key …`: pages by HTTPS from a certificate of one's own."""

import contextlib
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.running import PATIENCE, Up, free_port, tickets


def make_certificate(folder: Path, name: str = "desk") -> tuple[Path, Path]:
    """Self-signed, for this machine, by the openssl that Python's own ssl comes from."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=desk", "-keyout", str(key)),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    return certificate, key


@pytest.fixture(scope="module")
def signed(folder: Path) -> tuple[Path, Path]:
    return make_certificate(folder.parent)


@pytest.fixture(scope="module")
def secure(folder: Path, signed: tuple[Path, Path]) -> Iterator[Up]:
    certificate, key = signed
    running = Up(folder, words=("--certificate", str(certificate), "--key", str(key)))
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


def test_the_pages_come_by_https_with_that_certificate(
    secure: Up, signed: tuple[Path, Path]
) -> None:
    trusting = ssl.create_default_context(cafile=str(signed[0]))
    address = f"https://127.0.0.1:{secure.port}"
    with urllib.request.urlopen(f"{address}/login", timeout=PATIENCE, context=trusting) as answer:
        assert answer.status == 200
        assert "<form" in answer.read().decode()
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        cookies = answer.headers.get_all("set-cookie") or []
    assert all("secure" in cookie.lower() for cookie in cookies)
    assert address in secure.said()


def test_without_tls_nobody_is_answered(secure: Up) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=10) as bare:
        bare.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        bare.settimeout(10)
        with contextlib.suppress(ConnectionError):  # sent away at once
            assert b"200" not in bare.recv(100)


@pytest.mark.parametrize("words", [("--certificate", "desk.pem"), ("--key", "desk.key")])
def test_one_file_without_the_other_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    done = tickets(tmp_path / "var", "up", *words, TICKETS_PORT=str(free_port()))
    assert done.returncode == 1
    assert "--certificate and --key come together" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_files_that_do_not_belong_together_are_named_before_anything_starts(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path, "other")
    for key, why in ((other_key, "no certificate and its key"), (tmp_path / "x", "cannot be read")):
        done = tickets(
            tmp_path / "var", "up", "--certificate", str(certificate), "--key", str(key),
            TICKETS_PORT=str(free_port()),
        )  # fmt: skip
        assert done.returncode == 1
        assert why in done.stderr
        assert not (tmp_path / "var" / "postgres").exists()


def test_a_key_with_a_password_is_refused_and_asks_nobody(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-in", key, "-aes256", "-passout", "pass:x", "-out", locked],
        check=True,
        capture_output=True,
    )
    words = ("up", "--certificate", str(certificate), "--key", str(locked))
    done = tickets(tmp_path / "var", *words, TICKETS_PORT=str(free_port()))
    assert done.returncode == 1
    assert "the key without a password" in done.stderr
