"""Sheets to take away: empty ones to fill in, and the register and the tickets as they are."""

import csv
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Session, Words
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules.kinds import KINDS
from tickets.sheet import queries, reading
from tickets.sheet.rules.cells import guarded, shown
from tickets.sheet.rules.fields import ASSETS, FIELDS
from tickets.sheet.web.load import XLSX
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import CAUSES, CHANNELS, FAULTS, KIND_LABELS, STATUS_LABELS
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Text = Annotated[Words, Query()]
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

WHATS = {"assets": N_("Assets"), "tickets": N_("Old tickets")}

Rows = AsyncIterator[Sequence[Any]]


@router.get("/projects/{code}/sheets/template.xlsx")
async def template(
    code: str,
    session: Session,
    who: Annotated[Who, needs(Verb.ASSET_WRITE)],
    what: Literal["assets", "tickets"] = "assets",
) -> Response:
    """Empty columns, and beside them what may stand in each."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    locale = who.locale
    fields = FIELDS[what]
    notes = [[say(locale, f.label), say(locale, f.note) if f.note else ""] for f in fields]
    further = [
        {
            "title": say(locale, "How to fill it in"),
            "headings": [say(locale, "Column"), say(locale, "What stands in it")],
            "widths": [24, 80],
            "rows": notes,
        }
    ]
    if what == "assets":
        further.append(
            {
                "title": say(locale, "Kinds"),
                "headings": [say(locale, "Code"), say(locale, "Kind")],
                "widths": [16, 40],
                "rows": [[kind, say(locale, label)] for kind, label in KINDS.items()],
            }
        )
    return await _workbook(
        _nothing(),
        name=f"{project.code}-{what}-template",
        title=say(locale, WHATS[what]),
        headings=[say(locale, field.label) for field in fields],
        text=[n for n, field in enumerate(fields) if field.name in AS_TEXT],
        further=further,
    )


async def _nothing() -> Rows:
    none: tuple[Sequence[Any], ...] = ()
    for row in none:
        yield row


@router.get("/projects/{code}/assets.{ending}")
async def register(
    code: str,
    ending: Literal["xlsx", "csv"],
    session: Session,
    who: Annotated[Who, needs(Verb.ASSET_READ)],
    q: Text = "",
    kind: Text = "",
    batch: Text = "",
    model: Text = "",
    parent: Text = "",
    below: bool = False,
    main: bool = False,
    doubtful: bool = False,
    retired: Text = "",
) -> Response:
    """As the table is filtered. What is exported can be sent in again as it is."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    wanted = assets.Wanted(
        q=q,
        kind=kind or None,
        batch=batch or None,
        model=model or None,
        parent=await assets.find(session, project.id, parent) if parent else None,
        is_deep=below,
        is_main=main,
        is_doubtful=doubtful,
        retired={"true": "too", "only": "only"}.get(retired, "no"),
    )
    kinds = {kind: say(who.locale, label) for kind, label in KINDS.items()}
    yes, no = say(who.locale, "yes"), say(who.locale, "no")

    async def rows() -> Rows:
        after = ""
        while found := await queries.asset_rows(session, project.id, wanted, after=after):
            for row in found:
                told = dict(zip((field.name for field in ASSETS), row, strict=True))
                told["kind"] = kinds.get(told["kind"], told["kind"])
                told["is_main"] = yes if told["is_main"] else no
                told["datum"] = told["datum"] if told["lat"] is not None else None
                yield list(told.values())
            after = found[-1][0]

    return await _sheet(
        ending,
        rows(),
        name=f"{project.code}-assets",
        title=say(who.locale, "Assets"),
        headings=[say(who.locale, field.label) for field in ASSETS],
        text=[n for n, field in enumerate(ASSETS) if field.name in AS_TEXT],
        days=[n for n, field in enumerate(ASSETS) if field.name == "installed_on"],
    )


@router.get("/projects/{code}/tickets.{ending}")
async def tickets(
    code: str,
    ending: Literal["xlsx", "csv"],
    session: Session,
    who: Annotated[Who, needs(Verb.TICKET_READ)],
) -> Response:
    """All tickets of a project in the order they came; callers for those who may know them."""
    project = await projects.find(session, who, code, Verb.TICKET_READ)
    may_call = who.may_for(Verb.CALLER_READ, project.id, project.group_id)
    names = [name for name in TICKETS if may_call or name not in ("caller", "phone")]
    tell = _in_words(who.locale, project)

    async def rows() -> Rows:
        after = 0
        while found := await queries.ticket_rows(session, project.id, after=after):
            for row in found:
                yield [tell(name, getattr(row, name)) for name in names]
            after = found[-1].id

    return await _sheet(
        ending,
        rows(),
        name=f"{project.code}-tickets",
        title=say(who.locale, "Tickets"),
        headings=[say(who.locale, TICKET_LABELS[name]) for name in names],
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


async def _sheet(ending: str, rows: Rows, *, name: str, **how: Any) -> Response:
    if ending == "csv":
        return await _csv(rows, name=name, headings=how["headings"])
    return await _workbook(rows, name=name, **how)


async def _csv(rows: Rows, *, name: str, headings: Sequence[str]) -> Response:
    """UTF-8 with the mark that lets Excel read Chinese; what would compute is guarded."""
    path = _file(".csv")
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        write = csv.writer(out).writerow
        write([guarded(heading) for heading in headings])
        async for row in rows:
            write([guarded(cell) if isinstance(cell, str) else shown(cell) for cell in row])
    return _taken(path, f"{name}.csv", "text/csv; charset=utf-8")


async def _workbook(rows: Rows, *, name: str, **how: Any) -> Response:
    path = _file(".xlsx")

    async def lines() -> AsyncIterator[bytes]:
        async for row in rows:
            yield reading.as_line(row)

    await reading.child("write", path=path, lines=lines(), **how)
    return _taken(path, f"{name}.xlsx", XLSX)


def _file(ending: str) -> Path:
    with tempfile.NamedTemporaryFile(prefix="sheet-", suffix=ending, delete=False) as file:
        return Path(file.name)


def _taken(path: Path, name: str, media_type: str) -> Response:
    return FileResponse(
        path,
        media_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )
