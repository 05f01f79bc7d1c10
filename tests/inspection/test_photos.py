"""Who sees the photos of an inspection: those who see its lines."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.inspection.test_checking import setting, tell
from tests.makers.inspection import make_photo
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets.inspection import actions
from tickets.inspection.models import Training
from tickets.inspection.rules import Result
from tickets.project import actions as projects
from tickets.staff.models import Person


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


async def test_the_photo_of_a_line_is_seen_by_staff_of_the_project_and_after_signing_by_the_owner(
    session: AsyncSession, as_role: SignedIn, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    project, inspection, who = await setting(session)
    elsewhere = await make_project(session)
    photo = await make_photo(session, who, colour="red")
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass", photos=(photo,)))

    async def of(role: str, project_id: int) -> AsyncClient:
        return await browser_of(await make_person(session, role=role, project_id=project_id))

    async def status(client: AsyncClient) -> int:
        whole = (await client.get(f"/photos/{photo}")).status_code
        assert (await client.get(f"/photos/{photo}/small")).status_code == whole
        return whole

    manager, owner = await as_role("manager"), await of("owner", project.id)
    colleague = await of("technician", project.id)
    stranger, other_owner = (
        await of("technician", elsewhere.id),
        await of("owner", elsewhere.id),
    )
    assert await status(manager) == await status(colleague) == 200
    assert await status(stranger) == await status(other_owner) == await status(owner) == 404
    now = datetime.now(UTC)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    await session.flush()
    assert await status(owner) == 200
    assert await status(other_owner) == await status(stranger) == 404


async def test_a_signature_sheet_is_seen_by_those_who_see_the_training(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project, _, who = await setting(session)
    sheet = await make_photo(session, who, colour="white")
    manager = await as_role("manager")
    assert (await manager.get(f"/photos/{sheet}")).status_code == 404
    session.add(
        Training(
            project_id=project.id,
            held_on=datetime.now(UTC).date(),
            place="城管局",
            topics=["basics"],
            trainer="李工",
            attendees="王科",
            sheet_id=sheet,
            by_id=who.id,
        )
    )
    await session.flush()
    assert (await manager.get(f"/photos/{sheet}")).status_code == 200
