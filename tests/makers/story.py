"""A ticket that has been through everything, each act entered when it was, for the tests of why."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tickets.project.models import Project
from tickets.sla.actions import breach_overdue
from tickets.sla.rules import PauseReason, Result
from tickets.staff.rules import Role
from tickets.ticket import actions
from tickets.ticket.models import Ticket
from tickets.ticket.rules import Severity
from tickets.visit import actions as visit
from tickets.visit.rules import Found

H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# S2 is served twice as fast there.
TERMS = {"severities": {"S2": {"arrival_hours": 24, "repair_hours": 24}}}


async def make_story(session: AsyncSession, *, project: Project, start: datetime) -> Ticket:
    """120 h: a breach withdrawn, a pause that counts, one rejected, one that waits, a change of
    severity, an arrival and a repair too late; then a second cycle that stands still."""
    hotline = who_of((await make_person(session, role="hotline", name="值班员甲")).id, Role.HOTLINE)
    manager = who_of((await make_person(session, role="manager", name="周经理")).id, Role.MANAGER)
    technician = who_of(
        (await make_person(session, role="technician", name="李师傅")).id, Role.TECHNICIAN
    )
    ticket = await make_ticket(
        session,
        project=project,
        now=start + 4 * MINUTE,
        reported_at=start,
        description="一排灯不亮",
    )
    ref = ticket.ref
    await breach_overdue(session, start + 1.2 * H)
    # Told at half past, which we learnt an hour later.
    await actions.answer(session, hotline, ref, at=start + 0.5 * H, now=start + 1.5 * H)
    gate = await actions.pause(
        session, manager, ref, reason=PauseReason.NO_ACCESS, evidence="地库大门上锁，物业未到",
        now=start + 2 * H,
    )  # fmt: skip
    await actions.end_pause(session, manager, gate.id, now=start + 8 * H)
    await actions.change_severity(
        session, hotline, ref, severity=Severity.S2, reason="整条街都不亮", now=start + 12 * H
    )
    rain = await actions.pause(
        session, hotline, ref, reason=PauseReason.WEATHER_UNSAFE, evidence="下雨",
        from_at=start + 9 * H, to_at=start + 10 * H, now=start + 13 * H,
    )  # fmt: skip
    await actions.reject_pause(session, manager, rain.id, reason="当日无雨", now=start + 14 * H)
    await breach_overdue(session, start + 30.5 * H)
    await visit.arrive(session, technician, ref, now=start + 33 * H)
    await actions.pause(
        session, hotline, ref, reason=PauseReason.OWNER_SUPPLY, evidence="业主变压器检修",
        from_at=start + 20 * H, to_at=start + 25 * H, now=start + 34 * H,
    )  # fmt: skip
    found = Found(result=Result.FIXED, cause="C_PRODUCT", work="更换电源", on_site=True)
    await visit.repair(session, technician, ref, found, now=start + 36 * H)
    await actions.recur(session, hotline, ref, reason="又不亮了", now=start + 60 * H)
    await actions.answer(session, hotline, ref, now=start + 60.5 * H)
    await actions.pause(
        session, hotline, ref, reason=PauseReason.OWNER_POSTPONES, evidence="业主要求演出后再修",
        now=start + 70 * H,
    )  # fmt: skip
    return ticket
