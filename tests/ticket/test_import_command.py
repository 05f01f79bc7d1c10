"""`tickets import tickets` and `tickets report verdicts`, as an operator runs them."""

import asyncio
import csv
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from tests.makers.command import Command
from tests.makers.database import own_database

HERE = Path(__file__).parent
MAPPING = HERE / "boston.toml"
SAMPLE = HERE / "boston_sample.csv"
SHARED = Path(os.environ.get("TICKETS_SHARED") or HERE.parents[1].parent / "shared")
WHOLE = SHARED / "data/boston/street_light_outages_2015h1.csv"
AS_OF = "2016-01-12T23:00-05:00"
BOSTON = ZoneInfo("America/New_York")
_n = count(1)

whole_file = pytest.mark.skipif(
    not WHOLE.exists() and os.environ.get("CI") != "true",
    reason=f"{WHOLE} is not there; the sample of 39 rows is checked instead",
)


@pytest.fixture(scope="module")
async def url(server: str) -> AsyncIterator[str]:
    """A database of these tests alone: what a command commits, no rollback takes back."""
    async with own_database(server) as made:
        yield made


@pytest.fixture
async def rows(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def project(rows: "asyncpg.Connection[asyncpg.Record]") -> str:
    code = f"BOS-{next(_n)}"
    owner = await rows.fetchval("INSERT INTO owner (name) VALUES ($1) RETURNING id", code)
    await rows.execute(
        "INSERT INTO project (code, name, owner_id, timezone, grams)"
        " VALUES ($1, 'Street lights', $2, 'America/New_York', '{}')",
        code,
        owner,
    )
    return code


@pytest.fixture
def tickets(url: str, tmp_path: Path) -> Command:
    return Command(url, tmp_path / "var")


def _at(written: str) -> datetime:
    return datetime.strptime(written, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=BOSTON)


async def _agrees_row_by_row(
    rows: "asyncpg.Connection[asyncpg.Record]", project: str, file: Path
) -> None:
    """Each stored clock against the city's own verdict, and every instant against its cell."""
    found = await rows.fetch(
        "SELECT external_ref, t.reported_at, t.closed_at, t.is_open, due_at, met_at, clock.id"
        "  FROM ticket t JOIN project ON project.id = t.project_id"
        "  LEFT JOIN clock ON clock.ticket_id = t.id AND promise = 'repair'"
        " WHERE code = $1",
        project,
    )
    stored = {row["external_ref"]: row for row in found}
    as_of = datetime.fromisoformat(AS_OF)
    with file.open(newline="") as lines:
        told = list(csv.DictReader(lines))
    assert len(told) == len(stored) == len(found)
    for row in told:
        ticket = stored[row["case_id"]]
        assert ticket["reported_at"] == _at(row["opened"])
        assert ticket["is_open"] == (row["status"] == "Open")
        assert ticket["closed_at"] == (_at(row["closed"]) if row["closed"] else None)
        if not row["on_time"]:
            assert ticket["id"] is None, "no verdict of the city's: no clock of ours"
            continue
        assert ticket["due_at"] == _at(row["target"])
        assert ticket["met_at"] == ticket["closed_at"]
        in_time = (ticket["met_at"] or as_of) <= ticket["due_at"]
        assert row["on_time"] == ("ONTIME" if in_time else "OVERDUE"), row["case_id"]


async def _owes_nothing(rows: "asyncpg.Connection[asyncpg.Record]") -> None:
    for table in ("unrelayed", "delivery", "notice", "substitution"):
        assert await rows.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_the_sample_of_boston_has_the_verdicts_of_the_city(
    tickets: Command, rows: "asyncpg.Connection[asyncpg.Record]", project: str
) -> None:
    words = ("import", "tickets", str(SAMPLE), "--project", project, "--mapping", str(MAPPING))
    assert (await tickets(*words))[:2] == (0, ["good 39", "bad 0", "known 0", "added 39"])
    await _agrees_row_by_row(rows, project, SAMPLE)
    with SAMPLE.open(newline="") as lines:
        told = Counter(row["on_time"] for row in csv.DictReader(lines))
    code, out, _ = await tickets("report", "verdicts", "--project", project, "--as-of", AS_OF)
    assert (code, out) == (
        0,
        [f"met {told['ONTIME']}", f"late {told['OVERDUE']}", f"unknown {told['']}"],
    )


@whole_file
async def test_the_whole_of_boston_has_the_verdicts_of_the_city(
    tickets: Command, rows: "asyncpg.Connection[asyncpg.Record]", project: str
) -> None:
    words = ("import", "tickets", str(WHOLE), "--project", project, "--mapping", str(MAPPING))
    began = time.monotonic()
    code, out, err = await tickets(*words)
    assert time.monotonic() - began < 60, "a few seconds, on a busy machine too"
    assert (code, out) == (0, ["good 3422", "bad 0", "known 0", "added 3422"]), err
    await _agrees_row_by_row(rows, project, WHOLE)
    await _owes_nothing(rows)
    code, out, _ = await tickets("report", "verdicts", "--project", project, "--as-of", AS_OF)
    assert (code, out) == (0, ["met 2320", "late 1055", "unknown 47"])
    not_due_yet = await rows.fetchval(
        "SELECT count(*) FROM clock JOIN ticket ON ticket.id = ticket_id"
        "  JOIN project ON project.id = ticket.project_id"
        " WHERE code = $1 AND is_open AND due_at >= $2",
        project,
        datetime.fromisoformat(AS_OF),
    )
    assert not_due_yet == 3
    assert (await tickets(*words))[1] == ["good 3422", "bad 0", "known 3422", "added 0"]


async def test_bad_rows_are_named_and_all_or_nothing_loads_none(
    tickets: Command,
    rows: "asyncpg.Connection[asyncpg.Record]",
    project: str,
    tmp_path: Path,
) -> None:
    file = tmp_path / "old.csv"
    file.write_text("external_ref,reported_at\nA,2025-10-09 10:00\nB,never\n")
    words = ("import", "tickets", str(file), "--project", project)
    of_project = "SELECT count(*) FROM ticket JOIN project p ON p.id = project_id WHERE p.code = $1"
    reason = "line 3: reported_at: never is not a date and time as the mapping has them."
    for option, code, added in (
        ("--all-or-nothing", 1, 0),
        ("--dry-run", 0, 0),
        ("--no-dry-run", 0, 1),
    ):
        assert (await tickets(*words, option))[:2] == (
            code,
            [reason, "good 1", "bad 1", "known 0", f"added {added}"],
        )
        assert await rows.fetchval(of_project, project) == added
    tickets.env["LC_ALL"] = "zh_CN.UTF-8"
    _, out, _ = await tickets(*words)
    assert out[0] == "第 3 行：reported_at：“never”不是映射里约定格式的日期时间。"


async def test_what_cannot_be_is_one_sentence_and_no_traceback(
    tickets: Command, project: str, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "old.csv", tmp_path / "map.toml"
    file.write_bytes(b"PK\x03\x04")
    mapping.write_bytes(b"\xff\xfe")
    asked = ("import", "tickets", str(file), "--project")
    for words, sentence in (
        ((*asked, project), "This file cannot be read as a workbook. Save it as XLSX again.\n"),
        ((*asked, "nowhere"), "There is no project nowhere.\n"),
        ((*asked, project, "--mapping", str(mapping)), "The mapping is not TOML: not UTF-8.\n"),
        (("report", "verdicts", "--project", project, "--as-of", "noon"), "noon is no instant.\n"),
        (
            ("report", "verdicts", "--project", project, "--as-of", "2016-01-12T23:00"),
            "An instant needs an offset, as in +08:00.\n",
        ),
    ):
        assert await tickets(*words) == (1, [], sentence)
    code, _, told = await tickets("import", "tickets", "missing.csv", "--project", project)
    assert code == 2
    assert "does not exist" in told


def _many(file: Path, number: int) -> Path:
    with file.open("w") as lines:
        lines.write("external_ref,reported_at,repaired_at,description\n")
        for n in range(number):
            lines.write(
                f"M{n},2024-{1 + n % 12:02}-{1 + n % 28:02} 10:00,"
                f"2024-{1 + n % 12:02}-{1 + n % 28:02} 19:00,lamp {n} is out\n"
            )
    return file


async def test_the_same_file_at_once_from_two_terminals_is_loaded_once(
    tickets: Command,
    rows: "asyncpg.Connection[asyncpg.Record]",
    project: str,
    tmp_path: Path,
) -> None:
    file = _many(tmp_path / "many.csv", 3000)
    words = ("import", "tickets", str(file), "--project", project)
    answers = await asyncio.gather(tickets(*words), tickets(*words))
    assert [code for code, _, _ in answers] == [0, 0]
    said = sorted(tuple(out[2:]) for _, out, _ in answers)
    assert said == [("known 0", "added 3000"), ("known 3000", "added 0")]
    assert await rows.fetchval("SELECT count(*) FROM ticket WHERE external_ref LIKE 'M%'") == 3000


@pytest.mark.killing
async def test_killed_in_the_middle_it_has_loaded_nothing(
    tickets: Command,
    rows: "asyncpg.Connection[asyncpg.Record]",
    project: str,
    tmp_path: Path,
) -> None:
    file = _many(tmp_path / "many.csv", 20_000)
    tables = ("ticket", "clock", "act", "event", "ticket_number")
    before = [await rows.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    # The counter of ids moves at once, whatever becomes of the transaction: a window into it.
    counter = "SELECT last_value FROM ticket_id_seq"
    start = await rows.fetchval(counter)
    words = ("import", "tickets", str(file), "--project", project)
    process = await tickets.start(*words)
    while await rows.fetchval(counter) < start + 3000:
        assert process.returncode is None, "it was over before it could be killed"
        await asyncio.sleep(0.01)
    process.kill()
    out, _ = await process.communicate()
    assert process.returncode == -9
    assert out == b""
    while await rows.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"):
        await asyncio.sleep(0.05)
    assert [await rows.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == before
    code, said, _ = await tickets(*words)
    assert (code, said) == (0, ["good 20000", "bad 0", "known 0", "added 20000"])
