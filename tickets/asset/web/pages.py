"""The pages of what is installed, and what a label's code opens."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, Field

from tickets.asset import actions, queries
from tickets.door import DoorRoute, Line, Now, Session, Typed, Words, typed
from tickets.pages import page
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY, LAST_DAY, day_of, said_again
from tickets.refusals import Forbidden, Missing, Refused
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import identify, needs
from tickets.ticket import queries as tickets
from tickets.words import preferred

router = APIRouter(route_class=DoorRoute)

Reader = Annotated[Who, needs(Verb.ASSET_READ)]
Writer = Annotated[Who, needs(Verb.ASSET_WRITE)]
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
    power_w: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    cct_k: Annotated[int, Field(ge=500, le=50_000)] | None = None
    ip: Line | None = None
    control: Line | None = None
    serial: Line | None = None
    location: Line | None = None
    installed_on: date | None = None


class NewAssetForm(AssetForm):
    code: Line


class ChangeForm(AssetForm):
    version: int


def _home(code: str, asset: str = "") -> str:
    home = f"/projects/{quote(code, safe='')}/assets"
    return f"{home}/{quote(asset, safe='')}" if asset else home


@router.get("/projects/{code}/assets")
async def assets(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    q: Annotated[Words, Query()] = "",
    kind: Annotated[Words, Query()] = "",
    parent: Annotated[Words, Query()] = "",
    retired: bool = False,
    cursor: Annotated[Words | None, Query()] = None,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    holder = await queries.find(session, project.id, parent) if parent else None
    found = await queries.page(
        session,
        project.id,
        q=q,
        kind=kind or None,
        parent=holder,
        retired=retired,
        cursor=cursor or None,
    )
    filters = {"q": q, "kind": kind, "parent": parent, "retired": "true" if retired else ""}
    asked = {name: value for name, value in filters.items() if value}
    further = urlencode(asked | {"cursor": found.next}) if found.next else ""
    return page(
        request,
        "asset/list.html",
        project=project,
        found=found,
        asked=asked,
        filters=filters,
        path=await queries.path(session, holder) if holder else [],
        kinds=queries.kinds(),
        label=queries.label,
        # What is retired gets no label, whatever the list shows.
        label_filter=urlencode({n: v for n, v in asked.items() if n != "retired"}),
        further=f"{_home(code)}?{further}" if further else "",
        may_write=who.may_for(Verb.ASSET_WRITE, project.id, project.group_id),
    )


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
            return RedirectResponse(_home(code, form.model.code), 303)
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
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    today = day_of(now, project.timezone)
    return page(
        request,
        "asset/page.html",
        project=project,
        asset=found,
        path=await queries.path(session, found),
        cover=await projects.cover_on(session, project, [found], as_of or today),
        today=today,
        as_of=as_of,
        said_again=said_again,
        children=await queries.page(session, project.id, parent=found, limit=20),
        counts=await queries.counts(session, project.id, parent=found),
        label=queries.label,
        tickets=await tickets.open_on_asset(session, who, found.id),
        may_write=who.may_for(Verb.ASSET_WRITE, project.id, project.group_id),
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
            return RedirectResponse(_home(code, asset), 303)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    return _form(request, project, found, {}, form, status)


@router.post("/projects/{code}/assets/{asset}/retirement")
async def retire(code: str, asset: str, session: Session, now: Now, who: Writer) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    await actions.retire(session, who, project, asset, now=now)
    return RedirectResponse(_home(code, asset), 303)


@router.get("/q/{public_id}")
async def label(request: Request, public_id: str, session: Session, now: Now) -> Response:
    """What a label opens: the asset for those who may see it; the hotline for everybody else."""
    found = await queries.by_public_id(session, public_id)
    if found is None:
        raise Missing("This label is not known here.")
    asset, project = found
    who = await identify(request, session, now)
    if who is not None and who.may_for(Verb.ASSET_READ, project.id, project.group_id):
        return RedirectResponse(_home(project.code, asset.code), 303)
    request.state.who = None  # the public page has no staff around it
    if "locale" not in request.cookies:  # a stranger's own language
        asked = preferred(request.headers.get("accept-language", ""))
        request.state.locale = asked or request.state.locale
    return page(
        request,
        "asset/public.html",
        project_name=project.name,
        number=project.hotline or settings().hotline,
        hotline="",  # said once, in the middle of the page
    )
