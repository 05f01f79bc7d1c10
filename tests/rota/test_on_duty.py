"""Who is on duty at an instant, who is next, when nobody is; overlapping duties are impossible."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import DateTime, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.rota import make_absence, make_duty, make_group
from tickets.project.models import Project
from tickets.rota import queries

AT = datetime(2026, 11, 25, 4, tzinfo=UTC)  # noon in Shanghai
H = timedelta(hours=1)


async def test_the_duty_that_covers_the_instant_and_the_next_of_somebody_else(
    session: AsyncSession,
) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await make_duty(session, group, ann, AT, AT + 4 * H)
    await make_duty(session, group, bob, AT + 4 * H, AT + 8 * H)
    await make_duty(session, group, cyd, AT + 8 * H, AT + 12 * H)
    assert await queries.on_duty(session, group.id, AT) is ann
    assert await queries.on_duty(session, group.id, AT + 4 * H) is bob
    assert await queries.on_duty(session, group.id, AT + 12 * H) is None
    assert await queries.on_duty(session, None, AT) is None
    assert await queries.next_on_duty(session, group.id, AT, []) is bob
    assert await queries.next_on_duty(session, group.id, AT, [bob.id]) is cyd
    assert await queries.next_on_duty(session, group.id, AT - timedelta(days=61), []) is None


async def test_who_is_away_or_has_left_is_not_on_duty(session: AsyncSession) -> None:
    group, (ann, bob, cyd) = await make_group(session)
    await make_duty(session, group, ann, AT, AT + 24 * H)
    await make_duty(session, group, bob, AT + 24 * H, AT + 48 * H)
    await make_duty(session, group, cyd, AT + 48 * H, AT + 72 * H)
    await make_absence(session, ann, date(2026, 11, 25), date(2026, 11, 25))
    await make_absence(session, bob, date(2026, 11, 26), date(2026, 11, 26))
    assert await queries.on_duty(session, group.id, AT) is None
    # The local day, not the one in UTC, decides: midnight in Shanghai is four in the afternoon.
    assert await queries.on_duty(session, group.id, AT + 12 * H) is ann
    assert await queries.next_on_duty(session, group.id, AT, []) is cyd
    ann.retired_at = AT
    await session.flush()
    assert await queries.on_duty(session, group.id, AT + 12 * H) is None


async def test_it_folds_into_another_statement(session: AsyncSession) -> None:
    group, (ann, *_) = await make_group(session)
    project = await make_project(session, group_id=group.id)
    other = await make_project(session)
    await make_duty(session, group, ann, AT, AT + H)
    at = bindparam("at", type_=DateTime(timezone=True))
    asked = select(Project.id, queries.duty_person_id(Project.group_id, at)).order_by(Project.id)
    rows = (await session.execute(asked, {"at": AT})).all()
    assert [tuple(row) for row in rows] == [(project.id, ann.id), (other.id, None)]


async def test_duties_of_a_group_never_overlap(session: AsyncSession) -> None:
    group, (ann, bob, _) = await make_group(session)
    other, (dan, *_) = await make_group(session)
    await make_duty(session, group, ann, AT, AT + H)
    await make_duty(session, group, bob, AT + H, AT + 2 * H)  # may touch
    await make_duty(session, other, dan, AT, AT + H)  # another group's
    with pytest.raises(IntegrityError, match="ex_duty_overlap"):
        await make_duty(session, group, bob, AT + H / 2, AT + H)
