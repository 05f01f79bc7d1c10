"""A town's worth of rows: 100,000 tickets, 10,000 of them open, 20,000 assets; the same each time.

Written by COPY with the triggers off, so that it takes seconds; what it leaves is what the
software itself would have left: clocks, acts, diary, search slices.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import asyncpg

from tests.bench import streets
from tickets.grams import grams
from tickets.staff.keys import hashed
from tickets.ticket.rules import FAULTS, NOTHING_BREAKS

H = timedelta(hours=1)
COOKIE_KEY = "bench-browser"
TOKEN = "bench-token"
DESK = 4  # the hotline lead who looks at pages
PROGRAM = 1  # the admin whose token opens tickets


@dataclass(frozen=True)
class Size:
    tickets: int = 100_000
    open: int = 10_000
    assets: int = 20_000
    projects: int = 200


Rows = list[tuple[Any, ...]]


async def build(url: str, now: datetime, size: Size) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        found = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%'"
        )
        for index in found:
            await connection.execute(f"DROP INDEX {index['indexname']}")
        for table, columns, rows in _everything(now, size):
            await connection.copy_records_to_table(table, records=rows, columns=columns)
        for index in found:
            await connection.execute(index["indexdef"])
        await lay(connection)
        await _set_counters(connection)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


async def lay(connection: asyncpg.Connection) -> None:
    """What the triggers would have kept: what stands below what, and how much of it."""
    laid = import_module("tickets.migrations.versions.0011_what_stands_below_what")
    await connection.execute("TRUNCATE asset_branch, asset_below")
    await connection.execute(laid.FILL)
    await connection.execute(laid.COUNT)


async def _set_counters(connection: asyncpg.Connection) -> None:
    tables = await connection.fetch(
        "SELECT table_name AS name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'id'"
    )
    for table in tables:
        counter = await connection.fetchval(
            "SELECT pg_get_serial_sequence($1, 'id')", table["name"]
        )
        if counter:
            await connection.execute(
                f"SELECT setval('{counter}', (SELECT coalesce(max(id), 0) + 1"
                f" FROM {table['name']}), false)"
            )


Table = tuple[str, Sequence[str], Iterable[tuple[Any, ...]]]


def _everything(now: datetime, size: Size) -> Iterable[Table]:
    chance = random.Random(7)
    yield from _people(now)
    projects, contacts, assets = _projects(size, chance)
    yield from _register(projects, contacts, assets)
    yield from _tickets(now, size, chance, contacts, assets)


def _people(now: datetime) -> Iterable[Table]:
    roles = ["admin", "hotline", "hotline", "hotline_lead", *["manager"] * 4, *["technician"] * 40]
    yield (
        "person",
        ("id", "login", "name", "locale", "is_program"),
        [(n, f"{role}{n}", f"{role} {n}", "zh-CN", False) for n, role in enumerate(roles, 1)],
    )
    held = [(n, n, role) for n, role in enumerate(roles, 1)]
    yield ("held_role", ("id", "person_id", "role"), held)
    yield (
        "sign_in",
        ("id", "key_hash", "person_id", "created_at", "seen_at", "expires_at"),
        [(1, hashed(COOKIE_KEY), DESK, now, now, now + 24 * H)],
    )
    yield (
        "token",
        ("id", "name", "key_hash", "person_id", "created_at", "used_at"),
        [(1, "bench", hashed(TOKEN), PROGRAM, now, now)],
    )
    yield ("heartbeat", ("name", "at"), [("worker", now + 24 * H)])


def _projects(size: Size, chance: random.Random) -> tuple[Rows, Rows, Rows]:
    """Projects (id, code, name), contacts (id, project, name, phone), assets (id, project, …)."""
    projects = [(n, f"BJ-{n:03}", streets.project(n)) for n in range(1, size.projects + 1)]
    contacts = []
    for n in range(1, size.projects * 40 + 1):
        phone = f"1{chance.choice('35789')}{chance.randrange(10**9):09}"
        contacts.append((n, (n - 1) % size.projects + 1, streets.person(chance), phone))
    assets = []
    for n in range(1, size.assets + 1):
        project = (n - 1) % size.projects + 1
        sort, name, is_main = streets.asset(chance)
        code = f"{sort}{(n - 1) // size.projects + 1:04}"
        assets.append((n, project, code, name, streets.place(chance), is_main))
    return projects, contacts, assets


def _register(projects: Rows, contacts: Rows, assets: Rows) -> Iterable[Table]:
    yield ("owner", ("id", "name"), [(n, f"{name}业主") for n, _, name in projects])
    yield (
        "project",
        ("id", "code", "name", "owner_id", "timezone", "grams"),
        [(n, code, name, n, "Asia/Shanghai", grams(code, name)) for n, code, name in projects],
    )
    yield (
        "acceptance",
        ("id", "project_id", "batch", "accepted_on", "months", "months_by_kind"),
        [(n, n, "1", date(2025, 12, 1 + n % 28), 24, "{}") for n, _, _ in projects],
    )
    yield (
        "contact",
        ("id", "project_id", "name", "phone", "digits", "is_named", "grams"),
        [(n, p, name, phone, phone, False, grams(name, phone)) for n, p, name, phone in contacts],
    )
    yield (
        "asset",
        ("id", "public_id", "project_id", "code", "name", "kind", "is_main", "location", "grams"),
        [
            (n, f"B{n:09}", p, code, name, "LUM_FLOOD", is_main, place, grams(code, name, place))
            for n, p, code, name, place, is_main in assets
        ],
    )


def _tickets(
    now: datetime, size: Size, chance: random.Random, contacts: Rows, assets: Rows
) -> Iterable[Table]:
    tickets: Rows = []
    named: Rows = []
    clocks: Rows = []
    acts: Rows = []
    events: Rows = []
    numbers: Counter[date] = Counter()
    faults = [code for code in FAULTS if code not in ("NEW", "OTHER")]
    step = timedelta(days=330) / (size.tickets - size.open)
    for n in range(1, size.tickets + 1):
        is_open = n > size.tickets - size.open
        if is_open:
            at = now - timedelta(seconds=chance.randrange(60, 40 * 3600))
        else:
            at = now - timedelta(days=333) + step * n
        day = (at + 8 * H).date()
        numbers[day] += 1
        ref = f"T-{day:%Y%m%d}-{numbers[day]:04}"
        fault = chance.choice(faults)
        severity = FAULTS[fault].severity
        asset = chance.choice(assets)
        contact = contacts[(asset[1] - 1) + chance.randrange(40) * size.projects]
        words = f"{streets.place(chance)}{asset[3]}{streets.complaint(chance)}"
        technician = 9 + chance.randrange(40)
        is_late = is_open and n % 33 == 0
        promises = ["response", "arrival", "repair"]
        if severity == "S1":
            promises.insert(0, "make_safe")
        met = None if is_open else at + 3 * H
        due_first = None
        for promise in promises:
            # Open ones were promised enough that 30,000 clocks run; a few are broken.
            target = H if not is_open or (is_late and promise == "response") else 48 * H
            target = 48 * H if promise in ("arrival", "repair") else target
            due = at + target
            breached = due if (due < (met or now)) and (is_late or n % 50 == 0) else None
            kept = met if met is None or breached else min(met, due)
            number = len(clocks) + 1
            clocks.append(
                (
                    number, n, 1, 1, promise, at, target, "report", at, due, kept, timedelta(0),
                    breached, int(breached is not None), False,
                )
            )  # fmt: skip
            due_first = min(due_first or due, due)
            if breached:
                events.append(
                    (
                        "clock.breached", n, asset[1], None, due,
                        {"clock_id": number, "promise": promise, "cycle": 1, "breach_no": 1,
                         "due_at": due.isoformat()},
                    )
                )  # fmt: skip
        events.append(
            (
                "ticket.opened", n, asset[1], 2, at,
                {"ref": ref, "call": "fault", "fault": fault, "severity": severity,
                 "channel": "phone", "cover": "warranty", "assets": [asset[2]], "photos": 0},
            )
        )  # fmt: skip
        events.append(
            ("ticket.assigned", n, asset[1], 3, at + H / 6,
             {"technician_id": technician, "before_id": None})
        )  # fmt: skip
        if not is_open:
            for kind, act, hours in (
                ("ticket.answered", "response", 0.5),
                ("ticket.arrived", "arrival", 2),
                ("ticket.repaired", "repair", 3),
            ):
                number = len(acts) + 1
                result = "fixed" if act == "repair" else None
                when = at + hours * H
                acts.append((number, n, 1, act, when, when, technician, act == "repair", result))
                facts: dict[str, Any] = {"act_id": number}
                if result:
                    facts |= {"on_site": True, "result": result, "cause": "LAMP_AGED"}
                events.append((kind, n, asset[1], technician, when, facts))
            events.append(("ticket.called_back", n, asset[1], 2, at + 9 * H,
                           {"outcome": "works", "rating": 5, "note": None}))  # fmt: skip
            events.append(("ticket.closed", n, asset[1], 2, at + 9 * H,
                           {"outcome": None, "told": None, "is_confirmed": False,
                            "tries": 1}))  # fmt: skip
        named.append((n, asset[0]))
        tickets.append(
            (
                n, ref, asset[1], "fault", fault, severity, "yes" if asset[5] else "no", words,
                streets.place(chance), "phone", contact[0], at, at, 1,
                "open" if is_open else "closed", is_open,
                due_first if is_open else NOTHING_BREAKS, technician, 2, "warranty", "warranty",
                date(2027, 12, 1), None if is_open else at + 9 * H,
                grams(
                    ref, f"BJ-{asset[1]:03}", streets.project(asset[1]), *asset[2:4], told=words
                ),
                "free", "free",
            )
        )  # fmt: skip
    yield (
        "ticket",
        (
            "id", "ref", "project_id", "kind", "fault", "severity", "main_equipment",
            "description", "place", "channel", "reporter_id", "reported_at", "received_at",
            "cycle", "status", "is_open", "breaks_at", "technician_id", "opened_by_id", "cover",
            "cover_reason", "cover_ends_on", "closed_at", "grams", "payer_labour", "payer_parts",
        ),
        tickets,
    )  # fmt: skip
    yield ("ticket_asset", ("ticket_id", "asset_id"), named)
    yield (
        "clock",
        (
            "id", "ticket_id", "cycle", "generation", "promise", "reported_at", "target",
            "repair_from", "started_at", "due_at", "met_at", "paused", "breached_at", "breach_no",
            "is_imported",
        ),
        clocks,
    )  # fmt: skip
    yield (
        "act",
        ("id", "ticket_id", "cycle", "kind", "at", "received_at", "by_id", "on_site", "result"),
        acts,
    )
    events.sort(key=lambda event: event[4])
    yield (
        "event",
        ("kind", "ticket_id", "project_id", "by_id", "happened_at", "facts"),
        [(*event[:5], json.dumps(event[5])) for event in events],
    )
    yield ("ticket_number", ("day", "last"), list(numbers.items()))


def utc_now() -> datetime:
    return datetime.now(UTC)
