"""One search over everything, in the bar of every page: a page, and suggestions while one types."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from tickets.asset import queries as assets
from tickets.desk.queries.search import Noun, called, search
from tickets.door import DoorRoute, Now, Session
from tickets.pages import page
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute)

Reader = Annotated[Who, needs(Verb.TICKET_READ)]
# However much is pasted: it is cut, not refused; who searches is in a hurry.
Pasted = Annotated[str, Query(max_length=100_000)]
SHOWN, COUNTED = 15, 30
FEW, FEW_COUNTED = 5, 20


@router.get("/search")
async def everything(request: Request, session: Session, who: Reader, q: Pasted = "") -> Response:
    found = await search(session, who, q, shown=SHOWN, counted=COUNTED)
    return _found(request, "desk/search.html", q, found)


@router.get("/search/found")
async def suggested(request: Request, session: Session, who: Reader, q: Pasted = "") -> Response:
    """The fragment below the box: a few of each."""
    found = await search(session, who, q, shown=FEW, counted=FEW_COUNTED)
    return _found(request, "desk/search_found.html", q, found)


def _found(request: Request, template: str, q: str, found: object) -> Response:
    shown = q.replace("\0", "").strip()[:200]
    return page(request, template, q=shown, found=found, nouns=Noun, label=assets.label)


@router.get("/callers/{contact_id}")
async def caller(
    request: Request,
    session: Session,
    now: Now,
    who: Annotated[Who, needs(Verb.CALLER_READ)],
    contact_id: Annotated[int, Path(ge=1, lt=2**31)],
) -> Response:
    """Who called, and about what."""
    return page(request, "desk/caller.html", caller=await called(session, who, contact_id))
