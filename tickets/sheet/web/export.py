"""Sheets to take away: empty ones to fill in, and the register and the tickets as they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Session, Words
from tickets.project import queries as projects
from tickets.project.rules.kinds import KINDS
from tickets.sheet.actions import taken
from tickets.sheet.rules.fields import FIELDS
from tickets.sheet.web.load import XLSX
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Text = Annotated[Words, Query()]
WHATS = {"assets": N_("Assets"), "tickets": N_("Old tickets")}


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
    path = await taken.written(
        "xlsx",
        _nothing(),
        title=say(locale, WHATS[what]),
        headings=[say(locale, field.label) for field in fields],
        text=[n for n, field in enumerate(fields) if field.name in taken.AS_TEXT],
        further=further,
    )
    return _taken(path, f"{project.code}-{what}-template.xlsx")


async def _nothing() -> taken.Rows:
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
    path = await taken.register(session, project, who.locale, ending, wanted)
    return _taken(path, f"{project.code}-assets.{ending}")


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
    path = await taken.tickets(session, project, who.locale, ending, with_callers=may_call)
    return _taken(path, f"{project.code}-tickets.{ending}")


def _taken(path: Path, name: str) -> Response:
    return FileResponse(
        path,
        media_type=XLSX if path.suffix == ".xlsx" else "text/csv; charset=utf-8",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )
