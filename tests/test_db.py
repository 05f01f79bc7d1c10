"""The database's own promises: words put once, and readers that do not write."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import DateTime, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tickets import db
from tickets.project.models import Project


async def test_what_is_always_the_same_becomes_part_of_the_words(session: AsyncSession) -> None:
    await make_project(session, code="BJ-01")
    await make_project(session, code="SH-02")
    asked = db.fixed(
        select(
            Project.code,
            literal("it's 09:05:07 :code"),
            bindparam("at", type_=DateTime(timezone=True)).label("at"),
        )
        .where(
            Project.code == bindparam("code"),
            Project.code.in_(["BJ-01", "XX"]),
            Project.created_at < datetime(2999, 11, 25, 9, 5, 7, tzinfo=UTC),
        )
        .limit(5)
    )
    at = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
    for code, expected in (("BJ-01", ["BJ-01"]), ("SH-02", [])):
        rows = (await session.execute(asked, {"code": code, "at": at})).all()
        assert [row[0] for row in rows] == expected
        for row in rows:
            assert row[1:] == ("it's 09:05:07 :code", at)
    assert set(asked._bindparams) == {"code", "at"}


async def test_a_request_that_only_reads_cannot_leave_rows_behind(session: AsyncSession) -> None:
    project = await make_project(session, code="BJ-01")
    await session.commit()

    async def forgets_itself() -> None:
        async with db.transaction(is_reading=True) as reading:
            found = await reading.get_one(Project, project.id)
            found.name = "another"

    with pytest.raises(RuntimeError, match="only reads"):
        await forgets_itself()
    async with db.transaction(is_reading=True) as reading:
        assert (await reading.get_one(Project, project.id)).name != "another"
