"""The calendar file other programs read (RFC 5545)."""

import re
from datetime import UTC, datetime

from tickets.rota.rules import Entry, calendar

AT = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


def told(*entries: Entry, name: str = "Rota") -> str:
    return calendar(name, entries, AT)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_every_line_ends_with_crlf_and_stamps_are_in_utc() -> None:
    file = told(Entry("d1@x", AT, AT.replace(hour=8), "On duty"))
    assert file.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert file.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    assert "\n" not in file.replace("\r\n", "")
    lines = unfolded(file)
    assert "UID:d1@x" in lines
    assert "DTSTAMP:20261125T000000Z" in lines
    assert "DTSTART:20261125T000000Z" in lines
    assert "DTEND:20261125T080000Z" in lines


def test_commas_semicolons_backslashes_and_line_ends_are_escaped() -> None:
    file = told(Entry("d", AT, AT, "a,b;c\\d\ne\r\n"))
    assert "SUMMARY:a\\,b\\;c\\\\d\\ne\\n" in unfolded(file)


def test_long_lines_are_folded_at_75_octets_and_never_within_a_character() -> None:
    summary = "值班：维修一班，滨江夜景一期工程灯光亮化" * 12 + "x" * 200
    file = told(Entry("d", AT, AT, summary), name="名" * 99)
    for line in file.split("\r\n"):
        assert len(line.encode()) <= 75
    assert f"SUMMARY:{summary}" in unfolded(file)
    assert re.search(r"X-WR-CALNAME:名{99}$", "\n".join(unfolded(file)), re.MULTILINE)
