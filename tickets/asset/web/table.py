"""The register as a table and as a tree."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from tickets.asset import queries
from tickets.asset.web.home import Reader, home
from tickets.door import DoorRoute, Session, Words
from tickets.pages import fragment, page
from tickets.project import queries as projects
from tickets.staff.rules import Verb

router = APIRouter(route_class=DoorRoute)

Retired = Literal["", "false", "true", "only"]
RETIRED = {"true": "too", "only": "only"}


@lru_cache(maxsize=500)
def _kind_options(locale: str, chosen: str) -> Markup:
    """The same for everybody who reads that language."""
    kinds = queries.kinds()
    return fragment("asset/kinds.html", locale, datetime.now(UTC), kinds=kinds, chosen=chosen)


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
        session, project.id, asked, columns=queries.SHORT, sort=sort, cursor=cursor or None
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

    # What is below something comes as in the tree, until a column is chosen.
    shown_sort = sort or ("" if holder and below else "code")

    def sorted_by(name: str) -> str:
        """The same table sorted by a column; the other way round if it is already."""
        turned = f"-{name}" if shown_sort == name else name
        return f"{home(code)}?{urlencode(given | {'sort': turned})}"

    return page(
        request,
        "asset/list.html",
        project=project,
        found=found,
        asked=given,
        filters=filters,
        sort=shown_sort,
        sorted_by=sorted_by,
        here=f"{home(code)}?{urlencode(ordered)}" if ordered else home(code),
        path=await queries.path(session, holder) if holder else [],
        kind_options=_kind_options(request.state.locale, kind),
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
    """Opened down to `open`, with what stands beside it and beside each of its holders."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    holder = await queries.find(session, project.id, open) if open else None
    path = await queries.path(session, holder) if holder else []
    at_top = cursor or None if holder is None else None
    top = await queries.branches(session, project.id, None, cursor=at_top)
    shown: list[tuple[queries.Step | None, queries.Branches]] = [(None, top)]
    inside = await queries.levels(session, project.id, [step.id for step in path])
    shown += zip(path, inside, strict=True)
    if holder is not None and cursor:
        further = await queries.branches(session, project.id, holder.id, cursor=cursor)
        shown[-1] = (path[-1], further)
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
