"""A project is added with its owner, once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_owner, make_project
from tests.makers.staff import make_person
from tickets.events import Event
from tickets.project import queries
from tickets.project.models import Acceptance, Contact, Owner, Project
from tickets.rota.models import ServiceGroup

BODY: dict[str, Any] = {
    "code": "BJ-01",
    "name": "滨江夜景亮化",
    "owner": {"name": "滨江管委会", "contact": "王工", "phone": "138 0000 1234"},
    "accepted_on": "2025-10-09",
    "warranty_months": 12,
    "terms": {"response_minutes": 30, "severities": {"S1": {"arrival_hours": 4}}},
}


async def _kinds(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(Event.kind).order_by(Event.id)))


async def test_it_is_added_with_owner_contact_acceptance_and_terms(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client: AsyncClient = await as_role("manager")
    answer = await client.post("/api/v1/projects", json=BODY)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["covers"] == [
        {
            "kind": "warranty",
            "starts_on": "2025-10-09",
            "ends_on": "2026-10-09",
            "batch": "1",
            "months": 12,
            "asset_kind": None,
            "contract": None,
            "batches": [],
            "kinds": [],
        }
    ]
    assert told["terms"]["response_minutes"] == 30
    assert told["terms"]["arrival_hours"] == 48
    assert told["terms"]["severities"] == {"S1": {"arrival_hours": 4}}
    assert told["contacts"] == [{"name": "王工", "title": None, "phone": "138 0000 1234"}]
    assert (await client.get("/api/v1/projects/BJ-01")).json() == told

    contact = (await session.scalars(select(Contact))).one()
    assert (contact.digits, contact.is_named) == ("13800001234", True)
    assert await _kinds(session) == [
        "owner.added",
        "project.added",
        "contact.added",
        "project.accepted",
        "inspection.planned",
    ]


async def test_the_diary_holds_no_name_or_number(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    await client.post("/api/v1/projects", json=BODY)
    facts = str(list(await session.scalars(select(Event.facts))))
    assert "王工" not in facts
    assert "1234" not in facts
    assert "滨江管委会" not in facts


async def test_the_same_owner_is_one_row(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    await client.post("/api/v1/projects", json=BODY)
    answer = await client.post("/api/v1/projects", json=BODY | {"code": "BJ-02"})
    assert answer.status_code == 201
    assert len(list(await session.scalars(select(Owner)))) == 1
    assert len(list(await session.scalars(select(Contact)))) == 1


async def test_a_code_is_used_once(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    assert (await client.post("/api/v1/projects", json=BODY)).status_code == 201
    answer = await client.post("/api/v1/projects", json=BODY)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "There is already a project BJ-01."
    assert len(list(await session.scalars(select(Project)))) == 1
    assert len(list(await session.scalars(select(Acceptance)))) == 1


async def test_terms_given_at_the_start_hold_for_reports_dated_back(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    await client.post("/api/v1/projects", json=BODY)
    project = (await session.scalars(select(Project))).one()
    terms = await queries.terms_at(session, project.id, datetime(2024, 1, 1, tzinfo=UTC))
    assert terms.response == timedelta(minutes=30)


async def test_a_service_group_is_named_and_must_exist(
    session: AsyncSession, as_role: SignedIn
) -> None:
    session.add(ServiceGroup(name="一组"))
    await session.flush()
    client = await as_role("manager")
    answer = await client.post("/api/v1/projects", json=BODY | {"group": "一组"})
    assert answer.json()["group"] == "一组"
    answer = await client.post("/api/v1/projects", json=BODY | {"code": "X", "group": "none"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "group"


async def test_who_may_not_write_is_refused(session: AsyncSession, as_role: SignedIn) -> None:
    for role in ("hotline", "hotline_lead", "technician", "owner"):
        client = await as_role(role)
        assert (await client.post("/api/v1/projects", json=BODY)).status_code == 403
    assert not list(await session.scalars(select(Project)))


async def test_a_manager_of_one_project_adds_no_other(
    session: AsyncSession, browser_of: Any
) -> None:
    project = await make_project(session)
    client = await browser_of(await make_person(session, role="manager", project_id=project.id))
    answer = await client.post("/api/v1/projects", json=BODY)
    assert answer.status_code == 403


async def test_a_manager_of_a_group_adds_to_his_group_only(
    session: AsyncSession, browser_of: Any
) -> None:
    mine, other = ServiceGroup(name="mine"), ServiceGroup(name="other")
    session.add_all([mine, other])
    await session.flush()
    client = await browser_of(await make_person(session, role="manager", group_id=mine.id))
    assert (await client.post("/api/v1/projects", json=BODY | {"group": "other"})).status_code == (
        403
    )
    assert (await client.post("/api/v1/projects", json=BODY | {"group": "mine"})).status_code == 201


async def test_what_cannot_be_is_answered_with_its_field(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"code": "has space"}, "code"),
        ({"code": "a/b"}, "code"),
        ({"code": ".."}, "code"),
        ({"code": "new"}, "code"),
        ({"code": ""}, "code"),
        ({"code": "x\0"}, "code"),
        ({"name": "n" * 201}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"accepted_on": "2025-02-30"}, "accepted_on"),
        ({"accepted_on": "9999-12-31"}, "accepted_on"),
        ({"accepted_on": "0001-01-01"}, "accepted_on"),
        ({"warranty_months": 0}, "warranty_months"),
        ({"warranty_months": 601}, "warranty_months"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "Asia"}, "timezone"),
        ({"colour": "red"}, "colour"),
        ({"terms": {"response_minutes": 1.5}}, "terms.response_minutes"),
        ({"terms": {"repair_hours": 1e300}}, "terms.repair_hours"),
        ({"terms": {"speed": 1}}, "terms.speed"),
        ({"owner": {"name": "o", "contact": "c", "phone": "no number"}}, "owner.phone"),
        ({"owner": "o"}, "owner"),
    ]
    for change, field in wrong:
        answer = await client.post("/api/v1/projects", json=BODY | change)
        assert answer.status_code == 422, (change, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    assert not list(await session.scalars(select(Project)))


async def test_broken_characters_are_refused_without_a_crash(as_role: SignedIn) -> None:
    client = await as_role("manager")
    headers = {"content-type": "application/json"}
    for text in (
        '{"code": "A", "name": "\\ud800", "owner": {"name": "o"}}',
        '{"code": "A", "name": "x", "owner": {"name": "o"}, "\\ud800": 1}',
        '{"code": "A", "name": "x", "owner": {"name": "o"}, "terms": {"repair_hours": NaN}}',
        '{"code": "A", "name": "x", "owner": {}, "terms": {"severities": {"\\ud800": {}}}}',
    ):
        answer = await client.post("/api/v1/projects", content=text, headers=headers)
        assert answer.status_code == 422, answer.text


async def test_words_of_other_trades_are_only_words(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    name = "'; DROP TABLE project; -- <script>alert(1)</script>"
    answer = await client.post("/api/v1/projects", json=BODY | {"name": name})
    assert answer.status_code == 201
    assert answer.json()["name"] == name
    page = await client.get("/projects/BJ-01")
    assert "<script>alert(1)" not in page.text
    assert (await client.get("/api/v1/projects", params={"q": name})).status_code == 200


async def test_the_name_of_an_owner_is_free_for_another_spelling(session: AsyncSession) -> None:
    owner = await make_owner(session, name="A")
    other = await make_owner(session, name="a")
    assert owner.id != other.id
    assert (await make_project(session, owner=owner, accepted_on=date(2025, 1, 1))).owner_id
