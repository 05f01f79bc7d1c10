"""Sheets to take away: the register and the tickets, written row by row into a file."""

import csv
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.queries.table import Wanted
from tickets.project.models import Project
from tickets.project.rules.kinds import KINDS
from tickets.sheet import queries, reading
from tickets.sheet.rules.cells import guarded, kept_apart, shown
from tickets.sheet.rules.fields import ASSETS
from tickets.ticket.rules import CAUSES, CHANNELS, FAULTS, KIND_LABELS, STATUS_LABELS
from tickets.words import N_, say

AS_TEXT = ("code", "parent", "serial", "batch", "lot", "external_ref", "reporter_phone")
TICKETS = (
    *("ref", "external_ref", "kind", "fault", "severity", "status", "reported_at", "closed_at"),
    *("place", "description", "assets", "cause", "cover", "caller", "phone"),
)
TICKET_LABELS = {
    "ref": N_("Ticket"),
    "external_ref": N_("Old number"),
    "kind": N_("Kind of call"),
    "fault": N_("Fault"),
    "severity": N_("Severity"),
    "status": N_("Status"),
    "reported_at": N_("Reported at"),
    "closed_at": N_("Closed at"),
    "place": N_("Place"),
    "description": N_("Description"),
    "assets": N_("Assets"),
    "cause": N_("Cause"),
    "cover": N_("Cover"),
    "caller": N_("Caller"),
    "phone": N_("Caller's number"),
}
COVERS = {
    "warranty": N_("in warranty"),
    "contract": N_("under contract"),
    "expired": N_("expired"),
    "not_accepted_yet": N_("not accepted yet"),
}

Rows = AsyncIterator[Sequence[Any]]


async def register(
    session: AsyncSession, project: Project, locale: str, ending: str, wanted: Wanted | None = None
) -> Path:
    """As the table is filtered. What is exported can be sent in again as it is."""
    asked = wanted or Wanted()
    kinds = {kind: say(locale, label) for kind, label in KINDS.items()}
    yes, no = say(locale, "yes"), say(locale, "no")

    async def rows() -> Rows:
        after = ""
        while found := await queries.asset_rows(session, project.id, asked, after=after):
            for row in found:
                told = dict(zip((field.name for field in ASSETS), row, strict=True))
                told["kind"] = kinds.get(told["kind"], told["kind"])
                told["is_main"] = yes if told["is_main"] else no
                told["datum"] = told["datum"] if told["lat"] is not None else None
                yield list(told.values())
            after = found[-1][0]

    return await written(
        ending,
        rows(),
        title=say(locale, "Assets"),
        headings=[say(locale, field.label) for field in ASSETS],
        text=[n for n, field in enumerate(ASSETS) if field.name in AS_TEXT],
        days=[n for n, field in enumerate(ASSETS) if field.name == "installed_on"],
    )


async def tickets(
    session: AsyncSession, project: Project, locale: str, ending: str, *, with_callers: bool
) -> Path:
    """All tickets of a project in the order they came."""
    names = [name for name in TICKETS if with_callers or name not in ("caller", "phone")]
    tell = _in_words(locale, project)

    async def rows() -> Rows:
        after = 0
        while found := await queries.ticket_rows(session, project.id, after=after):
            for row in found:
                yield [tell(name, getattr(row, name)) for name in names]
            after = found[-1].id

    return await written(
        ending,
        rows(),
        title=say(locale, "Tickets"),
        headings=[say(locale, TICKET_LABELS[name]) for name in names],
        instants=[n for n, name in enumerate(names) if name.endswith("_at")],
    )


def _in_words(locale: str, project: Project) -> Callable[[str, Any], Any]:
    zone = ZoneInfo(project.timezone)
    labels: dict[str, Mapping[Any, str]] = {
        "kind": {str(kind): label for kind, label in KIND_LABELS.items()},
        "status": {str(status): label for status, label in STATUS_LABELS.items()},
        "fault": {code: fault.label for code, fault in FAULTS.items()},
        "cause": CAUSES,
        "channel": CHANNELS,
        "cover": COVERS,
    }

    def tell(name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(zone).replace(tzinfo=None)
        label = labels.get(name, {}).get(value)
        return say(locale, label) if label else value

    return tell


async def written(ending: str, rows: Rows, **how: Any) -> Path:
    """A file of its own, for whoever takes it away to remove."""
    with tempfile.NamedTemporaryFile(prefix="sheet-", suffix=f".{ending}", delete=False) as file:
        path = Path(file.name)
    if ending == "csv":
        await _csv(path, rows, how["headings"])
        return path

    async def lines() -> AsyncIterator[bytes]:
        async for row in rows:
            yield reading.as_line(
                [kept_apart(cell) if isinstance(cell, str) else cell for cell in row]
            )

    await reading.child("write", path=path, lines=lines(), **how)
    return path


async def _csv(path: Path, rows: Rows, headings: Sequence[str]) -> None:
    """UTF-8 with the mark that lets Excel read Chinese; what would compute is guarded."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        write = csv.writer(out).writerow
        write([guarded(heading) for heading in headings])
        async for row in rows:
            write([guarded(cell) if isinstance(cell, str) else shown(cell) for cell in row])
