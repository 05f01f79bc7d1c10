"""No worker for two minutes: every page of ours says so, those of an owner's people do not."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tickets.pulse import Heartbeat

SAID = "The clocks are not being watched."


@pytest.mark.parametrize(("ago", "is_said"), [(90, False), (150, True), (None, True)])
async def test_staff_hear_of_a_silent_worker(
    session: AsyncSession, as_role: SignedIn, now: datetime, ago: int | None, is_said: bool
) -> None:
    if ago is not None:
        session.add(Heartbeat(name="worker", at=now - timedelta(seconds=ago)))
        await session.commit()
    for role, path in (("hotline", "/desk"), ("technician", "/round"), ("manager", "/broken")):
        page = await (await as_role(role)).get(path)
        assert page.status_code == 200
        assert (SAID in page.text) == is_said
    ready = await (await as_role("hotline")).get("/readyz")
    assert (ready.status_code == 503) == is_said


async def test_an_owners_person_does_not(as_role: SignedIn) -> None:
    page = await (await as_role("owner")).get("/projects")
    assert page.status_code == 200
    assert SAID not in page.text
