"""A sheet comes in: what its columns mean, how far it is, what became of it, row by row."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import UploadFile

from tickets.door import DoorRoute, Now, Session
from tickets.pages import page
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Forbidden, Invalid, Missing, Refused, TooLarge
from tickets.sheet import actions, queries
from tickets.sheet.actions import store
from tickets.sheet.models import SheetLoad
from tickets.sheet.rules import limits
from tickets.sheet.rules.cells import column_letter
from tickets.sheet.rules.fields import FIELDS, NEEDED
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Writer = Annotated[Who, needs(Verb.ASSET_WRITE)]
Id = Annotated[int, InPath(ge=1, lt=2**31)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WISHES = ("dry_run", "all_or_nothing", "update", "blank_empties")
_FOR_TICKETS = ("dry_run", "all_or_nothing")


def home(code: str, load_id: int | None = None) -> str:
    place = f"/projects/{quote(code, safe='')}/sheets"
    return f"{place}/{load_id}" if load_id else place


async def _project(session: Session, who: Who, code: str) -> Project:
    return await projects.find(session, who, code, Verb.ASSET_WRITE)


def _whats(who: Who, project: Project) -> list[str]:
    """Old tickets are brought by whoever answers for the project."""
    manages = who.may_for(Verb.PROJECT_WRITE, project.id, project.group_id)
    return ["assets", *(["tickets"] if manages else [])]


@router.get("/projects/{code}/sheets")
async def show_all(
    request: Request, code: str, session: Session, who: Writer, what: str = "assets"
) -> Response:
    project = await _project(session, who, code)
    return await _begin(request, session, who, project, what, {}, 200)


async def _begin(
    request: Request,
    session: Session,
    who: Who,
    project: Project,
    what: str,
    errors: Mapping[str, str],
    status: int,
) -> Response:
    return page(
        request,
        "sheet/list.html",
        status=status,
        project=project,
        whats=_whats(who, project),
        what=what,
        loads=await queries.latest(session, project.id),
        errors=errors,
        largest=limits.LARGEST >> 20,
        most=limits.ROWS,
    )


@router.post("/projects/{code}/sheets")
async def send_in(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await _project(session, who, code)
    form = await request.form()
    what, file = str(form.get("what", "")), form.get("file")
    if what not in _whats(who, project):
        what = "assets"
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Invalid("file", N_("Choose a file first."))
        with tempfile.TemporaryDirectory(prefix="sheet-") as folder:
            path = Path(folder) / "sent"
            await _keep(file, path)
            load = await actions.send_in(
                session, who, project, what=what, name=file.filename, path=path, now=now
            )
    except (Invalid, TooLarge) as refusal:
        told = {"file": say(who.locale, refusal.sentence, **refusal.places)}
        return await _begin(request, session, who, project, what, told, refusal.status)
    return RedirectResponse(home(code, load.id), 303)


async def _keep(file: UploadFile, path: Path) -> None:
    size = 0
    with path.open("wb") as out:
        while chunk := await file.read(1 << 20):
            size += len(chunk)
            if size > limits.LARGEST:
                raise TooLarge(
                    N_("A sheet may have at most {megabytes} MB. Please cut it into pieces."),
                    megabytes=limits.LARGEST >> 20,
                )
            out.write(chunk)


@router.get("/projects/{code}/sheets/{load_id}")
async def show(request: Request, code: str, load_id: Id, session: Session, who: Writer) -> Response:
    project = await _project(session, who, code)
    load = await queries.find(session, project.id, load_id)
    return await _one(request, session, project, load)


async def _one(
    request: Request,
    session: Session,
    project: Project,
    load: SheetLoad,
    *,
    columns: Mapping[str, int] | None = None,
    wish: Mapping[str, bool] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    return page(
        request,
        "sheet/load.html",
        status=status,
        project=project,
        load=load,
        fields=FIELDS[load.what],
        needed=NEEDED[load.what],
        columns=load.columns if columns is None else columns,
        wish=load.wish if wish is None else wish,
        wishes=WISHES if load.what == "assets" else _FOR_TICKETS,
        errors=errors or {},
        progress=await queries.progress(session, load.id),
        letter=column_letter,
        shown=limits.SHOWN,
    )


@router.get("/projects/{code}/sheets/{load_id}/progress")
async def progress(
    request: Request, code: str, load_id: Id, session: Session, who: Writer
) -> Response:
    """Asked again and again while the worker is at it; the whole page when it is done."""
    project = await _project(session, who, code)
    load = await queries.find(session, project.id, load_id)
    if load.state != "waiting":
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    return page(
        request,
        "sheet/progress.html",
        project=project,
        load=load,
        progress=await queries.progress(session, load.id),
    )


@router.post("/projects/{code}/sheets/{load_id}/start")
async def start(
    request: Request, code: str, load_id: Id, session: Session, now: Now, who: Writer
) -> Response:
    project = await _project(session, who, code)
    load = await queries.find(session, project.id, load_id, lock=True)
    if load.what not in _whats(who, project):
        raise Forbidden(N_("You may not do this."))
    form = await request.form()
    columns = {}
    for field in FIELDS[load.what]:
        column = str(form.get(f"column_{field.name}", ""))
        if column.isascii() and column.isdigit():
            columns[field.name] = int(column[:4])
    wish = {name: form.get(name) == "true" for name in WISHES}
    if load.what == "tickets":
        wish = {name: wish[name] for name in _FOR_TICKETS}
    try:
        async with session.begin_nested():
            await actions.start(session, load, columns=columns, wish=wish, now=now)
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        told = {"columns": say(who.locale, refusal.sentence, **refusal.places)}
        await session.refresh(load)
        return await _one(
            request, session, project, load,
            columns=columns, wish=wish, errors=told, status=refusal.status,
        )  # fmt: skip
    return RedirectResponse(home(code, load.id), 303)


@router.post("/projects/{code}/sheets/{load_id}/cancellation")
async def call_off(code: str, load_id: Id, session: Session, now: Now, who: Writer) -> Response:
    project = await _project(session, who, code)
    load = await queries.find(session, project.id, load_id, lock=True)
    await actions.call_off(session, load, now=now)
    return RedirectResponse(home(code, load.id), 303)


@router.get("/projects/{code}/sheets/{load_id}/result.xlsx")
async def result(code: str, load_id: Id, session: Session, who: Writer) -> Response:
    """The bad rows as they came, with cell and reason: to be corrected and sent again."""
    project = await _project(session, who, code)
    load = await queries.find(session, project.id, load_id)
    if not load.bad.get("has_sheet"):
        raise Missing(N_("There is no such sheet."))
    name = quote(f"{Path(load.name).stem[:80]}-{load.id}.xlsx", safe="")
    headers: dict[str, Any] = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return StreamingResponse(
        store.read(store.result_of(load.id, who.locale)), media_type=XLSX, headers=headers
    )
