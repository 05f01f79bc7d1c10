"""The board: what is open, the promise that breaks next first; it keeps itself up to date."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from markupsafe import Markup
from pydantic import BaseModel

from tickets import pages
from tickets.desk.queries import board
from tickets.desk.queries.board import BoardFilter
from tickets.desk.queries.standing import Choices, Standing, choices, head, standing_in
from tickets.desk.queries.standing import standing as standing_of
from tickets.door import DoorRoute, Now, Session, Words
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import FAULTS, NOTHING_BREAKS
from tickets.words import instant

router = APIRouter(route_class=DoorRoute)

MINUTE = timedelta(minutes=1)


class Asked(BaseModel):
    """What an address may ask the board for; checked as one thing."""

    project: Words = ""
    severity: Words = ""
    technician: Words = ""
    state: Words = ""
    status: Words = ""
    kind: Words = ""
    asset: Words = ""
    q: Words = ""
    urged: bool = False


async def _filter(asked: Annotated[Asked, Query()]) -> BoardFilter:
    """The address is the filter; an empty field asks for everything."""
    return BoardFilter(
        project=asked.project or None,
        severity=asked.severity or None,
        technician=_person(asked.technician),
        state=asked.state or None,
        status=asked.status or None,
        kind=asked.kind or None,
        asset=asked.asset.strip() or None,
        q=asked.q.strip() or None,
        urged=asked.urged,
    )


def _person(technician: str) -> int | None:
    if technician == "none":
        return 0
    if not technician:
        return None
    if not (technician.isascii() and technician.isdigit() and 0 < int(technician) < 2**31):
        raise Invalid("technician", "This is not one of the known values.")
    return int(technician)


Wanted = Annotated[BoardFilter, Depends(_filter)]
Sees = Annotated[Who, needs(Verb.DESK_SEE)]


@lru_cache(maxsize=2000)
def _address(wanted: BoardFilter, path: str, **more: str | None) -> str:
    technician = {None: None, 0: "none"}.get(wanted.technician, str(wanted.technician))
    asked = {**vars(wanted), "technician": technician, **more}
    given = {name: 1 if value is True else value for name, value in asked.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _tag(request: Request, who: Who, standing: Standing, live: str) -> str:
    """What the rows depend on besides the diary: who looks, in which language, at which page."""
    seen = (
        f"{standing.version} {standing.late} {standing.hour} {standing.soon} {standing.danger} "
        f"{who.id} {who.grants} {request.state.locale} {live}"
    )
    return f'"{hashlib.sha256(seen.encode()).hexdigest()[:24]}"'


@lru_cache(maxsize=4000)
def _shown(
    cells: Sequence[Any], locale: str, minutes: int, call: tuple[str, bool] | None
) -> Markup:
    """A row's HTML, made once for all who look in one language, until its minute has passed.
    `call`: when one was promised, in words, and whether that has passed."""
    row = board.row_of(cells)
    left = (
        timedelta(minutes=minutes) if minutes >= 0 else timedelta(minutes=minutes + 1, seconds=-1)
    )
    now = row.breaks_at - left
    return pages.fragment("desk/board_row.html", locale, now, row=row, faults=FAULTS, call=call)


@lru_cache(maxsize=64)
def _filters(wanted: BoardFilter, offered: Choices, locale: str) -> Markup:
    """Hundreds of choices, and seldom new ones."""
    return pages.fragment(
        "desk/board_filters.html",
        locale,
        datetime.now(UTC),
        wanted=wanted,
        projects=offered.projects,
        technicians=offered.technicians,
        is_filtered=_is_filtered(wanted),
    )


def _is_filtered(wanted: BoardFilter) -> bool:
    return any(value not in (None, False) for value in vars(wanted).values())


def _page(
    found: Sequence[Sequence[Any]],
    following: str | None,
    wanted: BoardFilter,
    now: datetime,
    cursor: str | None,
    locale: str,
) -> dict[str, Any]:
    return {
        "most": board.most_of(wanted),
        # One piece: fifty would pass through every layout one by one.
        "rows": Markup("".join([_aged(tuple(row[: board.WIDTH]), locale, now) for row in found])),
        "is_filtered": _is_filtered(wanted),
        "is_first": cursor is None,
        "next": _address(wanted, "/desk", cursor=following) if following else None,
    }


def _aged(cells: Sequence[Any], locale: str, now: datetime) -> Markup:
    """A ticket that waits for its call-back shows no time, so it does not age either."""
    breaks_at, call_at = cells[board.BREAKS_AT], cells[board.CALL_AT]
    call = None
    if call_at is not None:
        call = (instant(locale, call_at, cells[board.TIMEZONE], now=now), call_at < now)
    minutes = 0 if breaks_at >= NOTHING_BREAKS else (breaks_at - now) // MINUTE
    return _shown(cells, locale, minutes, call)


@router.get("/desk")
async def show(
    request: Request, who: Sees, session: Session, now: Now, wanted: Wanted, cursor: Words = ""
) -> Response:
    locale = request.state.locale
    along = head(who.scope(Verb.DESK_SEE), with_choices=True)
    found, following = await board.rows(
        session, who, wanted, now=now, cursor=cursor or None, head=along
    )
    if found:
        standing = standing_in(found[0][-1])
    else:
        standing = await standing_of(session, who, now, with_choices=True)
    offered = await choices(session, who, standing.choices)
    live = _address(wanted, "/desk/rows", cursor=cursor)
    return pages.page(
        request,
        "desk/board.html",
        wanted=wanted,
        standing=standing,
        filters=_filters(wanted, offered, locale),
        live=live,
        tag=_tag(request, who, standing, live),
        address=_address,
        **_page(found, following, wanted, now, cursor or None, locale),
    )


@router.get("/desk/rows")
async def refresh(
    request: Request, who: Sees, session: Session, now: Now, wanted: Wanted, cursor: Words = ""
) -> Response:
    """Asked every few seconds by an open board: 304 while nothing has changed."""
    standing = await standing_of(session, who, now)
    tag = _tag(request, who, standing, _address(wanted, "/desk/rows", cursor=cursor))
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    found, following = await board.rows(session, who, wanted, now=now, cursor=cursor or None)
    response = pages.page(
        request,
        "desk/board_rows.html",
        wanted=wanted,
        standing=standing,
        address=_address,
        **_page(found, following, wanted, now, cursor or None, request.state.locale),
    )
    response.headers.update(headers)
    return response
