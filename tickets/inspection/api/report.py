"""Signing, correcting, handing over, and the report itself."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from tickets.door import PROBLEMS, DoorRoute, Instant, Line, Now, Passage, Session
from tickets.door.typed import Strict
from tickets.inspection import actions, queries
from tickets.inspection.api.plan import InspectionOut, Number64, told
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS)
Checker = Annotated[Who, needs(Verb.INSPECTION_CHECK)]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class SignatureIn(Strict):
    """`signature` is the id of an uploaded picture; `signed_by` who answers for the report."""

    signed_by: Line
    signature: UUID | None = None
    at: Instant | None = None
    phone_time: Instant | None = None


class HandoverIn(Strict):
    """`how`: in_person, printed, email, link, or words of one's own. `link` gives an address that
    ends after `link_days`."""

    received_by: Line
    how: Line
    at: Instant | None = None
    phone_time: Instant | None = None
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None
    signature: UUID | None = None
    link_days: Annotated[int, Field(ge=1, le=365)] = 30


class CorrectionIn(Strict):
    reason: Passage


class ReportOut(BaseModel):
    """`checksum`: SHA-256 of `facts`, its keys in order, without spaces."""

    number: str
    version: int
    reason: str | None
    signed_by: str
    signed_at: datetime
    checksum: str
    facts: dict[str, Any]


class HandoverOut(BaseModel):
    inspection: InspectionOut
    link: Annotated[str | None, Field(description="Shown this once.")]


@router.post("/inspections/{inspection_id}/signature", status_code=201)
async def sign(
    inspection_id: Number64, who: Checker, session: Session, now: Now, given: SignatureIn
) -> InspectionOut:
    """It becomes a numbered report that is never changed again."""
    await actions.sign(
        session,
        who,
        inspection_id,
        signed_by=given.signed_by,
        signature=given.signature,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
    )
    return told(await queries.shown(session, who, inspection_id, now))


@router.post("/inspections/{inspection_id}/correction", status_code=201)
async def correct(
    inspection_id: Number64,
    who: Annotated[Who, needs(Verb.INSPECTION_PLAN)],
    session: Session,
    now: Now,
    given: CorrectionIn,
) -> InspectionOut:
    """Opens the next version; the signed one stays as it is."""
    await actions.open_correction(session, who, inspection_id, reason=given.reason, now=now)
    return told(await queries.shown(session, who, inspection_id, now))


@router.post("/inspections/{inspection_id}/handover", status_code=201)
async def hand_over(
    inspection_id: Number64, who: Checker, session: Session, now: Now, given: HandoverIn
) -> HandoverOut:
    """The first handing over meets the quarter; after its last day it is late."""
    handed = await actions.hand_over(
        session,
        who,
        inspection_id,
        received_by=given.received_by,
        how=given.how,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        version=given.version,
        signature=given.signature,
        link_days=given.link_days,
    )
    return HandoverOut(
        inspection=told(await queries.shown(session, who, inspection_id, now)), link=handed.link
    )


@router.get("/inspections/{inspection_id}/report")
async def report(
    inspection_id: Number64,
    who: Annotated[Who, needs(Verb.INSPECTION_READ)],
    session: Session,
    version: Version = None,
) -> ReportOut:
    """What the report says, as data; the newest version, or the one asked for."""
    inspection, _ = await queries.find(session, who, inspection_id)
    found = await queries.report(session, inspection, version)
    return ReportOut(
        number=found.number,
        version=found.version,
        reason=found.reason,
        signed_by=found.signed_by,
        signed_at=found.signed_at,
        checksum=found.checksum,
        facts=found.facts,
    )


PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "The report."}
}


@router.get("/inspections/{inspection_id}/report.pdf", response_class=Response, responses=PDF)
async def paper(
    inspection_id: Number64,
    who: Annotated[Who, needs(Verb.INSPECTION_READ)],
    session: Session,
    version: Version = None,
    lang: Literal["", "en", "zh-CN"] = "",
) -> Response:
    """The report as it was signed, the same bytes each time."""
    inspection, _ = await queries.find(session, who, inspection_id)
    found = await queries.report(session, inspection, version)
    made = await actions.printed(session, found, lang or who.locale)
    name = quote(f"{found.number}.pdf", safe="")  # a project's code may be Chinese
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
    return Response(made, media_type="application/pdf", headers=headers)
