"""HTTPS by a certificate of one's own, for an office without a proxy in front (docs/https.md)."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from tickets.cli.place import use
from tickets.embedded import CannotStart
from tickets.settings import settings


@dataclass(frozen=True)
class Tls:
    certificate: Path
    key: Path

    def options(self) -> dict[str, object]:
        """For `tickets serve`."""
        return {"certificate": self.certificate, "key": self.key}

    def to_ourselves(self) -> ssl.SSLContext:
        """We ask only whether somebody answers; by whose name he does is not ours to judge."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def checked(certificate: Path | None, key: Path | None) -> Tls | None:
    """Both or none, readable and belonging together; else CannotStart says which is wrong, before
    anything is started. Cookies are for HTTPS alone then, unless the settings say otherwise."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CannotStart("--certificate and --key come together: name both files.")
    found = Tls(certificate.absolute(), key.absolute())
    for file in (found.certificate, found.key):
        try:
            file.read_bytes()
        except OSError as error:
            raise CannotStart(f"{file} cannot be read: {error.strerror}.") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            found.certificate, found.key, password=_no_password
        )
    except (ssl.SSLError, ValueError) as error:
        why = getattr(error, "reason", None) or str(error)
        raise CannotStart(
            f"{found.certificate} and {found.key} are no certificate and its key ({why}):"
            " two PEM files are needed, the key without a password."
        ) from None
    if settings().secure_cookies is None:
        use(secure_cookies="true")
    return found


def _no_password() -> str:
    raise ValueError("the key has a password")
