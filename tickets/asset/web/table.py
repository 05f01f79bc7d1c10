"""The register as a table and as a tree."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from tickets.asset import queries
from tickets.asset.web.home import Reader, home
from tickets.door import DoorRoute, Session, Words
from tickets.pages import page
from tickets.project import queries as projects
from tickets.staff.rules import Verb

router = APIRouter(route_class=DoorRoute)

Retired = Literal["", "false", "true", "only"]
RETIRED = {"true": "too", "only": "only"}


@router.get("/projects/{code}/assets")
async def assets(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    q: Annotated[Words, Query()] = "",
    kind: Annotated[Words, Query()] = "",
    batch: Annotated[Words, Query()] = "",
    model: Annotated[Words, Query()] = "",
    parent: Annotated[Words, Query()] = "",
    below: bool = False,
    main: bool = False,
    doubtful: bool = False,
    retired: Retired = "",
    sort: Annotated[Words, Query()] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    holder = await queries.find(session, project.id, parent) if parent else None
    asked = queries.Wanted(
        q=q,
        kind=kind or None,
        batch=batch or None,
        model=model or None,
        parent=holder,
        is_deep=below,
        is_main=main,
        is_doubtful=doubtful,
        retired=RETIRED.get(retired, "no"),
    )
    found = await queries.page(
        session, project.id, asked, sort=sort or "code", cursor=cursor or None
    )
    filters = {
        "q": q,
        "kind": kind,
        "batch": batch,
        "model": model,
        "parent": parent,
        "below": "true" if below else "",
        "main": "true" if main else "",
        "doubtful": "true" if doubtful else "",
        "retired": retired if retired in RETIRED else "",
    }
    given = {name: value for name, value in filters.items() if value}
    ordered = given | ({"sort": sort} if sort else {})
    further = urlencode(ordered | {"cursor": found.next}) if found.next else ""

    def sorted_by(name: str) -> str:
        """The same table sorted by a column; the other way round if it is already."""
        turned = f"-{name}" if (sort or "code") == name else name
        return f"{home(code)}?{urlencode(given | {'sort': turned})}"

    return page(
        request,
        "asset/list.html",
        project=project,
        found=found,
        asked=given,
        filters=filters,
        sort=sort or "code",
        sorted_by=sorted_by,
        here=f"{home(code)}?{urlencode(ordered)}" if ordered else home(code),
        path=await queries.path(session, holder) if holder else [],
        kinds=queries.kinds(),
        label=queries.label,
        further=f"{home(code)}?{further}" if further else "",
        may_write=who.may_for(Verb.ASSET_WRITE, project.id, project.group_id),
    )


@router.get("/projects/{code}/asset_tree")
async def tree(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    open: Annotated[Words, Query()] = "",
    cursor: Annotated[Words | None, Query()] = None,
) -> Response:
    """Opened down to `open`: each of its holders with what stands beside it is one statement."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    holder = await queries.find(session, project.id, open) if open else None
    path = await queries.path(session, holder) if holder else []
    levels = [(None, await queries.branches(session, project.id, None))]
    if holder is None and cursor:
        levels = [(None, await queries.branches(session, project.id, None, cursor=cursor))]
    shown: list[tuple[queries.Step | None, queries.Branches]] = list(levels)
    for step in path:
        further = cursor if step is path[-1] else None
        shown.append(
            (step, await queries.branches(session, project.id, step.id, cursor=further or None))
        )
    return page(
        request,
        "asset/tree.html",
        project=project,
        levels=shown,
        path=path,
        label=queries.label,
        counts=await queries.counts(session, project.id),
        may_write=who.may_for(Verb.ASSET_WRITE, project.id, project.group_id),
    )


@router.get("/projects/{code}/asset_tree/branch")
async def branch(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    open: Annotated[Words, Query()],
    cursor: Annotated[Words | None, Query()] = None,
) -> Response:
    """What stands right in an asset, for the page that is there already."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    holder = await queries.find(session, project.id, open)
    return page(
        request,
        "asset/branch.html",
        project=project,
        holder=holder,
        branches=await queries.branches(session, project.id, holder.id, cursor=cursor or None),
        label=queries.label,
    )
