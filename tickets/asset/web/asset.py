"""One asset: its page, its form, its history; retired, and put back."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, Field

from tickets.asset import actions, queries
from tickets.asset.rules import CHANGES, DATUMS, FIELDS, Point, maps
from tickets.asset.web.home import Reader, Writer, home
from tickets.door import DoorRoute, Line, Now, Session, Typed, Words, typed
from tickets.pages import page
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY, LAST_DAY, day_of, said_again
from tickets.refusals import Forbidden, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.ticket import queries as tickets

router = APIRouter(route_class=DoorRoute)

# A day of a form that may be left empty.
DayAsked = Annotated[
    Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None,
    BeforeValidator(lambda text: text or None),
    Query(),
]


class AssetForm(BaseModel):
    name: Line
    kind: Line
    is_main: bool = False
    parent: Line | None = None
    batch: Line | None = None
    model: Line | None = None
    maker: Line | None = None
    lot: Line | None = None
    mounting: Line | None = None
    power_w: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    cct_k: Annotated[int, Field(ge=500, le=50_000)] | None = None
    ip: Line | None = None
    control: Line | None = None
    serial: Line | None = None
    location: Line | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    datum: Literal["WGS-84", "GCJ-02"] = "WGS-84"
    is_place_doubtful: bool = False
    installed_on: date | None = None


class NewAssetForm(AssetForm):
    code: Line


class ChangeForm(AssetForm):
    version: int


class BelowForm(BaseModel):
    """`below`: what stands in it goes, or comes back, with it."""

    below: bool = False


def _form(
    request: Request,
    project: Project,
    asset: Any,
    values: dict[str, Any],
    form: Typed[Any] | None,
    status: int,
) -> Response:
    return page(
        request,
        "asset/form.html",
        status=status,
        project=project,
        asset=asset,
        values=values,
        typed=form,
        kinds=queries.kinds(),
        datums=DATUMS,
    )


@router.get("/projects/{code}/assets/new")
async def new(
    request: Request,
    code: str,
    session: Session,
    who: Writer,
    parent: Annotated[Words, Query()] = "",
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    return _form(request, project, None, {"parent": parent}, None, 200)


@router.post("/projects/{code}/assets")
async def add(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    form = await typed(request, NewAssetForm)
    status = 422
    if form.model:
        try:
            async with session.begin_nested():
                new = actions.NewAsset(**form.model.model_dump())
                await actions.add_asset(session, who, project, new, now)
            return RedirectResponse(home(code, form.model.code), 303)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return _form(request, project, None, {}, form, status)


@router.get("/projects/{code}/assets/{asset}")
async def asset(
    request: Request,
    code: str,
    asset: str,
    session: Session,
    now: Now,
    who: Reader,
    as_of: DayAsked = None,
) -> Response:
    return await shown(request, session, who, code, asset, now, as_of=as_of)


async def shown(
    request: Request,
    session: Session,
    who: Who,
    code: str,
    asset_code: str,
    now: Now,
    *,
    as_of: date | None = None,
    refused: Typed[Any] | None = None,
    status: int = 200,
) -> Response:
    """The page of an asset; with what was refused on it, if something was."""
    told = await queries.dossier(session, who, code, asset_code, now, as_of)
    project, asset = told.project, told.asset
    place = None
    if asset.lat is not None and asset.lon is not None:
        place = maps(asset.datum, Point(asset.lat, asset.lon), f"{asset.code} {asset.name}")
    return page(
        request,
        "asset/page.html",
        status=status,
        project=project,
        asset=asset,
        path=told.path,
        cover=told.cover,
        today=day_of(now, project.timezone),
        as_of=as_of,
        said_again=said_again,
        children=told.children,
        counts=told.counts,
        number=sum(count for _, count in told.counts),
        label=queries.label,
        maps=place,
        tickets=await tickets.open_on_asset(session, who, asset.id) if told.is_open_on else [],
        files=told.files,
        history=told.history,
        changes=CHANGES,
        fields=FIELDS,
        refused=refused,
        may_write=who.may_for(Verb.ASSET_WRITE, project.id, project.group_id),
    )


@router.get("/projects/{code}/assets/{asset}/history")
async def history(
    request: Request,
    code: str,
    asset: str,
    session: Session,
    who: Reader,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """What became of it, as far back as it goes."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    return page(
        request,
        "asset/history.html",
        project=project,
        asset=found,
        history=await queries.history(session, found.id, before=before, limit=50),
        label=queries.label,
        changes=CHANGES,
        fields=FIELDS,
    )


@router.get("/projects/{code}/assets/{asset}/edit")
async def edit(request: Request, code: str, asset: str, session: Session, who: Writer) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    found = await queries.find(session, project.id, asset)
    path = await queries.path(session, found)
    values = {name: getattr(found, name) for name in AssetForm.model_fields if name != "parent"}
    values["parent"] = path[-2].code if len(path) > 1 else None
    shown = {name: "" if value is None else value for name, value in values.items()}
    if found.power_w is not None:
        shown["power_w"] = f"{found.power_w:g}"
    return _form(request, project, found, shown, None, 200)


@router.post("/projects/{code}/assets/{asset}")
async def change(
    request: Request, code: str, asset: str, session: Session, now: Now, who: Writer
) -> Response:
    # Locked for two who move things at once: no circle can close between them.
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)
    found = await queries.find(session, project.id, asset)
    form = await typed(request, ChangeForm)
    status = 422
    if form.model:
        try:
            async with session.begin_nested():
                await actions.change_asset(
                    session,
                    who,
                    project,
                    asset,
                    version=form.model.version,
                    now=now,
                    changes=form.model.model_dump(exclude={"version"}),
                )
            return RedirectResponse(home(code, asset), 303)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return _form(request, project, found, {}, form, status)


@router.post("/projects/{code}/assets/{asset}/retirement")
async def retire(
    request: Request, code: str, asset: str, session: Session, now: Now, who: Writer
) -> Response:
    return await _in_service(request, session, who, code, asset, now, actions.retire)


@router.post("/projects/{code}/assets/{asset}/restoration")
async def restore(
    request: Request, code: str, asset: str, session: Session, now: Now, who: Writer
) -> Response:
    return await _in_service(request, session, who, code, asset, now, actions.restore)


async def _in_service(
    request: Request,
    session: Session,
    who: Who,
    code: str,
    asset: str,
    now: Now,
    act: Callable[..., Awaitable[Any]],
) -> Response:
    """No more, or again; what refuses it is told on the asset's own page."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)
    form = await typed(request, BelowForm)
    with_below = form.model is not None and form.model.below
    try:
        async with session.begin_nested():
            await act(session, who, project, asset, with_below=with_below, now=now)
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        status = form.refuse(who.locale, refusal)
        return await shown(request, session, who, code, asset, now, refused=form, status=status)
    return RedirectResponse(home(code, asset), 303)
