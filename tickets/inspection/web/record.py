"""培训记录: what was taught, where, by whom and to whom, as a paper to be signed and kept."""

from typing import Any

from fastapi import APIRouter, Response

from tickets import media
from tickets.door import DoorRoute, Now, Session
from tickets.inspection import queries, rules
from tickets.inspection.models import Training
from tickets.inspection.rules.spoken import Spoken
from tickets.inspection.web.doing import Reader, inline
from tickets.inspection.web.report import Lang
from tickets.media import Photo
from tickets.papers import contractor, paper
from tickets.project.models import Owner, Project
from tickets.refusals import Missing

router = APIRouter(route_class=DoorRoute)

SHEET = 1600  # pixels: names written by hand must be legible


@router.get("/trainings/{training_id}/record.pdf", response_class=Response)
async def record(
    training_id: int, who: Reader, session: Session, now: Now, lang: Lang = ""
) -> Response:
    """Empty lines are left for the signatures where there is no sheet of them yet."""
    training, project = await queries.training(session, who, training_id)
    owner = await session.get_one(Owner, project.owner_id)
    sheet = await session.get(Photo, training.sheet_id) if training.sheet_id else None
    pictures = {}
    if sheet is not None:
        try:
            pictures["sheet.jpg"] = await media.scaled(sheet.sha256, SHEET)
        except Missing:
            sheet = None
    locale = lang or who.locale
    facts = _facts(training, project, owner.name, locale)
    facts["has_sheet"] = sheet is not None
    made = await paper("training_record", facts, locale=locale, pictures=pictures, at=now)
    name = f"PX-{project.code}-{training.held_on:%Y%m%d}-{training.id}"
    headers = {
        "Content-Disposition": inline(f"{name}.pdf"),
        "Cache-Control": "no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


def _facts(training: Training, project: Project, owner: str, locale: str) -> dict[str, Any]:
    _ = Spoken(locale, project.timezone)
    labels = rules.TOPIC_LABELS
    return {
        "company": contractor(),
        "owner": owner,
        "project": f"{project.name}（{project.code}）",
        "held_on": _.day(training.held_on),
        "place": training.place,
        "trainer": training.trainer,
        "topics": [_(labels[each]) if each in labels else each for each in training.topics],
        "attendees": training.attendees.splitlines(),
        "questions": training.questions or "",
    }
