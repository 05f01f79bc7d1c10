"""质保期满通知: the notice to the owner, to look at, to print, and that it was handed over."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from tickets import words
from tickets.door import DoorRoute, Now, Session, Typed, typed
from tickets.pages import page
from tickets.papers import contractor, paper
from tickets.project import actions, queries, rules
from tickets.project.models import Project
from tickets.project.rules import expiry
from tickets.project.web import shape
from tickets.project.web.doing import Writer, home, tried
from tickets.refusals import Refused
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket import queries as tickets
from tickets.ticket.rules import FAULTS, KIND_LABELS, STATUS_LABELS, Kind, Status

router = APIRouter(route_class=DoorRoute)

Language = Annotated[Literal["zh-CN", "en", ""], Query()]
MOST_TICKETS = 500


async def _sheet(
    session: Session, who: Who, project: Project, now: Now, locale: str
) -> dict[str, Any]:
    """What the notice would say today."""
    held = await queries.held_of(session, project)
    today = rules.day_of(now, project.timezone)
    if not held.acceptances:
        raise Refused("Nothing is accepted yet: no warranty ends.")
    found = await tickets.open_on_project(session, who, project.id, limit=MOST_TICKETS)
    about = expiry.Expiry(
        day=today,
        owner=project.owner.name,
        project=project.name,
        code=project.code,
        company=contractor(),
        hotline=project.hotline or settings().hotline or "",
        covers=rules.covers_of(held.acceptances),
        contracts=[each for each in held.contracts if each.ends_on >= today],
        retained=[
            expiry.Retained(row.batch, row.retention_on, row.retention_amount)
            for row in held.acceptances
            if row.retention_on is not None
        ],
        tickets=[
            expiry.OpenTicket(
                ref=each.ref,
                reported_on=rules.day_of(each.reported_at, project.timezone),
                what=FAULTS[each.fault].label
                if each.fault in FAULTS
                else KIND_LABELS[Kind(each.kind)],
                place=each.place,
                status=STATUS_LABELS[Status(each.status)],
            )
            for each in sorted(found, key=lambda each: (each.reported_at, each.ref))
        ],
    )

    def say(sentence: str, **places: Any) -> str:
        return words.say(locale, sentence, **places)

    def spoken(on: date) -> str:
        if locale.startswith("zh"):
            return f"{on.year}年{on.month}月{on.day}日"
        return f"{on.day} {on:%B} {on.year}"

    return expiry.composed(about, say, spoken)


async def _preview(
    request: Request,
    session: Session,
    who: Who,
    project: Project,
    now: Now,
    locale: str,
    form: Typed[Any] | None,
    status: int,
) -> Response:
    return page(
        request,
        "project/expiry.html",
        status=status,
        project=project,
        sheet=await _sheet(session, who, project, now, locale),
        lang=locale,
        typed=form,
        today=rules.day_of(now, project.timezone),
        how=expiry.HOW,
        notices=await queries.notices_of(session, project),
    )


@router.get("/projects/{code}/expiry_notice")
async def preview(
    request: Request, code: str, session: Session, now: Now, who: Writer, lang: Language = ""
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    return await _preview(request, session, who, project, now, lang or who.locale, None, 200)


@router.get("/projects/{code}/expiry_notice.pdf")
async def current(
    code: str, session: Session, now: Now, who: Writer, lang: Language = ""
) -> Response:
    """As it would be today."""
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE)
    locale = lang or who.locale
    sheet = await _sheet(session, who, project, now, locale)
    return _pdf(await paper("expiry_notice", sheet, locale=locale, at=now), project)


@router.post("/projects/{code}/expiry_notice")
async def hand_over(
    request: Request, code: str, session: Session, now: Now, who: Writer, lang: Language = ""
) -> Response:
    project = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    locale = lang or who.locale
    form: Typed[Any] = await typed(request, shape.HandedForm)

    async def verb() -> None:
        assert form.model
        await actions.hand_over_notice(
            session,
            who,
            project,
            **form.model.model_dump(),
            sheet=await _sheet(session, who, project, now, locale),
            locale=locale,
            now=now,
        )

    status = await tried(session, who, form, verb)
    if status == 303:
        return RedirectResponse(home(code, covers=True), 303)
    return await _preview(request, session, who, project, now, locale, form, status)


@router.get("/projects/{code}/expiry_notices/{notice_id}.pdf")
async def handed(
    code: str,
    notice_id: int,
    session: Session,
    who: Annotated[Who, needs(Verb.PROJECT_READ)],
) -> Response:
    """As it was handed over, whatever has changed since."""
    project = await queries.find(session, who, code)
    notice = await queries.handed_notice(session, project, notice_id)
    made = await paper("expiry_notice", notice.sheet, locale=notice.locale, at=notice.created_at)
    return _pdf(made, project)


def _pdf(made: bytes, project: Project) -> Response:
    return Response(
        made,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="expiry-notice-{project.id}.pdf"',
            "Cache-Control": "no-store",
        },
    )
