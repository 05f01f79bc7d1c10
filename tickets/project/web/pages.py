"""Which projects there are, and all about one of them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from tickets.asset import queries as assets
from tickets.door import DoorRoute, Now, Session, Words
from tickets.grams import mask
from tickets.pages import page
from tickets.project import queries, rules
from tickets.project.web.shape import DayAsked
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries as tickets

router = APIRouter(route_class=DoorRoute)


@router.get("/projects")
async def projects(
    request: Request,
    session: Session,
    now: Now,
    who: Annotated[Who, needs(Verb.PROJECT_READ)],
    q: Annotated[Words, Query()] = "",
    cursor: Annotated[Words | None, Query()] = None,
) -> Response:
    found = await queries.visible(session, who, now, q=q, cursor=cursor or None)
    further = {"q": q, "cursor": found.next} if q else {"cursor": found.next}
    return page(
        request,
        "project/list.html",
        lines=found.items,
        q=q,
        further=f"/projects?{urlencode(further)}" if found.next else "",
        today={line.project.id: rules.day_of(now, line.project.timezone) for line in found.items},
        may_add=who.may(Verb.PROJECT_WRITE),
    )


@router.get("/projects/{code}", name="project")
async def project(
    request: Request,
    code: str,
    session: Session,
    now: Now,
    who: Annotated[Who, needs(Verb.PROJECT_READ)],
    as_of: DayAsked = None,
) -> Response:
    found = await queries.find(session, who, code)
    held = await queries.held_of(session, found)
    today = rules.day_of(now, found.timezone)
    is_whole = who.may_for(Verb.CALLER_READ, found.id, found.group_id)
    groups = dict(await queries.groups(session)) if found.group_id else {}
    return page(
        request,
        "project/page.html",
        project=found,
        group=groups.get(found.group_id) if found.group_id else None,
        contacts=await queries.contacts_of(session, found),
        is_whole=is_whole,
        mask=mask,
        covers=held.covers(),
        is_below_statute=any(rules.below_statute(row) for row in held.acceptances),
        statute=rules.STATUTE_NOTE,
        cover=held.decide_on([], as_of or today),
        as_of=as_of,
        said_again=rules.said_again,
        today=today,
        terms=await queries.terms_at(session, found.id, now),
        history=await queries.terms_history(session, found.id),
        counts=await assets.counts(session, found.id),
        roots=await assets.page(session, found.id, roots=True, limit=20),
        label=assets.label,
        tickets=await tickets.open_on_project(session, who, found.id, limit=10),
        may_write=who.may_for(Verb.PROJECT_WRITE, found.id, found.group_id),
        may_add_assets=who.may_for(Verb.ASSET_WRITE, found.id, found.group_id),
    )
