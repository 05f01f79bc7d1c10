"""维修单: the job sheet of a ticket as PDF, in the reader's language or the one he asks for."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from tickets import media
from tickets.desk.queries.dossier import Dossier, dossier
from tickets.door import DoorRoute, Now, Session
from tickets.media import Photo
from tickets.papers import contractor, paper
from tickets.project.rules import said_again
from tickets.refusals import Missing
from tickets.sla.rules import PAUSE_LABELS, PROMISE_LABELS, STATE_LABELS, ClockState
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.ticket.rules import CAUSES, FAULTS, KIND_LABELS
from tickets.visit import queries
from tickets.visit.rules import (
    COVER_LABELS,
    MEASURED,
    MOMENT_LABELS,
    PAYS_LABELS,
    RESULT_LABELS,
    for_sheet,
    plain,
)
from tickets.words import say

router = APIRouter(route_class=DoorRoute)

NONE = "—"


@router.get("/tickets/{ref}/sheet.pdf")
async def show(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_READ)],
    session: Session,
    now: Now,
    lang: Literal["", "en", "zh-CN"] = "",
) -> Response:
    """As things stand now; the owner's people see their own number, others' only masked."""
    told = await dossier(session, who, ref, now)
    locale = lang or who.locale
    photos = await queries.photos_of_sheet(session, [p for ps in told.photos.values() for p in ps])
    reporter = await queries.reporter_of(session, who, told.ticket, told.project)
    shown = for_sheet(photos)
    signature = told.signatures[-1] if told.signatures else None
    signed = await session.get(Photo, signature.photo_id) if signature else None
    pictures = await _pictures(shown, signed)
    facts = _facts(told, locale, now, reporter, shown, pictures)
    facts["left_out"] = len(photos) - len(shown)
    made = await paper("job_sheet", facts, locale=locale, pictures=pictures, at=now)
    headers = {
        "Content-Disposition": f'inline; filename="{told.ticket.ref}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


async def _pictures(shown: Sequence[Photo], signed: Photo | None) -> dict[str, bytes]:
    """Those the store still has, by their names in the paper; the signature at its full size."""

    async def read(photo: Photo, *, small: bool) -> bytes | None:
        try:
            return await media.read(photo, small=small)
        except Missing:
            return None

    asked = {f"{photo.id}.jpg": read(photo, small=True) for photo in shown}
    if signed:
        asked["signature.jpg"] = read(signed, small=False)
    found = await asyncio.gather(*asked.values())
    return {name: content for name, content in zip(asked, found, strict=True) if content}


def _facts(
    told: Dossier,
    locale: str,
    now: datetime,
    reporter: str,
    photos: Sequence[Photo],
    pictures: Mapping[str, bytes],
) -> dict[str, Any]:
    ticket, project, zone = told.ticket, told.project, told.project.timezone

    def at(when: datetime | None) -> str:
        return f"{when.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if when else NONE

    def word(sentence: str, **places: Any) -> str:
        return say(locale, sentence, **places)

    fault = FAULTS.get(ticket.fault) if ticket.fault else None
    kind = word(KIND_LABELS[ticket.kind])  # type: ignore[index]
    said = [word(fault.label), kind] if fault else [kind]
    signature = told.signatures[-1] if told.signatures else None
    return {
        "company": contractor(),
        "ref": ticket.ref,
        "printed_at": at(now),
        "owner": told.owner,
        "project": f"{project.code} {project.name}",
        "place": ticket.place or project.address or "",
        "assets": [
            {"code": a.code, "name": a.name, "location": a.location} for a in told.assets[:30]
        ],
        "matter": " · ".join([*said, ticket.severity]),
        "description": ticket.description,
        "reporter": " · ".join(filter(None, (reporter, at(ticket.reported_at)))),
        "technician": told.technician.name if told.technician else NONE,
        "clocks": [
            {
                "promise": word(PROMISE_LABELS[each.clock.promise]),  # type: ignore[index]
                "started": at(each.started_at),
                "due": at(each.due_at),
                "done": at(each.clock.met_at),
                "state": word(STATE_LABELS[each.state]),
                "late": each.state == ClockState.LATE,
            }
            for each in told.clocks
            if each.state != ClockState.SUPERSEDED
        ],
        "pauses": [
            {
                "reason": word(PAUSE_LABELS[each.pause.reason]),  # type: ignore[index]
                "from": at(each.pause.from_at),
                "to": at(each.pause.to_at),
                "evidence": each.pause.evidence,
            }
            for each in told.pauses
            if each.state == "counts"
        ],
        "made_safe": _made_safe(told, at),
        "repairs": [
            {
                "at": at(each.at),
                "where": word("on site") if each.on_site else word("from afar"),
                "by": told.names.get(each.by_id or 0) or NONE,
                "cause": word(CAUSES.get(each.cause, each.cause)),
                "work": each.work,
                "result": word(RESULT_LABELS[each.result])  # type: ignore[index]
                + (f" · {each.expires_on}" if each.expires_on else ""),
                "parts": [_part(part) for part in each.parts],
                "amount": _amount(each.parts),
                "measurements": [
                    {
                        "name": word(MEASURED[m.name].label) if m.name in MEASURED else m.name,
                        "before": plain(m.before) or NONE,
                        "after": plain(m.after) or NONE,
                        "unit": m.unit,
                    }
                    for m in each.measurements
                ],
            }
            for each in told.repairs
        ],
        "cover": word(COVER_LABELS[ticket.cover]),
        "labour": word(PAYS_LABELS[ticket.payer_labour]),  # type: ignore[index]
        "parts_payer": word(PAYS_LABELS[ticket.payer_parts]),  # type: ignore[index]
        "because": word(ticket.payer_reason)
        if ticket.payer_reason
        else said_again(ticket.cover_reason, word),
        "signature": {
            "picture": "signature.jpg",
            "name": getattr(signature, "name", ""),
            "at": at(signature.at),
        }
        if signature and "signature.jpg" in pictures
        else None,
        "photos": [
            {
                "picture": f"{photo.id}.jpg",
                "caption": _caption(photo, word, at),
            }
            for photo in photos
            if f"{photo.id}.jpg" in pictures
        ],
    }


def _caption(photo: Photo, word: Any, at: Any) -> str:
    shows = word(MOMENT_LABELS[photo.moment])
    return f"{shows} · {at(photo.taken_at)}" if photo.taken_at else str(shows)


def _made_safe(told: Dossier, at: Any) -> dict[str, str] | None:
    lines = [line for line in told.lines if line.event.kind == "ticket.made_safe"]
    if not lines:
        return None
    event = lines[-1].event
    return {
        "at": at(event.happened_at),
        "note": event.facts.get("note") or "",
        "isolated": event.facts.get("isolated") or "",
        "by": event.facts.get("isolated_by") or lines[-1].by or "",
    }


def _part(part: Any) -> dict[str, str]:
    priced = part.unit_price is not None
    return {
        "name": part.name,
        "quantity": plain(part.quantity),
        "unit_price": f"{part.unit_price:.2f}" if priced else NONE,
        "amount": f"{part.unit_price * part.quantity:.2f}" if priced else NONE,
        "old_serial": part.old_serial or NONE,
        "new_serial": part.new_serial or NONE,
    }


def _amount(parts: Sequence[Any]) -> str | None:
    """Of all that has a price; None where nothing has."""
    priced = [part.unit_price * part.quantity for part in parts if part.unit_price is not None]
    return f"{sum(priced, Decimal(0)):.2f}" if priced else None
