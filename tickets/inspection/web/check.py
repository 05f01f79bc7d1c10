"""On the phone: place by place, hundreds of lines without getting lost; also without a script."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from tickets import media
from tickets.door import DoorRoute, Now, Session
from tickets.door.typed import clean
from tickets.inspection import actions, queries, rules
from tickets.inspection.queries import Lined
from tickets.inspection.web.doing import Checker
from tickets.pages import page
from tickets.project.rules import day_of
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.words import say

router = APIRouter(route_class=DoorRoute)

WHOLE = "-"  # in an address: what is of the whole project
MOST_PHOTOS = 20
LONGEST = 10_000  # characters of a note
WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass
class Spot:
    """A place one stands at, with its lines."""

    code: str | None
    name: str | None
    location: str | None
    kind: str | None
    lines: list[Lined] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.code or WHOLE

    @property
    def open(self) -> int:
        return sum(each.is_open for each in self.lines)

    @property
    def failed(self) -> int:
        return sum(each.check.verdict == rules.Verdict.FAIL for each in self.lines)


@dataclass
class Kept:
    """What was typed for a line of a refused form, and the sentence beside it."""

    verdict: str = ""
    values: tuple[str, ...] = ()
    note: str = ""
    row: str = ""
    instrument: str = ""
    photos: list[UUID] = field(default_factory=list)
    error: str = ""


def spots_of(lined: Sequence[Lined]) -> list[Spot]:
    spots: dict[str | None, Spot] = {}
    for each in lined:
        spot = spots.setdefault(each.code, Spot(each.code, each.name, each.location, each.kind))
        spot.lines.append(each)
    return list(spots.values())


def _following(spots: Sequence[Spot], at: Spot | None) -> Spot | None:
    """The next place with something open, going on from here and round."""
    n = spots.index(at) + 1 if at in spots else 0
    return next((spot for spot in (*spots[n:], *spots[:n]) if spot.open and spot is not at), None)


@router.get("/inspections/{inspection_id}/check")
async def places(
    request: Request, inspection_id: int, who: Checker, session: Session, now: Now
) -> Response:
    """All places, with how far each is."""
    return await _show(request, inspection_id, who, session, now, "", {}, 200)


@router.get("/inspections/{inspection_id}/check/{at}")
async def place(
    request: Request, inspection_id: int, at: str, who: Checker, session: Session, now: Now
) -> Response:
    """One place, with its lines."""
    return await _show(request, inspection_id, who, session, now, at, {}, 200)


async def _show(
    request: Request,
    inspection_id: int,
    who: Who,
    session: Session,
    now: Now,
    at: str,
    kept: dict[int, Kept],
    status: int,
) -> Response:
    inspection, project = await queries.find(session, who, inspection_id, Verb.INSPECTION_CHECK)
    if inspection.begun_at is None or inspection.is_kept:
        return RedirectResponse(f"/inspections/{inspection.id}", 303)
    checklist = await queries.checklist_of(session, inspection)
    spots = spots_of(await queries.lines(session, inspection, checklist))
    spot = next((each for each in spots if each.key == at), None) if at else None
    if at and spot is None:
        raise Missing("There is nothing to check at this place.")
    response = page(
        request,
        "inspection/check.html",
        status=status,
        inspection=inspection,
        project=project,
        zone=project.timezone,
        spots=spots,
        spot=spot,
        following=_following(spots, spot),
        kept=kept,
        instruments=await queries.instruments(session),
        today=day_of(now, project.timezone),
        sections=rules.SECTION_LABELS,
        verdicts=rules.VERDICT_LABELS,
        total=sum(len(each.lines) for each in spots),
        left=sum(each.open for each in spots),
    )
    response.headers["X-Person"] = str(who.id)  # whose page the phone may keep
    return response


@router.post("/inspections/{inspection_id}/check/{at}")
async def take(
    request: Request, inspection_id: int, at: str, who: Checker, session: Session, now: Now
) -> Response:
    """Every line of the place of which something was entered; all of them, or none and why."""
    inspection, _ = await queries.find(session, who, inspection_id, Verb.INSPECTION_CHECK)
    checklist = await queries.checklist_of(session, inspection)
    spots = spots_of(await queries.lines(session, inspection, checklist))
    spot = next((each for each in spots if each.key == at), None)
    if spot is None:
        raise Missing("There is nothing to check at this place.")
    posted = await request.form(max_files=200)
    kept = await _kept(session, who, posted, spot)
    told = [line for line in spot.lines if line.check.id in kept]
    if not any(each.error for each in kept.values()):
        try:
            results = [_result(line, kept[line.check.id], n) for n, line in enumerate(told)]
            if results:
                async with session.begin_nested():
                    await actions.check(session, who, inspection_id, results, now=now)
            return await _onward(session, who, inspection_id, at)
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            _beside(kept, told, refusal, who.locale)
    return await _show(request, inspection_id, who, session, now, at, kept, 422)


async def _onward(session: Session, who: Who, inspection_id: int, at: str) -> Response:
    """To the next place with something open; to the list when that was the last."""
    inspection, _ = await queries.find(session, who, inspection_id)
    checklist = await queries.checklist_of(session, inspection)
    spots = spots_of(await queries.lines(session, inspection, checklist))
    here = next((each for each in spots if each.key == at), None)
    following = here if here and here.open else _following(spots, here)
    home = f"/inspections/{inspection_id}/check"
    if following is None:
        return RedirectResponse(home, 303)
    return RedirectResponse(f"{home}/{quote(following.key, safe='')}", 303)


async def _kept(session: Session, who: Who, posted: FormData, spot: Spot) -> dict[int, Kept]:
    """Photos are kept at once, so that a refusal does not cost them."""
    kept: dict[int, Kept] = {}
    for line in spot.lines:
        n = line.check.id
        numbers = _number_of(line)
        each = Kept(
            verdict=_text(posted, f"verdict.{n}"),
            values=tuple(_text(posted, f"value.{n}.{i}") for i in range(numbers)),
            note=_text(posted, f"note.{n}"),
            row=_text(posted, f"row.{n}"),
            instrument=_text(posted, f"instrument.{n}"),
        )
        for told in posted.getlist(f"photo_ids.{n}"):
            if isinstance(told, str) and (photo_id := _uuid(told)):
                each.photos.append(photo_id)
        try:
            for file in posted.getlist(f"photo.{n}")[:MOST_PHOTOS]:
                if isinstance(file, UploadFile) and file.filename:
                    content = await file.read(media.MAX_BYTES + 1)
                    photo = await media.take(session, content, by_id=who.id)
                    each.photos.append(photo.id)
        except Refused as refusal:
            each.error = say(who.locale, refusal.sentence, **refusal.places)
        if _is_told(line, each):
            kept[n] = each
    return kept


def _is_told(line: Lined, each: Kept) -> bool:
    """Is there anything new? A page that is sent again says nothing about lines as they were."""
    if each.error or each.photos:
        return True
    check = line.check
    if not each.verdict and not any(each.values):
        return each.note not in ("", check.note)  # refused below: nobody says how it is
    # What was judged by its value is not ticked on the form.
    is_judged = line.item.is_measured and check.verdict in ("pass", "fail")
    number = _number_of(line)
    before = Kept(
        verdict="" if is_judged else check.verdict or "",
        values=tuple(f"{value:.10g}" for value in check.values) if check.values else ("",) * number,
        note=check.note or "",
        row=check.limit_row or each.row,
        instrument=str(check.instrument_id) if check.instrument_id else each.instrument,
    )
    return each != before


def _number_of(line: Lined) -> int:
    kinds = {rules.Value.NUMBER: 1, rules.Value.COUNT: 1}
    kinds |= {rules.Value.NUMBER3: 3, rules.Value.COUNT_PAIR: 2}
    return kinds.get(line.item.kind, 0)


def _uuid(told: str) -> UUID | None:
    try:
        return UUID(told)
    except ValueError:
        return None


def _text(posted: FormData, name: str) -> str:
    """As it is kept; of what cannot be kept nothing."""
    value = posted.get(name, "")
    if not isinstance(value, str):
        return ""
    return clean(value.replace("\0", "").replace("\r\n", "\n")).strip()


def _result(line: Lined, each: Kept, n: int) -> rules.Result:
    if len(each.note) > LONGEST:
        raise Invalid(
            f"results.{n}.note", "At most {max_length} characters, please.", max_length=LONGEST
        )
    values = [value.replace(",", ".").replace("−", "-") for value in each.values if value]
    try:
        numbers = tuple(float(value) for value in values)
    except ValueError:
        raise Invalid(f"results.{n}.value", "This is not a number.") from None
    instrument = each.instrument
    return rules.Result(
        item=line.item.id,
        asset=line.code,
        verdict=each.verdict or None,
        values=numbers,
        note=each.note or None,
        row=each.row if each.row in line.item.rows else None,
        photos=tuple(each.photos),
        instrument=int(instrument) if WHOLE_NUMBER.fullmatch(instrument) else None,
    )


def _beside(kept: dict[int, Kept], told: Sequence[Lined], refusal: Refused, locale: str) -> None:
    """The sentence to the line it is about, else to the first."""
    n = 0
    if isinstance(refusal, Invalid):
        _, _, rest = refusal.field.partition("results.")
        number = rest.partition(".")[0]
        n = int(number) if number.isdigit() else 0
    said: dict[str, Any] = refusal.places
    kept[told[min(n, len(told) - 1)].check.id].error = say(locale, refusal.sentence, **said)
