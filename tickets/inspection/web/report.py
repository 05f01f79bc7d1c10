"""The report as a page, its paper and its photos, for who is signed in."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from markupsafe import Markup

from tickets import media
from tickets.door import DoorRoute, Session
from tickets.inspection import actions, queries
from tickets.inspection.models import InspectionReport
from tickets.inspection.rules.paper import on_paper
from tickets.inspection.web.doing import Reader, inline
from tickets.media import Photo
from tickets.pages import page

router = APIRouter(route_class=DoorRoute)

Asked = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Lang = Literal["", "en", "zh-CN"]
Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]

# The name is its digest, so a browser need not ask again; what is in it never runs.
_PHOTO = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def told(report: InspectionReport, locale: str, signature: str | None) -> dict[str, Any]:
    """The words of the paper, its charts ready for the page."""
    facts = on_paper(report, locale)
    for chapter in facts["chapters"]:
        for block in chapter["blocks"]:
            if block["kind"] == "chart":
                block["svg"] = Markup(block["svg"])  # drawn by us, its words escaped
    return facts | {"signature": signature}


async def jpeg(photo: Photo, *, small: bool) -> Response:
    content = await media.read(photo, small=small)
    return Response(content, media_type="image/jpeg", headers=_PHOTO)


async def pdf(session: Session, report: InspectionReport, locale: str) -> Response:
    made = await actions.printed(session, report, locale)
    headers = {
        "Content-Disposition": inline(f"{report.number}.pdf"),
        "Cache-Control": "no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


@router.get("/inspections/{inspection_id}/report")
async def show(
    request: Request,
    inspection_id: int,
    who: Reader,
    session: Session,
    version: Asked = None,
    lang: Lang = "",
) -> Response:
    """The newest version, or the one asked for; all of them are listed."""
    inspection, project = await queries.find(session, who, inspection_id)
    report = await queries.report(session, inspection, version)
    signature = await queries.signature_of(session, report)
    locale = lang or who.locale
    return page(
        request,
        "inspection/report.html",
        inspection=inspection,
        project=project,
        versions=await queries.versions(session, inspection),
        report=report,
        told=told(report, locale, signature),
        lang=locale,
        home=f"/inspections/{inspection.id}",
    )


@router.get("/inspections/{inspection_id}/report.pdf", response_class=Response)
async def paper(
    inspection_id: int,
    who: Reader,
    session: Session,
    version: Asked = None,
    lang: Lang = "",
) -> Response:
    """As it was signed, the same bytes each time."""
    inspection, _ = await queries.find(session, who, inspection_id)
    report = await queries.report(session, inspection, version)
    return await pdf(session, report, lang or who.locale)


@router.get("/inspections/{inspection_id}/photos/{digest}")
async def photo(inspection_id: int, digest: Digest, who: Reader, session: Session) -> Response:
    inspection, _ = await queries.find(session, who, inspection_id)
    return await jpeg(await queries.photo_of_inspection(session, inspection, digest), small=False)


@router.get("/inspections/{inspection_id}/photos/{digest}/small")
async def small_photo(
    inspection_id: int, digest: Digest, who: Reader, session: Session
) -> Response:
    inspection, _ = await queries.find(session, who, inspection_id)
    return await jpeg(await queries.photo_of_inspection(session, inspection, digest), small=True)
