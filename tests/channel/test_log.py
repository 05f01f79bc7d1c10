"""The log: what went out together is the administrator's to read, one's own message one's own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.conftest import make_channel, make_notice
from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets.channel import actions
from tickets.channel.models import Sending
from tickets.channel.wire import Outcome, Told
from workers.post import send_notices

BrowserOf = Callable[..., Any]


async def test_whoever_was_told_one_of_many_reads_that_one_alone(
    session: AsyncSession, browser_of: BrowserOf, as_role: SignedIn
) -> None:
    channel = await make_channel(session, "dingtalk", url="http://127.0.0.1:1/")
    east = await make_project(session)
    his = await make_person(session, project_id=east.id)
    other = await make_person(session, role="manager", name="Other Wu")
    mine = {"ref": "T-MINE", "place": "my gate"}
    theirs = {"ref": "T-THEIRS", "place": "their gate"}
    first = await make_notice(session, other, facts=theirs, reach="urgent")
    for n in range(20):  # more than the robot takes in a minute: a digest
        await make_notice(session, other, facts=theirs | {"ref": f"T-THEIRS-{n}"})
    own = await make_notice(session, his, facts=mine)
    await session.commit()
    await send_notices({})
    now = datetime.now(UTC)
    taken = await actions.take(session, channel.id, now, locale="en", more="http://x/inbox")
    assert taken is not None
    (parcel,) = taken.parcels
    assert "T-MINE" in parcel.text
    assert "T-THEIRS" in parcel.text
    outcome = Outcome(Told.ACCEPTED, "ok")
    assert await actions.settle(session, channel.id, parcel.id, outcome, now) == "accepted"
    await session.commit()
    carrier = (await session.scalars(select(Sending).where(Sending.id == parcel.id))).one()
    assert carrier.notice_id == first.id

    page = (await (await browser_of(his)).get(f"/inbox/{own.id}/sendings")).text
    assert "delivered" in page
    assert "T-MINE" in page
    assert "my gate" in page
    for foreign in ("T-THEIRS", "their gate", "Other Wu", "http://x/inbox"):
        assert foreign not in page
    # Whoever carries the others reads as little of them.
    page = (await (await browser_of(other)).get(f"/inbox/{first.id}/sendings")).text
    assert "their gate" in page
    assert "T-MINE" not in page
    # The channel's own log has it as it went out.
    page = (await (await as_role("admin")).get(f"/channels/{channel.id}")).text
    assert "T-MINE" in page
