"""People are added, changed, retired and reinstated on their page."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from tests.makers.staff import make_person
from tickets.events import Event
from tickets.project.models import Owner, Project
from tickets.rota.models import ServiceGroup
from tickets.staff import actions
from tickets.staff.models import Person, SignIn
from tickets.staff.rules import Grant, Role, Verb

AsRole = Callable[[str], Awaitable[AsyncClient]]
FORM = {"login": "xiaoli", "name": "维修员小李", "roles": "technician", "password": "long grass 9"}


async def _by_login(session: AsyncSession, login: str) -> Person:
    return (
        await session.scalars(
            select(Person)
            .where(Person.login == login)
            .options(selectinload(Person.roles))
            .execution_options(populate_existing=True)
        )
    ).one()


async def _project(session: AsyncSession, code: str = "BJ-01") -> Project:
    owner = Owner(name=f"owner of {code}")
    session.add(owner)
    await session.flush()
    project = Project(code=code, name="江边灯光", owner_id=owner.id)
    session.add(project)
    await session.flush()
    return project


async def _last(session: AsyncSession, kind: str) -> Event:
    return (
        await session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc()))
    ).first() or Event()


async def test_an_admin_adds_a_person_with_roles_everywhere_for_a_project_and_for_a_group(
    session: AsyncSession, as_role: AsRole
) -> None:
    admin = await as_role("admin")
    project = await _project(session)
    group = ServiceGroup(name="维修一班")
    session.add(group)
    await session.flush()
    answer = await admin.post(
        "/people", data=FORM | {"new_role": "manager", "new_project": "BJ-01", "phone": "138 0000"}
    )
    assert answer.status_code == 303, answer.text
    person = await _by_login(session, "xiaoli")
    assert {(r.role, r.project_id) for r in person.roles} == {
        ("technician", None),
        ("manager", project.id),
    }
    event = await _last(session, "person.added")
    assert event.facts["person_id"] == person.id
    assert "138" not in str(event.facts)
    assert "long grass" not in str(event.facts)
    changed = await admin.post(
        f"/people/{person.id}",
        data={
            "login": "xiaoli",
            "name": "维修员小李",
            "version": "1",
            "roles": [f"manager@project:{project.id}"],
            "new_role": "technician",
            "new_group": str(group.id),
        },
    )
    assert changed.status_code == 303, changed.text
    person = await _by_login(session, "xiaoli")
    assert {(r.role, r.project_id, r.group_id) for r in person.roles} == {
        ("manager", project.id, None),
        ("technician", None, group.id),
    }
    page = (await admin.get("/people")).text
    assert "BJ-01 江边灯光" in page
    assert "维修一班" in page


async def test_a_role_for_a_project_reaches_that_project_alone(session: AsyncSession) -> None:
    from tickets.staff.queries import who_is

    project = await _project(session)
    person = await make_person(session, role="manager", project_id=project.id)
    who = who_is(person)
    assert who.may(Verb.PROJECT_WRITE)
    assert who.may_for(Verb.PROJECT_WRITE, project.id, None)
    assert not who.may_for(Verb.PROJECT_WRITE, project.id + 1, None)
    assert not who.scope(Verb.PROJECT_WRITE).everywhere


async def test_an_administrator_of_one_project_does_not_decide_who_works_here(
    session: AsyncSession, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    project = await _project(session)
    browser = await browser_of(await make_person(session, role="admin", project_id=project.id))
    assert (await browser.get("/people")).status_code == 403
    assert (await browser.get("/groups")).status_code == 403
    assert (await browser.post("/people", data=FORM)).status_code == 403
    assert await session.scalar(select(func.count()).where(Person.login == "xiaoli")) == 0


async def test_the_second_of_two_admins_gets_a_sentence_and_keeps_what_he_typed(
    session: AsyncSession, as_role: AsRole
) -> None:
    first, second = await as_role("admin"), await as_role("admin")
    person = await make_person(session, role="hotline", name="Before")
    form = {"login": person.login, "version": "1", "roles": "hotline"}
    assert (await first.post(f"/people/{person.id}", data=form | {"name": "One"})).is_redirect
    answer = await second.post(f"/people/{person.id}", data=form | {"name": "Two"})
    assert answer.status_code == 409
    assert "Somebody else has changed One meanwhile" in answer.text
    assert 'value="Two"' in answer.text
    again = await second.post(f"/people/{person.id}", data=form | {"name": "Two"})
    assert again.status_code == 409
    assert (await _by_login(session, person.login)).name == "One"


async def test_whoever_retires_is_out_at_once_and_may_come_back(
    session: AsyncSession,
    as_role: AsRole,
    browser_of: Callable[[Person], Awaitable[AsyncClient]],
) -> None:
    admin = await as_role("admin")
    person = await make_person(session, role="hotline")
    browser = await browser_of(person)
    assert (await browser.get("/account")).status_code == 200
    assert (await admin.post(f"/people/{person.id}/retirement")).is_redirect
    assert (await browser.get("/account")).headers["location"].startswith("/login")
    open_ = select(func.count()).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    assert await session.scalar(open_) == 0
    assert (await _last(session, "person.retired")).facts == {"person_id": person.id}
    twice = await admin.post(f"/people/{person.id}/retirement")
    assert twice.status_code == 409
    assert (await admin.post(f"/people/{person.id}/reinstatement")).is_redirect
    assert (await browser.get("/account")).headers["location"].startswith("/login")
    await session.refresh(person)
    assert person.retired_at is None


async def test_the_last_administrator_stays(
    session: AsyncSession, as_role: AsRole, now: datetime
) -> None:
    root = await actions.add_person(
        session,
        login="root",
        name="管理员",
        password="long grass 9",
        roles=[Grant(Role.ADMIN)],
        now=now,
    )
    admin = await as_role("admin")  # has no password, so nobody could sign in as him
    refused = await admin.post(f"/people/{root.id}/retirement")
    assert refused.status_code == 409
    assert "last administrator" in refused.text
    form = {"login": "root", "name": "管理员", "version": "1", "roles": "hotline"}
    answer = await admin.post(f"/people/{root.id}", data=form)
    assert answer.status_code == 409
    assert "last administrator" in answer.text
    await actions.add_person(
        session,
        login="root2",
        name="管理员二",
        password="long grass 9",
        roles=[Grant(Role.ADMIN)],
        now=now,
    )
    assert (await admin.post(f"/people/{root.id}/retirement")).is_redirect


async def test_what_cannot_be_is_said_at_its_field(as_role: AsRole) -> None:
    admin = await as_role("admin")
    for wrong, sentence in (
        ({"login": ""}, "This is needed."),
        ({"login": "two words"}, "no spaces"),
        ({"password": "short"}, "at least 8"),
        ({"password": "12345678"}, "too easily"),
        ({"password": "aaaaaaaaaa"}, "too easily"),
        ({"name": "nul\0byte"}, "cannot be kept"),
        ({"roles": ""}, "at least one role"),
        ({"roles": "emperor"}, "not one of the known values"),
        ({"roles": "manager@project:2000000"}, "does not exist"),
        ({"roles": "owner"}, "named projects only"),
        ({"roles": "integration"}, "role of programs"),
        ({"new_role": "manager", "new_project": "NONE"}, "no project of this code"),
        ({"new_project": "NONE"}, "Choose the role"),
        ({"email": "nobody"}, ""),
        ({"phone": "<b>"}, ""),
    ):
        answer = await admin.post("/people", data=FORM | wrong)
        assert answer.status_code == 422, (wrong, answer.text)
        assert sentence in answer.text, wrong
        assert "long grass 9" not in answer.text


async def test_one_name_signs_in_one_person(session: AsyncSession, as_role: AsRole) -> None:
    admin = await as_role("admin")
    assert (await admin.post("/people", data=FORM)).is_redirect
    answer = await admin.post("/people", data=FORM | {"login": "XIAOLI"})
    assert answer.status_code == 422
    assert "already signs in with this name" in answer.text


async def test_names_are_shown_as_text_and_lose_their_direction_tricks(
    session: AsyncSession, as_role: AsRole
) -> None:
    admin = await as_role("admin")
    tricky = FORM | {"name": "<script>alert(1)</script>\u202egnp.exe"}
    answer = await admin.post("/people", data=tricky)
    assert answer.is_redirect
    assert (await _by_login(session, "xiaoli")).name == "<script>alert(1)</script>gnp.exe"
    for path in ("/people", answer.headers["location"]):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_people_are_found_by_name_and_listed_a_page_at_a_time(
    session: AsyncSession, as_role: AsRole
) -> None:
    admin = await as_role("admin")
    for number in range(55):
        await make_person(session, role="technician", name=f"Crew 100% {number:02}")
    await session.commit()
    page = (await admin.get("/people", params={"q": "crew 100%"})).text
    assert page.count('href="/people/') == 51  # fifty and "add a person"
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    rest = (await admin.get(following[1].replace("&amp;", "&"))).text
    assert "Crew 100% 54" in rest
    assert "Crew 100% 01" not in rest
    assert (await admin.get("/people", params={"q": "' ; -- %"})).status_code == 200


async def test_a_new_password_ends_the_sign_ins_with_the_old_one(
    session: AsyncSession,
    as_role: AsRole,
    browser_of: Callable[[Person], Awaitable[AsyncClient]],
) -> None:
    admin = await as_role("admin")
    person = await make_person(session, role="hotline")
    browser = await browser_of(person)
    weak = await admin.post(f"/people/{person.id}/password", data={"password": "short"})
    assert weak.status_code == 422
    done = await admin.post(f"/people/{person.id}/password", data={"password": "tall trees 7"})
    assert done.is_redirect
    assert (await browser.get("/account")).is_redirect
    assert "tall trees" not in str((await _last(session, "person.changed")).facts)


async def test_pages_exist_in_both_languages(
    session: AsyncSession, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> None:
    for locale, word in (("zh-CN", "人员"), ("en", "People")):
        browser = await browser_of(await make_person(session, role="admin", locale=locale))
        person = await make_person(session, role="hotline")
        for path in ("/people", f"/people/{person.id}", "/people/new", "/programs", "/groups"):
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert word in page.text
        assert (await browser.get("/account")).status_code == 200
        assert (await browser.get("/people/2147483647")).status_code == 404
        assert (await browser.get("/people/99999999999999999999")).status_code == 422
