"""Service groups have at least three named technicians (rules.md §5)."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.staff import make_person
from tickets.cli.demo_people import PASSWORD, demo_people
from tickets.rota.models import ServiceGroup
from tickets.staff.models import HeldRole
from tickets.staff.queries import technicians_for

AsRole = Callable[[str], Awaitable[AsyncClient]]


async def test_a_group_short_of_three_is_an_alarm_and_membership_carries_the_role(
    session: AsyncSession, as_role: AsRole
) -> None:
    admin = await as_role("admin")
    assert (await admin.post("/groups", data={"name": "维修一班"})).is_redirect
    group = (await session.scalars(select(ServiceGroup))).one()
    assert "3 technicians are missing" in (await admin.get("/groups")).text
    crew = [await make_person(session, role="technician") for _ in range(2)]
    clerk = await make_person(session, role="hotline")
    for person in (*crew, clerk):
        answer = await admin.post(f"/groups/{group.id}/members", data={"person": person.id})
        assert answer.is_redirect, answer.text
    assert "missing" not in (await admin.get("/groups")).text
    given = select(HeldRole.role).where(HeldRole.group_id == group.id)
    assert list(await session.scalars(given)) == ["technician"]  # the others hold it everywhere
    allowed = await technicians_for(session, project_id=1, group_id=group.id)
    assert {person.id for person in allowed} == {person.id for person in (*crew, clerk)}
    again = await admin.post(f"/groups/{group.id}/members", data={"person": clerk.id})
    assert again.status_code == 409
    gone = await admin.post(f"/groups/{group.id}/members/{clerk.id}/departure")
    assert gone.is_redirect
    assert list(await session.scalars(given)) == []
    assert "1 technicians are missing" in (await admin.get("/groups")).text


async def test_two_groups_have_two_names_and_nonsense_gets_a_sentence(
    session: AsyncSession, as_role: AsRole
) -> None:
    admin = await as_role("admin")
    for name in ("一班", "二班"):
        await admin.post("/groups", data={"name": name})
    first = (await session.scalars(select(ServiceGroup).where(ServiceGroup.name == "一班"))).one()
    assert (await admin.post("/groups", data={"name": "二班"})).status_code == 422
    taken = await admin.post(f"/groups/{first.id}", data={"name": "二班"})
    assert taken.status_code == 422
    assert (await admin.post(f"/groups/{first.id}", data={"name": "三班"})).is_redirect
    assert (await admin.post("/groups/2147483647", data={"name": "x"})).status_code == 404
    members = f"/groups/{first.id}/members"
    assert (await admin.post(members, data={"person": "x"})).status_code == 422
    assert (await admin.post(members, data={"person": "2147483647"})).status_code == 404
    assert (await admin.post(members, data={"person": "9" * 30})).status_code == 422


async def test_the_demonstrations_people_are_named_by_role_and_can_sign_in(
    session: AsyncSession, stranger: AsyncClient, now: datetime
) -> None:
    made = await demo_people(session, now)
    await session.commit()
    assert [one.name for one in made.sign_ins][:3] == ["值班员", "热线主管", "维修员甲"]
    for login, begins in (("zhiban", "/desk"), ("weixiu1", "/round"), ("admin", "/desk")):
        stranger.cookies.clear()
        answer = await stranger.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303
        assert (await stranger.get("/")).headers["location"] == begins
