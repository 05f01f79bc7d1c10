"""What is installed, for other programs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from tickets.asset import actions, queries
from tickets.asset.models import Asset
from tickets.door import PROBLEMS, DoorRoute, Line, Now, RoomRouter, Session, Strict, Words
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.rules import FIRST_DAY, LAST_DAY, day_of
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries as tickets

router = RoomRouter("/api/", route_class=DoorRoute, responses=PROBLEMS, tags=["assets"])

Reader = Annotated[Who, needs(Verb.ASSET_READ)]
Writer = Annotated[Who, needs(Verb.ASSET_WRITE)]


class GradeIn(Strict):
    power_w: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    cct_k: Annotated[int, Field(ge=500, le=50_000)] | None = None
    ip: Line | None = None
    control: Line | None = None


class AssetFields(Strict):
    name: Line
    kind: Line
    is_main: bool = False
    parent: Line | None = None
    batch: Line | None = None
    grade: GradeIn = GradeIn()
    serial: Line | None = None
    model: Line | None = None
    maker: Line | None = None
    lot: Line | None = None
    mounting: Line | None = None
    location: Line | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    datum: Literal["WGS-84", "GCJ-02"] = "WGS-84"
    is_place_doubtful: bool = False
    installed_on: date | None = None


class AssetIn(AssetFields):
    """`kind` as in the list of kinds; `parent` is a code in the same project."""

    code: Line


class AssetChangeIn(AssetFields):
    """`version` is the one you read; a field that is absent stays, null empties it."""

    version: int
    name: Line = ""
    kind: Line = ""


class GradeOut(BaseModel):
    power_w: float | None
    cct_k: int | None
    ip: str | None
    control: str | None


class AssetLine(BaseModel):
    public_id: str
    code: str
    name: str
    kind: str
    is_main: bool
    parent: str | None
    batch: str | None
    grade: GradeOut
    serial: str | None
    model: str | None
    maker: str | None
    lot: str | None
    mounting: str | None
    location: str | None
    lat: float | None
    lon: float | None
    datum: str
    is_place_doubtful: bool
    installed_on: date | None
    retired_at: datetime | None
    version: int


class AssetList(BaseModel):
    items: list[AssetLine]
    next: str | None


class CoverOut(BaseModel):
    decision: Literal["warranty", "contract", "expired", "not_accepted_yet"]
    reason: str
    ends_on: date | None


class OpenTicket(BaseModel):
    ref: str
    status: str
    severity: str


class AssetOut(AssetLine):
    """`path` leads down to it, `cover` is as of today, `replacements` is the chain old to new."""

    path: list[str]
    cover: CoverOut
    open_tickets: list[OpenTicket]
    replacements: list[str]


def _line(asset: Asset, parent: str | None) -> dict[str, Any]:
    own = AssetLine.model_fields.keys() - {"parent", "grade"}
    grade = {name: getattr(asset, name) for name in GradeOut.model_fields}
    return {name: getattr(asset, name) for name in own} | {
        "parent": parent,
        "grade": GradeOut(**grade),
    }


async def _shown(
    session: Session,
    who: Who,
    project: Project,
    asset: Asset,
    now: datetime,
    as_of: date | None = None,
) -> AssetOut:
    path = await queries.path(session, asset)
    day = as_of or day_of(now, project.timezone)
    cover = await projects.cover_on(session, project, [asset], day)
    return AssetOut(
        **_line(asset, path[-2].code if len(path) > 1 else None),
        path=[step.code for step in path],
        cover=CoverOut(
            decision=cover.decision.value,
            reason=cover.reason.replace("\n", " "),
            ends_on=cover.ends_on,
        ),
        open_tickets=[
            OpenTicket(ref=ticket.ref, status=ticket.status, severity=ticket.severity)
            for ticket in await tickets.open_on_asset(session, who, asset.id)
        ],
        replacements=[],
    )


@router.post("/projects/{code}/assets", status_code=201)
async def add_asset(code: str, body: AssetIn, session: Session, now: Now, who: Writer) -> AssetOut:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    fields = body.model_dump(exclude={"grade"}) | body.grade.model_dump()
    asset = await actions.add_asset(session, who, project, actions.NewAsset(**fields), now)
    return await _shown(session, who, project, asset, now)


@router.get("/projects/{code}/assets")
async def assets(
    code: str,
    session: Session,
    who: Reader,
    q: Annotated[Words, Query()] = "",
    kind: Annotated[Words | None, Query()] = None,
    batch: Annotated[Words | None, Query()] = None,
    model: Annotated[Words | None, Query()] = None,
    parent: Annotated[Words | None, Query()] = None,
    below: bool = False,
    main: bool = False,
    doubtful: bool = False,
    retired: bool = False,
    sort: Annotated[Words, Query()] = "code",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> AssetList:
    """By code, or by `sort` (kind, batch, model, installed; `-` before it turns it round). `q`
    finds by part of code, name, place, model or serial number; `parent` what stands in that
    asset, with `below` everything below it; `doubtful` what has a place nobody meant."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    asked = queries.Wanted(
        q=q,
        kind=kind,
        batch=batch,
        model=model,
        parent=await queries.find(session, project.id, parent) if parent else None,
        is_deep=below,
        is_main=main,
        is_doubtful=doubtful,
        retired="too" if retired else "no",
    )
    page = await queries.page(session, project.id, asked, sort=sort, limit=limit, cursor=cursor)
    return AssetList(
        items=[AssetLine(**_line(asset, above)) for asset, above in page.items], next=page.next
    )


@router.get("/projects/{code}/assets/{asset}")
async def asset(
    code: str,
    asset: str,
    session: Session,
    now: Now,
    who: Reader,
    as_of: Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY)] = None,
) -> AssetOut:
    """`as_of` is a day: `cover` is then that of the day, by what is known now."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    return await _shown(session, who, project, found, now, as_of)


@router.patch("/projects/{code}/assets/{asset}")
async def change_asset(
    code: str, asset: str, body: AssetChangeIn, session: Session, now: Now, who: Writer
) -> AssetOut:
    """The second of two writers with the same `version` gets 409; `parent` moves it."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)
    changes = body.model_dump(exclude_unset=True, exclude={"version", "grade"})
    changes |= body.grade.model_dump(exclude_unset=True)
    changed = await actions.change_asset(
        session, who, project, asset, version=body.version, now=now, changes=changes
    )
    return await _shown(session, who, project, changed, now)


class RetirementIn(Strict):
    """`below`: what stands in it is retired with it; without that, it must hold nothing."""

    below: bool = False


@router.post("/projects/{code}/assets/{asset}/retirement")
async def retire(
    code: str,
    asset: str,
    session: Session,
    now: Now,
    who: Writer,
    body: RetirementIn | None = None,
) -> AssetOut:
    """It is there no more; its code, label and history stay."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)
    with_below = body is not None and body.below
    retired = await actions.retire(session, who, project, asset, with_below=with_below, now=now)
    return await _shown(session, who, project, retired, now)


@router.post("/projects/{code}/assets/{asset}/restoration")
async def restore(
    code: str,
    asset: str,
    session: Session,
    now: Now,
    who: Writer,
    body: RetirementIn | None = None,
) -> AssetOut:
    """It is there after all; `below` brings back what was retired in the same act."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)
    with_below = body is not None and body.below
    restored = await actions.restore(session, who, project, asset, with_below=with_below, now=now)
    return await _shown(session, who, project, restored, now)


class ChangeOut(BaseModel):
    """`what`: added, changed, moved, retired, restored, filed, unfiled; `fields` maps a field to
    what it was and what it became."""

    at: datetime
    by: str | None
    what: str
    fields: dict[str, list[Any]]


class HistoryOut(BaseModel):
    items: list[ChangeOut]
    next: int | None


@router.get("/projects/{code}/assets/{asset}/history")
async def history(
    code: str,
    asset: str,
    session: Session,
    who: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HistoryOut:
    """What became of it, newest first."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    told = await queries.history(session, found.id, before=cursor, limit=limit)
    return HistoryOut(
        items=[
            ChangeOut(at=line.at, by=line.who, what=line.what, fields=line.fields)
            for line in told.items
        ],
        next=told.next,
    )
