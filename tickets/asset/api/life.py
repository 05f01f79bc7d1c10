"""What becomes of an asset, for other programs: retired, put back, its history."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tickets.asset import actions, queries
from tickets.asset.api.assets import AssetOut, Reader, Writer, shown
from tickets.door import DoorRoute, Now, Session, Strict
from tickets.project import queries as projects
from tickets.staff.rules import Verb

router = APIRouter(route_class=DoorRoute)


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
    return await shown(session, who, project, retired, now)


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
    return await shown(session, who, project, restored, now)


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
