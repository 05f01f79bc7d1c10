"""A broken promise is brought to mind while its ticket is open, and no longer (rules.md §5)."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from tests.makers.ticket import who_of
from tests.ticket.night import MIN, H, Night
from tickets.events import Event
from tickets.notice.models import Alert, Notice
from tickets.sla import actions as sla
from tickets.sla.models import Clock
from tickets.sla.rules import ActKind, Result
from tickets.staff.rules import Role
from tickets.ticket import actions
from tickets.ticket.models import Ticket

End = Callable[[Night, Ticket, float], Awaitable[None]]


async def cancelled(night: Night, ticket: Ticket, minutes: float) -> None:
    await actions.cancel(
        night.session,
        who_of(night.manager.id, Role.MANAGER),
        ticket.ref,
        reason="a film was shot there",
        now=night.start + minutes * MIN,
    )


async def out_of_scope(night: Night, ticket: Ticket, minutes: float) -> None:
    await actions.close(
        night.session,
        who_of(night.manager.id, Role.MANAGER),
        ticket.ref,
        outcome="out_of_scope",
        told="the grid's own lamp; passed to the grid",
        now=night.start + minutes * MIN,
    )


async def clocks(night: Night, ticket: Ticket) -> dict[str, Clock]:
    rows = await night.session.scalars(
        select(Clock).where(Clock.ticket_id == ticket.id).execution_options(populate_existing=True)
    )
    return {clock.promise: clock for clock in rows}


async def said(night: Night, ticket: Ticket) -> list[str]:
    """The thresholds in the diary, whoever was told of them."""
    rows = await night.session.scalars(
        select(Event)
        .where(Event.ticket_id == ticket.id, Event.kind == "clock.warned")
        .order_by(Event.id)
    )
    return [event.facts["threshold"] for event in rows]


@pytest.mark.parametrize("end", [cancelled, out_of_scope])
async def test_a_ticket_that_has_ended_is_brought_to_mind_no_more(night: Night, end: End) -> None:
    ticket = await night.report(reported_at=night.start - 50 * H)
    other = await night.report(reported_at=night.start - 50 * H)
    await night.at(0)
    assert (await clocks(night, ticket))["arrival"].warn_at is not None
    await end(night, ticket, 1)
    found = await clocks(night, ticket)
    assert found["arrival"].breached_at is not None  # the breach stays
    assert [clock.warn_at for clock in found.values()] == [None] * 3
    before = await said(night, ticket)
    for day in (1, 2, 3):
        await night.at(day * 24 * 60)
    assert await said(night, ticket) == before
    assert "+24h" in await said(night, other)


async def test_a_reminder_written_down_before_its_ticket_ended_falls_quiet(night: Night) -> None:
    ticket, other = await night.report(), await night.report()
    await night.at(61)
    for each in (ticket, other):
        await cancelled(night, each, 62)
    broken = (await clocks(night, ticket))["response"]
    assert broken.due_at is not None
    broken.warn_at = broken.due_at + 24 * H  # as it stood in the rows of old
    await night.session.flush()
    await night.at(26 * 60)
    assert (await clocks(night, ticket))["response"].warn_at is None
    assert await said(night, ticket) == await said(night, other)
    assert await night.heard("+24h") == set()


async def test_a_reminder_that_the_end_has_overtaken_is_told_to_nobody(night: Night) -> None:
    ticket = await night.report()
    await night.at(61)
    await sla.warn_in_time(night.session, night.start + 25 * H)
    await cancelled(night, ticket, 25 * 60)
    await night.consequences()
    assert "+24h" in await said(night, ticket)
    assert await night.heard("+24h") == set()


async def test_a_duplicate_is_quiet_from_its_merger_on(night: Night) -> None:
    ticket, survivor = await night.report(), await night.report()
    await night.at(61)
    await actions.merge(
        night.session,
        who_of(night.manager.id, Role.MANAGER),
        ticket.ref,
        into=survivor.ref,
        now=night.start + 62 * MIN,
    )
    assert [clock.warn_at for clock in (await clocks(night, ticket)).values()] == [None] * 3
    before = await said(night, ticket)
    await night.at(26 * 60)
    assert await said(night, ticket) == before
    told = await night.session.scalars(
        select(Notice.ticket_id).where(Notice.threshold == "+24h", Notice.ticket_id.is_not(None))
    )
    assert set(told) == {survivor.id}


async def test_a_breach_noticed_days_late_is_told_where_no_reminder_will_say_it(
    night: Night,
) -> None:
    far = await night.report(reported_at=night.start - 80 * H)
    await actions.perform(
        night.session,
        far,
        ActKind.REPAIR,
        who=who_of(night.zhang.id, Role.TECHNICIAN),
        at=night.start,
        now=night.start,
        on_site=False,
        result=Result.FIXED,
    )
    await night.at(0)
    assert await said(night, far) == []
    assert await night.heard("breach", "arrival") >= {"张", "manager"}


@pytest.mark.parametrize("end", [cancelled, out_of_scope])
async def test_a_breach_noticed_as_its_ticket_ends_is_told_once(night: Night, end: End) -> None:
    ticket = await night.report(reported_at=night.start - 80 * H)
    await end(night, ticket, 0)
    await night.at(0)
    await night.at(26 * 60)
    assert await said(night, ticket) == []
    for promise in ("response", "arrival", "repair"):
        assert await night.heard("breach", promise) >= {"张", "manager"}
    alerts = await night.session.scalars(select(Alert).where(Alert.threshold == "breach"))
    assert [alert.climbs_at for alert in alerts] == [None] * 3
