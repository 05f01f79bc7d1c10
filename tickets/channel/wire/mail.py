"""E-mail by SMTP, in a thread: the standard library's client does what is needed."""

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from tickets.channel.wire.outcome import Outcome, Parcel, Told

_PATIENCE = 5.0


async def hand(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> Outcome:
    try:
        letter = write(settings, parcel, at)
    except ValueError:
        return Outcome(Told.REFUSED, "the address cannot be used")
    return await asyncio.to_thread(_hand, settings, parcel.to, letter)


def write(settings: Mapping[str, Any], parcel: Parcel, at: datetime) -> EmailMessage:
    """ValueError: no address one could write on an envelope."""
    letter = EmailMessage()
    sender = Address(addr_spec=settings["sender"])
    if any(ch in parcel.to for ch in "\r\n,;<> "):
        raise ValueError
    letter["From"] = Address("Afterglow", sender.username, sender.domain)
    letter["To"] = str(Address(addr_spec=parcel.to))
    letter["Subject"] = " ".join(parcel.subject.split())
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{parcel.id}@{sender.domain}>"
    letter["X-Afterglow-Message"] = str(parcel.id)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(parcel.text + "\n", cte="base64")
    return letter


def _hand(settings: Mapping[str, Any], to: str, letter: EmailMessage) -> Outcome:
    secure = ssl.create_default_context()
    host, port = settings["host"], int(settings["port"])
    post: smtplib.SMTP
    try:
        if settings["security"] == "tls":
            post = smtplib.SMTP_SSL(host, port, timeout=_PATIENCE, context=secure)
        else:
            post = smtplib.SMTP(host, port, timeout=_PATIENCE)
        with post:
            if settings["security"] == "starttls":
                post.starttls(context=secure)
            if settings.get("user"):
                post.login(settings["user"], settings.get("password", ""))
            post.send_message(letter, to_addrs=[to])
            return Outcome(Told.ACCEPTED, "250")
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        return _refusal(code, words, is_of_channel=False)
    except smtplib.SMTPAuthenticationError as refusal:
        return _refusal(refusal.smtp_code, refusal.smtp_error, is_of_channel=True)
    except smtplib.SMTPSenderRefused as refusal:
        return _refusal(refusal.smtp_code, refusal.smtp_error, is_of_channel=True)
    except smtplib.SMTPResponseException as refusal:
        is_busy = refusal.smtp_code == 421
        return _refusal(refusal.smtp_code, refusal.smtp_error, is_of_channel=is_busy)
    except TimeoutError:
        return Outcome.away("no answer in time")
    except ConnectionRefusedError:
        return Outcome.away("no connection")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome.away(type(error).__name__)


def _refusal(code: int, words: bytes | str, *, is_of_channel: bool) -> Outcome:
    """4xx: come back; 5xx: no."""
    told = words.decode(errors="replace") if isinstance(words, bytes) else words
    kind = Told.REFUSED if code >= 500 else Told.AGAIN
    return Outcome(kind, f"SMTP {code} {told}"[:300], is_of_channel=is_of_channel)
