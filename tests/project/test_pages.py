"""The pages of projects: forms keep what was typed, owners see their own, few statements."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_contact, make_contract, make_owner, make_project
from tests.makers.staff import make_person
from tickets.events import Event
from tickets.project.models import Acceptance, Contact, Project, Terms

LATELY = datetime.now(UTC).date() - timedelta(days=10)
NEW = {
    "code": "滨江-01",
    "name": "滨江夜景亮化",
    "owner": "滨江管委会",
    "contact": "王工",
    "phone": "13800001234",
    "accepted_on": "2025-10-09",
    "months": "24",
    "timezone": "Asia/Shanghai",
}


@pytest.fixture
def statements(connection: AsyncConnection) -> Callable[[], Any]:
    """`with statements() as seen:` counts what the database is asked."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if "SAVEPOINT" not in statement:
                seen.append(statement)

        engine = connection.sync_connection
        assert engine is not None
        event.listen(engine, "before_cursor_execute", note)
        yield seen
        event.remove(engine, "before_cursor_execute", note)

    return counting


async def test_a_project_is_added_by_its_form(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    assert (await client.get("/projects/new")).status_code == 200
    answer = await client.post("/projects", data=NEW)
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "滨江夜景亮化" in page.text
    assert "13800001234" in page.text
    assert "9 Oct 2027" in page.text
    acceptance = (await session.scalars(select(Acceptance))).one()
    assert acceptance.months == 24


async def test_a_refused_form_keeps_what_was_typed(as_role: SignedIn) -> None:
    client = await as_role("manager")
    await client.post("/projects", data=NEW)
    for change, status, sentence in [
        ({}, 409, "There is already a project 滨江-01."),
        ({"code": "has space"}, 422, "no spaces"),
        ({"accepted_on": "2025-02-30"}, 422, "not a day"),
        ({"months": "x"}, 422, "whole number"),
        ({"phone": "nobody knows"}, 422, "not a telephone number"),
        ({"timezone": "Mars"}, 422, "time zone is not known"),
        ({"group": "999999999999"}, 422, "no such service group"),
        ({"name": "x\0y"}, 422, "cannot be kept"),
        ({"name": "n" * 1_000_000}, 422, "At most 200"),
    ]:
        answer = await client.post("/projects", data=NEW | {"code": "滨江-01"} | change)
        assert answer.status_code == status, (change, answer.text[:500])
        assert sentence in answer.text
        assert 'value="滨江管委会"' in answer.text


async def test_every_form_opens_and_works(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    project = await make_project(session, code="P1", accepted_on=date(2025, 10, 9))
    await make_asset(session, project=project, code="DB#1", kind="BOX")
    for path in ("", "/edit", "/acceptances/new", "/terms", "/contacts/new"):
        assert (await client.get(f"/projects/P1{path}")).status_code == 200, path

    answer = await client.post(
        "/projects/P1/acceptances",
        data={"batch": "东区", "accepted_on": "2026-01-31", "months": "12", "class_1": "LUM",
              "months_1": "24", "class_2": "SRC", "months_2": ""},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    assert "All luminaires" in (await client.get("/projects/P1")).text
    again = await client.post(
        "/projects/P1/acceptances",
        data={"batch": "东区", "accepted_on": "2026-01-31", "months": "12"},
    )
    assert again.status_code == 409
    assert "has been accepted already" in again.text

    answer = await client.post("/projects/P1/contacts", data={"name": "李工", "phone": "139"})
    assert answer.status_code == 303
    contact = (await session.scalars(select(Contact))).one()
    path = f"/projects/P1/contacts/{contact.id}"
    assert "李工" in (await client.get(path)).text
    answer = await client.post(path, data={"name": "李工", "phone": "13900005678"})
    assert answer.status_code == 303
    await session.refresh(contact)
    assert contact.digits == "13900005678"
    assert (await client.get("/projects/P1/contacts/99999999999999999999")).status_code == 404


async def test_terms_change_by_a_new_dated_row(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    await make_project(session, code="P1", terms={"arrival_hours": 24})
    form = {
        "response_minutes": "30",
        "arrival_hours": "24",
        "repair_hours": "36.5",
        "make_safe_minutes": "60",
        "repair_from": "arrival",
        "inspection_quarters": "calendar",
        "S1_arrival_hours": "0.5",
    }
    assert (await client.post("/projects/P1/terms", data=form)).status_code == 303
    rows = list(await session.scalars(select(Terms).order_by(Terms.valid_from)))
    assert len(rows) == 2
    assert rows[0].numbers == {"arrival_hours": 24}
    assert rows[1].numbers["repair_hours"] == 36.5
    assert rows[1].numbers["severities"] == {"S1": {"arrival_hours": 0.5}}
    assert (await client.post("/projects/P1/terms", data=form)).status_code == 303
    kinds = list(await session.scalars(select(Event.kind)))
    assert kinds.count("project.terms_changed") == 1  # the same terms again change nothing

    answer = await client.post("/projects/P1/terms", data=form | {"S1_arrival_hours": "0.001"})
    assert answer.status_code == 422
    assert "whole minutes" in answer.text
    assert 'value="36.5"' in answer.text


async def test_the_second_of_two_writers_is_told(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    project = await make_project(session, code="P1", name="Old")
    form = {"name": "First", "timezone": "Asia/Shanghai", "version": "1"}
    assert (await client.post("/projects/P1", data=form)).status_code == 303
    second = await client.post("/projects/P1", data=form | {"name": "Second"})
    assert second.status_code == 409
    assert "Somebody else changed this" in second.text
    assert 'value="Second"' in second.text
    api = await client.patch("/api/v1/projects/P1", json={"name": "Third", "version": 1})
    assert api.status_code == 409
    api = await client.patch("/api/v1/projects/P1", json={"name": "Third", "version": 2})
    assert (api.status_code, api.json()["version"]) == (200, 3)
    await session.refresh(project)
    assert project.name == "Third"


async def test_an_owner_sees_only_his_own_and_no_whole_number(
    session: AsyncSession, browser_of: Any
) -> None:
    owner = await make_owner(session, name="Mine")
    mine = await make_project(session, code="MINE", owner=owner)
    await make_contact(session, owner=owner, phone="13800001234")
    await make_project(session, code="OTHER", name="Secret name")
    client = await browser_of(await make_person(session, role="owner", project_id=mine.id))
    listed = (await client.get("/projects")).text
    assert "MINE" in listed
    assert "OTHER" not in listed
    page = (await client.get("/projects/MINE")).text
    assert "138****1234" in page
    assert "13800001234" not in page
    assert "/edit" not in page
    told = (await client.get("/api/v1/projects/MINE")).json()
    assert told["contacts"][0]["phone"] == "138****1234"
    for path in ("/projects/OTHER", "/projects/NONE", "/projects/OTHER/assets"):
        assert (await client.get(path)).status_code == 404
        assert (await client.get(f"/api/v1{path}")).status_code == 404
    assert (await client.get("/api/v1/projects")).json()["items"][0]["code"] == "MINE"
    for path in ("/projects/MINE/edit", "/projects/MINE/terms", "/projects/new"):
        assert (await client.get(path)).status_code == 403


async def test_a_manager_elsewhere_may_see_nothing_here(
    session: AsyncSession, browser_of: Any
) -> None:
    mine = await make_project(session, code="MINE")
    await make_project(session, code="OTHER")
    client = await browser_of(await make_person(session, role="manager", project_id=mine.id))
    for method, path, body in [
        ("POST", "/api/v1/projects/OTHER/terms", {}),
        ("POST", "/api/v1/projects/OTHER/acceptances", {"accepted_on": "2025-01-01"}),
        ("PATCH", "/api/v1/projects/OTHER", {"version": 1}),
        ("POST", "/api/v1/projects/OTHER/assets", {"code": "A", "name": "a", "kind": "BOX"}),
    ]:
        assert (await client.request(method, path, json=body)).status_code == 404, path


async def test_a_technician_reads_and_may_not_write(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    client = await as_role("technician")
    assert (await client.get("/projects/P1")).status_code == 200
    body = {"accepted_on": "2025-01-01"}
    assert (await client.post("/api/v1/projects/P1/acceptances", json=body)).status_code == 403
    assert not list(await session.scalars(select(Acceptance)))


async def test_the_list_is_searched_and_paged_by_code(
    session: AsyncSession, as_role: SignedIn
) -> None:
    owner = await make_owner(session, name="滨江管委会")
    for n in range(5):
        await make_project(session, code=f"BJ-{n}", name="夜景", owner=owner)
    await make_project(session, code="XA-1", name="城墙 100%_亮化")
    client = await as_role("hotline")

    async def codes(**asked: Any) -> tuple[list[str], str | None]:
        told = (await client.get("/api/v1/projects", params=asked)).json()
        return [item["code"] for item in told["items"]], told["next"]

    first, further = await codes(limit=2)
    assert first == ["BJ-0", "BJ-1"]
    assert (await codes(limit=2, cursor=further))[0] == ["BJ-2", "BJ-3"]
    assert (await codes(q="城墙"))[0] == ["XA-1"]
    assert (await codes(q="管委"))[0] == [f"BJ-{n}" for n in range(5)]
    assert (await codes(q="bj-3"))[0] == ["BJ-3"]
    assert (await codes(q="ＢＪ-3"))[0] == ["BJ-3"]
    assert (await codes(q="100%_亮化"))[0] == ["XA-1"]
    assert (await codes(q="'; --"))[0] == []
    assert (await client.get("/api/v1/projects?cursor=a%20b")).status_code == 422
    assert (await client.get("/api/v1/projects?q=a%00b")).status_code == 422
    assert (await client.get("/api/v1/projects?limit=0")).status_code == 422
    assert (await client.get("/api/v1/projects?limit=201")).status_code == 422
    assert (await client.get("/projects?q=nothing-like-it")).status_code == 200
    assert (await client.get("/projects/a%00b")).status_code == 404


async def test_pages_ask_a_constant_number_of_questions(
    session: AsyncSession, as_role: SignedIn, statements: Callable[[], Any]
) -> None:
    client = await as_role("manager")

    async def cost(path: str) -> int:
        with statements() as seen:
            answer = await client.get(path)
        assert answer.status_code == 200
        return len(seen)

    async def fill(start: int, number: int) -> None:
        for n in range(start, start + number):
            project = await make_project(session, code=f"S-{n}", accepted_on=date(2025, 1, 1))
            await make_contract(session, project=project, starts_on=LATELY, ends_on=LATELY)
            if n == 0:
                for m in range(3):
                    await make_contact(session, owner=None, project=project, name=f"c{m}")
        first = (await session.scalars(select(Project).where(Project.code == "S-0"))).one()
        box = await make_asset(session, project=first, kind="BOX")
        for _ in range(number):
            await make_asset(session, project=first, parent=box)

    paths = (
        "/projects",
        "/projects/S-0",
        "/projects/S-0/assets",
        "/api/v1/projects",
        "/projects/S-0/covers",
        "/covers?within=ended",
    )
    await fill(0, 2)
    few = [await cost(path) for path in paths]
    await fill(2, 20)
    assert [await cost(path) for path in paths] == few
    assert few[0] <= 6
    assert few[1] <= 14
    assert few[4] <= 6
    assert few[5] <= 6
