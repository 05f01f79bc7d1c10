"""A person's duties as a calendar other programs read (RFC 5545)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Entry:
    """`uid` stays the same for the same duty, so that a calendar changes it and adds no second."""

    uid: str
    from_at: datetime
    to_at: datetime
    summary: str
    description: str = ""


def calendar(name: str, entries: Iterable[Entry], stamp: datetime) -> str:
    """The whole file: CRLF, lines of 75 octets at most, stamps in UTC."""
    return "".join(f"{part}\r\n" for line in _lines(name, entries, stamp) for part in _folded(line))


def _lines(name: str, entries: Iterable[Entry], stamp: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Afterglow//Rota//EN")
    yield from ("CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"X-WR-CALNAME:{_escaped(name)}")
    for entry in entries:
        yield from ("BEGIN:VEVENT", f"UID:{_escaped(entry.uid)}", f"DTSTAMP:{_utc(stamp)}")
        yield from (f"DTSTART:{_utc(entry.from_at)}", f"DTEND:{_utc(entry.to_at)}")
        yield f"SUMMARY:{_escaped(entry.summary)}"
        if entry.description:
            yield f"DESCRIPTION:{_escaped(entry.description)}"
        yield from ("TRANSP:OPAQUE", "END:VEVENT")
    yield "END:VCALENDAR"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, told in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(plain, told)
    return text.replace("\r", "")


def _folded(line: str) -> Iterator[str]:
    """Cut between characters, never within one; what goes on begins with a space."""
    part, size = "", 0
    for ch in line:
        width = len(ch.encode())
        if size + width > 75:
            yield part
            part, size = " ", 1
        part += ch
        size += width
    yield part
