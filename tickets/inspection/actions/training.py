"""培训: a session was held for the owner's people (P4), due 30 days after acceptance."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection.models import Training
from tickets.inspection.rules import TOPIC_LABELS
from tickets.media import Photo
from tickets.project import queries as projects
from tickets.project.rules import FIRST_DAY, day_of
from tickets.refusals import Invalid
from tickets.staff.rules import Verb, Who

MOST_TOPICS = 30


async def hold_training(
    session: AsyncSession,
    who: Who,
    code: str,
    *,
    held_on: date,
    place: str,
    topics: Sequence[str],
    trainer: str,
    attendees: str,
    questions: str | None,
    sheet: UUID | None,
    now: datetime,
) -> Training:
    """`topics`: codes of the plan's six, or words of one's own. `attendees` one a line; the diary
    has none of their names."""
    project = await projects.find(session, who, code, Verb.INSPECTION_CHECK)
    if held_on > day_of(now, project.timezone):
        raise Invalid("held_on", "This day is still to come.")
    if held_on < FIRST_DAY:
        raise Invalid("held_on", "This day cannot be: it is too far away.")
    named = [topic.strip() for topic in topics if topic.strip()]
    if not named:
        raise Invalid("topics", "Choose at least one topic.")
    if len(named) > MOST_TOPICS:
        raise Invalid("topics", "At most {most} topics.", most=MOST_TOPICS)
    people = [line.strip() for line in attendees.splitlines() if line.strip()]
    if not people:
        raise Invalid("attendees", "Name who attended, one a line.")
    if sheet is not None:
        known = select(Photo.id).where(Photo.id == sheet, Photo.by_id == who.id)
        if await session.scalar(known) is None:
            raise Invalid("sheet", "One of the photos is not known; please upload it again.")
    training = Training(
        project_id=project.id,
        held_on=held_on,
        place=place,
        topics=named,
        trainer=trainer,
        attendees="\n".join(people),
        questions=questions,
        sheet_id=sheet,
        by_id=who.id,
    )
    session.add(training)
    await session.flush()
    record(
        session,
        "training.held",
        at=now,
        project_id=project.id,
        by_id=who.id,
        training_id=training.id,
        held_on=held_on.isoformat(),
        topics=[topic for topic in named if topic in TOPIC_LABELS],
        attendees=len(people),
    )
    return training
