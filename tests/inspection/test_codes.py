"""A project's code may be Chinese, with `#` and brackets: its papers and addresses hold it."""

from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.inspection import actions
from tickets.inspection.models import Inspection, Training
from tickets.project import actions as projects
from tickets.staff.rules import Role

CODE = "滨江（2）#1"


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def test_the_papers_of_a_project_with_a_chinese_code_are_made(
    session: AsyncSession, as_role: SignedIn
) -> None:
    now = datetime.now(UTC)
    project = await make_project(session, code=CODE, accepted_on=now.date())
    asked = select(Inspection).where(Inspection.project_id == project.id, Inspection.number == 1)
    inspection = (await session.scalars(asked)).one()
    person = await make_person(session, role="technician")
    who = who_of(person.id, Role.TECHNICIAN)
    await actions.start(session, who, inspection.id, now=now)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    handed = await actions.hand_over(
        session, who, inspection.id, received_by="王科", how="link", now=now
    )
    client = await as_role("manager")
    name = quote(CODE, safe="")
    for path in (
        f"/inspections/{inspection.id}/report.pdf",
        f"/api/v1/inspections/{inspection.id}/report.pdf",
        f"{handed.link}/report.pdf",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.content.startswith(b"%PDF")
        assert f"filename*=UTF-8''JC-{name}-" in answer.headers["content-disposition"]


async def test_a_training_is_shown_in_the_project_it_was_held_for(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code=CODE, accepted_on=date(2026, 1, 5))
    client = await as_role("manager")
    done = await client.post(
        "/trainings",
        data={
            "project": CODE,
            "held_on": "2026-02-01",
            "place": "城管局",
            "topics": "basics",
            "trainer": "李工",
            "attendees": "王科",
        },
    )
    assert done.status_code == 303, done.text
    assert CODE in (await client.get(done.headers["location"])).text
    training = (await session.scalars(select(Training))).one()
    answer = await client.get(f"/trainings/{training.id}/record.pdf")
    assert answer.status_code == 200, answer.text
    assert f"filename*=UTF-8''PX-{quote(CODE, safe='')}-" in answer.headers["content-disposition"]
