"""A row of an old file is an old ticket, or one sentence with its line."""

from datetime import UTC, datetime

import pytest

from tickets.refusals import Invalid
from tickets.sla.rules import Promise
from tickets.ticket.rules import Status
from tickets.ticket.rules.mapping import ColumnMap, read_mapping
from tickets.ticket.rules.old import OldTicket, read_old
from tickets.ticket.rules.sheet import BadRow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAPPING = read_mapping(
    """
    timezone = "America/New_York"
    formats = ["%Y-%m-%d %H:%M"]
    [columns]
    external_ref = "id"
    reported_at = "opened"
    repaired_at = "fixed"
    closed_at = "closed"
    status = "state"
    place = "where"
    due_at = { column = "target", unless_empty = "verdict" }
    [values.status]
    Done = "closed"
    [templates]
    description = "{what} at {where}"
    """
)
HEADER = "id,opened,fixed,closed,state,where,what,target,verdict\n"
GOOD = "7,2015-01-02 10:00,2015-01-02 12:00,2015-01-03 09:00,Done,Elm St,dark,2015-01-04 08:30,ok\n"


def read(
    content: str | bytes, mapping: ColumnMap | None = MAPPING
) -> tuple[list[OldTicket], list[tuple[int, str]]]:
    raw = content.encode() if isinstance(content, str) else content
    rows = list(read_old(raw, mapping, "Asia/Shanghai", NOW))
    return (
        [row for row in rows if isinstance(row, OldTicket)],
        [(row.line, str(row.why)) for row in rows if isinstance(row, BadRow)],
    )


def test_a_good_row_says_everything() -> None:
    (old,), bad = read(HEADER + GOOD)
    assert not bad
    assert (old.line, old.external_ref, old.status) == (2, "7", Status.CLOSED)
    assert old.description == "dark at Elm St"
    assert old.place == "Elm St"
    assert old.reported_at == datetime(2015, 1, 2, 15, tzinfo=UTC)
    assert old.repaired_at == datetime(2015, 1, 2, 17, tzinfo=UTC)
    assert old.closed_at == datetime(2015, 1, 3, 14, tzinfo=UTC)
    assert old.due_at == datetime(2015, 1, 4, 13, 30, tzinfo=UTC)
    assert (old.kind, old.fault, old.severity, old.channel) == ("fault", "OTHER", "S3", "import")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2015-01-02 10:00,,,,,,,", "The row has no number of its own."),
        ("8,,,,,,,,", "It does not say when it was reported."),
        ("8,02.01.2015,,,,,,,", "opened: 02.01.2015 is not a date and time"),
        ("8,2015-02-30 10:00,,,,,,,", "opened: 2015-02-30 10:00 is not a date and time"),
        ("8,0001-01-01 00:00,,,,,,,", "opened: 0001-01-01 00:00 is not a date and time"),
        ("8,2015-03-08 02:30,,,,,,,", "there was no 2015-03-08 02:30 in America/New_York"),
        ("8,2015-01-02 10:00,2015-01-02 09:59,,,,,,", "fixed lies before the report."),
        ("8,2015-01-02 10:00,,2015-01-01 10:00,,,,,", "closed lies before the report."),
        ("8,2015-01-02 10:00,2015-01-02 13:00,2015-01-02 12:00,Done,,,,", "closed before it was"),
        ("8,2015-01-02 10:00,,,,,,2015-01-02 09:00,x", "target lies before the report."),
        ("8,2015-01-02 10:00,,,Done,,,,", "It is closed, but does not say when."),
        ("8,2015-01-02 10:00,,,repaired,,,,", "It is repaired, but does not say when."),
        ("8,2015-01-02 10:00,,,cancelled,,,,", "It is cancelled, but does not say when."),
        ("8,2015-01-02 10:00,,2015-01-03 10:00,open,,,,", "It is still open, but says when"),
        ("8,2015-01-02 10:00,,,Finished,,,,", "status: Finished is not known; known are"),
        ("8,2026-01-02 10:00,,,,,,,", "opened lies in the future."),
        ("8,2015-01-02 10:00,,,,a\0b,,,", "where contains characters that cannot be kept."),
        ("8,2015-01-02 10:00,,,," + "x" * 201 + ",,,", "place has 201 characters, at most 200"),
        ("8,2015-01-02 10:00", "The row has 2 cells, the first line has 9."),
        ('8,"2015"x,,,,,,,', "This line is no CSV"),
        ("7,2015-01-02 10:00,,,,,,,", "The number 7 stands on line 2 already."),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_takes_no_other_down(row: str, reason: str) -> None:
    good, bad = read(HEADER + GOOD + row + "\n" + GOOD.replace("7,", "9,", 1))
    assert [old.external_ref for old in good] == ["7", "9"]
    ((line, sentence),) = bad
    assert line == 3
    assert reason in sentence


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    two_lines = '8,2015-01-02 10:00,,,,"Elm St\nrear",dark,,\n'
    good, bad = read(HEADER + two_lines + "\n" + "9,never,,,,,,,\n" + GOOD)
    assert [(old.line, old.place) for old in good] == [(2, "Elm St\nrear"), (6, "Elm St")]
    assert [line for line, _ in bad] == [5]


def test_a_quote_that_is_never_closed_is_told_with_what_it_swallowed() -> None:
    good, bad = read(HEADER + GOOD + '8,2015-01-02 10:00,,,,"Elm St,,,\n' + GOOD)
    assert [old.external_ref for old in good] == ["7"]
    assert bad == [
        (3, "A quoted cell begins here and does not end well; the lines up to 4 are not read.")
    ]


def test_an_hour_that_comes_twice_is_the_first_unless_it_lies_before_the_report() -> None:
    rows = (
        "1,2015-11-01 01:30,2015-11-01 01:40,,,,,,\n"  # both in the first of the two hours
        "2,2015-11-01 01:30,2015-11-01 01:10,,,,,,\n"  # repaired in the second one
    )
    (first, second), bad = read(HEADER + rows)
    assert not bad
    assert first.repaired_at == datetime(2015, 11, 1, 5, 40, tzinfo=UTC)
    assert second.reported_at == datetime(2015, 11, 1, 5, 30, tzinfo=UTC)
    assert second.repaired_at == datetime(2015, 11, 1, 6, 10, tzinfo=UTC)


def test_a_due_instant_counts_only_where_the_other_column_is_filled() -> None:
    from tickets.project.rules import ServiceTerms

    (told, untold), _ = read(HEADER + GOOD + GOOD.replace("7,", "8,", 1).replace(",ok", ","))
    (promise,) = told.promises(ServiceTerms())
    assert promise.promise is Promise.REPAIR
    assert told.due_at is not None
    assert promise.target == told.due_at - told.reported_at
    assert list(untold.promises(ServiceTerms())) == []


def test_text_that_looks_like_a_formula_is_text() -> None:
    (old,), _ = read(HEADER + '8,2015-01-02 10:00,,,,"=HYPERLINK(1)",\'; --<script>,,\n')
    assert old.place == "=HYPERLINK(1)"
    assert old.description == "'; --<script> at =HYPERLINK(1)"


CHINESE = "external_ref,reported_at,description,place\n甲-1,2025/10/09 20:15,路灯不亮,鼓楼街\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_without_a_mapping_the_columns_are_named_as_our_fields(
    encoding: str, delimiter: str
) -> None:
    (old,), bad = read(CHINESE.replace(",", delimiter).encode(encoding), None)
    assert not bad
    assert (old.external_ref, old.description, old.place) == ("甲-1", "路灯不亮", "鼓楼街")
    assert old.reported_at == datetime(2025, 10, 9, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty."),
        (b" \r\n\n", "The file is empty."),
        (b"\xef\xbb\xbf\n", "These columns are missing: external_ref, reported_at."),
        (b"PK\x03\x04\x14\x00\x06\x00", "This is a workbook or another document, not CSV"),
        (bytes(range(256)) * 20, "This is not a text file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0", "not a text"),
        (b"external_ref~reported_at\n1~2\n", "The first line has: external_ref~reported_at."),
        (b"id,opened\n1,2\n", "These columns are missing: external_ref, reported_at."),
        (
            b"external_ref,reported_at,reported_at\n",
            "These columns stand there twice: reported_at.",
        ),
        (CHINESE.encode() * 9 + b"\xff\n", "Line 19 holds bytes that are no characters of utf-8."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(content, None)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "reason"),
    [
        ("[columns", "The mapping is not TOML"),
        ("[columns]\nreported_at = 'a'", "The mapping names no column for external_ref."),
        ("[colums]\n", "The mapping has an entry nobody knows: colums."),
        ("columns = 3", "The entry columns of the mapping is not as it must be."),
        ("[columns]\nrepair = 'x'", "The mapping has an entry nobody knows: columns.repair."),
        ("[columns]\ndue_at = { unless_empty = 'x' }", "The entry columns.due_at"),
        ("timezone = 'Mars'", "The time zone Mars is not known."),
        ("[constants]\nfault = 'GONE'", "fault: GONE is not known; known are"),
        ("[values.status]\nOpen = 'opened'", "status: opened is not known; known are"),
        ("delimiter = ';;'", "The entry delimiter of the mapping"),
    ],
)
def test_a_mapping_that_means_nothing_says_where(toml: str, reason: str) -> None:
    needed = "[columns]\nexternal_ref = 'a'\nreported_at = 'b'\n"
    with pytest.raises(Invalid) as refused:
        read_mapping(toml if toml.startswith(("[col", "columns")) else f"{toml}\n{needed}")
    assert reason in str(refused.value)
