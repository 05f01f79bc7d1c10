"""维护合同: cover after the warranty, for all of a project or a part, changed, ended, renewed."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_acceptance, make_contract, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket, who_of
from tests.project.test_cover import SHANGHAI, Batch, Thing, at
from tickets.events import Event
from tickets.project.models import Contract
from tickets.project.rules import (
    ContractTerms,
    Decision,
    Gap,
    cover_of,
    decide_cover,
    drawn,
    followed_by,
    parts_of,
    said_again,
)
from tickets.refusals import Invalid
from tickets.staff.rules import Role
from tickets.visit import actions as visit
from tickets.visit.rules import Found


def agreed(
    starts_on: str,
    ends_on: str,
    number: str = "W1",
    *,
    batches: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
    labour: str = "free",
    parts: str = "free",
    terms: dict[str, Any] | None = None,
) -> Any:
    return Contract(
        number=number,
        starts_on=date.fromisoformat(starts_on),
        ends_on=date.fromisoformat(ends_on),
        batches=list(batches),
        kinds=list(kinds),
        labour=labour,
        parts=parts,
        terms=terms or {},
    )


YEAR = agreed("2026-10-10", "2027-10-09")


@pytest.mark.parametrize(
    ("reported", "decision", "ends_on"),
    [
        ("2026-10-09T23:59:59.999999", Decision.WARRANTY, "2026-10-09"),
        ("2026-10-10T00:00", Decision.CONTRACT, "2027-10-09"),
        ("2027-10-09T23:59:59.999999", Decision.CONTRACT, "2027-10-09"),
        ("2027-10-10T00:00", Decision.EXPIRED, "2027-10-09"),
    ],
)
def test_a_contract_holds_from_its_first_day_to_the_end_of_its_last(
    reported: str, decision: Decision, ends_on: str
) -> None:
    told = decide_cover([Batch(date(2025, 10, 9))], [], at(reported), SHANGHAI, [YEAR])
    assert (told.decision, told.ends_on) == (decision, date.fromisoformat(ends_on))


def test_warranty_precedes_contract_even_one_that_ends_later() -> None:
    early = agreed("2026-01-01", "2030-12-31")
    batch = Batch(date(2025, 10, 9))
    told = decide_cover([batch], [Thing("L1")], at("2026-06-01T08:00"), SHANGHAI, [early])
    assert told.decision is Decision.WARRANTY
    after = decide_cover([batch], [Thing("L1")], at("2026-10-10T08:00"), SHANGHAI, [early])
    assert after.decision is Decision.CONTRACT


def test_one_that_has_not_begun_grants_nothing() -> None:
    later = agreed("2027-06-01", "2028-05-31")
    batch = Batch(date(2025, 10, 9))
    told = decide_cover([batch], [], at("2027-01-01T08:00"), SHANGHAI, [later])
    assert told.decision is Decision.EXPIRED
    assert told.reason.startswith("Warranty is over")
    never = decide_cover([], [], at("2027-01-01T08:00"), SHANGHAI, [later])
    assert never.decision is Decision.NOT_ACCEPTED_YET


def test_a_contract_without_any_acceptance_is_cover() -> None:
    assert decide_cover([], [], at("2027-01-01T08:00"), SHANGHAI, [YEAR]).decision == "contract"
    assert decide_cover([], [], at("2027-12-01T08:00"), SHANGHAI, [YEAR]).decision == "expired"


TWO = [Batch(date(2024, 1, 1), "east"), Batch(date(2024, 6, 1), "west")]
PARTIAL = {
    "all": agreed("2026-01-01", "2026-12-31"),
    "east": agreed("2026-01-01", "2026-12-31", batches=("east",)),
    "lamps": agreed("2026-01-01", "2026-12-31", kinds=("LUM",)),
    "floods of west": agreed(
        "2026-01-01", "2026-12-31", batches=("west",), kinds=("LUM_FLOOD", "DRV")
    ),
}


@pytest.mark.parametrize(
    ("of", "in_it"),
    [
        ("all", {"E box", "E flood", "W box", "W flood", "W line", "N flood"}),
        ("east", {"E box", "E flood", "N flood"}),
        ("lamps", {"E flood", "W flood", "W line", "N flood"}),
        ("floods of west", {"W flood", "N flood"}),
    ],
)
def test_a_contract_is_of_its_batches_and_classes(of: str, in_it: set[str]) -> None:
    """N is of no named batch: it may be of any, as with warranties."""
    things = {
        "E box": Thing("a", "BOX", "east"),
        "E flood": Thing("b", "LUM_FLOOD", "east"),
        "W box": Thing("c", "BOX", "west"),
        "W flood": Thing("d", "LUM_FLOOD", "west"),
        "W line": Thing("e", "LUM_LINE", "west"),
        "N flood": Thing("f", "LUM_FLOOD", None),
    }
    day = date(2026, 6, 1)
    found = {
        name
        for name, thing in things.items()
        if (cover := cover_of(TWO, thing, day, [PARTIAL[of]])) and cover.contract
    }
    assert found == in_it


def test_what_is_out_of_the_contract_is_named() -> None:
    told = decide_cover(
        TWO,
        [Thing("L1", "LUM_FLOOD", "west"), Thing("DB1", "BOX", "west")],
        at("2026-06-01T08:00"),
        SHANGHAI,
        [agreed("2026-01-01", "2026-12-31", "甲-7", kinds=("LUM",), parts="owner")],
    )
    assert told.decision is Decision.CONTRACT
    assert (told.labour, told.parts) == ("free", "owner")
    assert told.reason.split("\n") == [
        "Under contract 甲-7, from 2026-01-01 to the end of 2026-12-31.",
        "Labour is included, parts are charged.",
        "This holds for L1.",
        "Out of warranty: DB1.",
    ]

    def chinese(sentence: str, **places: Any) -> str:
        from tickets import words

        return words.say("zh-CN", sentence, **places)

    assert said_again(told.reason, chinese) == (
        "维护合同期内：合同 甲-7，自 2026-01-01 起，至 2026-12-31 当日止。 包工不包料。"
        " 适用于 L1。 已过质保：DB1。"
    )


def test_gaps_lie_between_covers_and_overlaps_make_none() -> None:
    batch = [Batch(date(2024, 1, 1), "1")]  # until 2025-01-01
    contracts = [
        agreed("2025-01-11", "2025-12-31", "a"),
        agreed("2025-06-01", "2026-03-31", "b"),
        agreed("2026-04-01", "2026-12-31", "c"),
        agreed("2027-01-02", "2027-12-31", "d"),
    ]
    (part,) = parts_of(batch, contracts)
    assert list(part.gaps) == [
        Gap(date(2025, 1, 2), date(2025, 1, 10)),
        Gap(date(2027, 1, 1), date(2027, 1, 1)),
    ]
    assert (part.starts_on, part.ends_on) == (date(2024, 1, 1), date(2027, 12, 31))
    picture = drawn([part], date(2026, 1, 1))
    assert picture is not None
    ((_, bars),) = picture.rows
    assert [bar.look for bar in bars] == ["gap", "gap", "warranty", *["contract"] * 4]
    assert all(0 <= bar.x <= bar.x + bar.width <= 1002 for bar in bars)
    assert [year for year, _ in picture.years] == [2024, 2025, 2026, 2027]


def test_classes_of_batches_and_of_contracts_are_parts_of_their_own() -> None:
    batches = [Batch(date(2024, 1, 1), "east", 12, {"LUM": 24}), Batch(date(2024, 6, 1), "west")]
    contract = agreed("2026-02-01", "2026-12-31", batches=("west",), kinds=("CCU",))
    told = [
        (part.batch, part.asset_kind, [c.ends_on.isoformat() for c in part.covers])
        for part in parts_of(batches, [contract])
    ]
    assert told == [
        ("east", None, ["2025-01-01"]),
        ("east", "LUM", ["2026-01-01"]),
        ("west", None, ["2025-06-01"]),
        ("west", "CCU", ["2025-06-01", "2026-12-31"]),
    ]


def test_what_follows_has_all_that_ends() -> None:
    whole, lamps = agreed("2025-01-02", "2026-01-01", "w"), agreed("2025-01-02", "2026-01-01", "l")
    lamps.kinds = ["LUM"]
    thing = Thing("x", "BOX", "1")
    cover = cover_of([Batch(date(2024, 1, 1))], thing, date(2024, 5, 1))
    assert cover is not None
    assert followed_by(cover, [lamps]) is None
    assert followed_by(cover, [lamps, whole]) is whole


async def test_the_api_makes_changes_ends_and_renews(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1", accepted_on=date(2024, 1, 1))
    client = await as_role("manager")
    home = "/api/v1/projects/P1/contracts"
    made = await client.post(
        home, json={"starts_on": "2030-01-01", "ends_on": "2030-12-31", "note": "ours"}
    )
    assert made.status_code == 201, made.text
    first = made.json()
    assert (first["number"], first["labour"], first["note"]) == ("1", "free", "ours")
    # Not begun: freely.
    answer = await client.patch(
        f"{home}/{first['id']}", json={"version": 1, "parts": "owner", "batches": ["1"]}
    )
    assert answer.json() | {"parts": "owner", "batches": ["1"], "version": 2} == answer.json()
    assert (await client.patch(f"{home}/{first['id']}", json={"version": 1})).status_code == 409
    answer = await client.post(f"{home}/{first['id']}/renewal", json={"number": "甲-2"})
    assert answer.status_code == 201, answer.text
    again = answer.json()
    assert (again["starts_on"], again["ends_on"]) == ("2031-01-01", "2031-12-31")
    assert (again["parts"], again["batches"]) == ("owner", ["1"])
    twice = await client.post(f"{home}/{first['id']}/renewal", json={})
    assert (twice.status_code, "renewed already" in twice.text) == (409, True)
    covers = (await client.get("/api/v1/projects/P1")).json()["covers"]
    assert [(c["kind"], c["starts_on"], c["ends_on"]) for c in covers] == [
        ("warranty", "2024-01-01", "2025-01-01"),
        ("contract", "2030-01-01", "2030-12-31"),
        ("contract", "2031-01-01", "2031-12-31"),
    ]
    ended = await client.post(
        f"{home}/{again['id']}/end",
        json={"ends_on": "2031-06-30", "version": 1, "reason": "sold"},
    )
    assert ended.json()["ends_on"] == "2031-06-30"
    kinds = await session.scalars(select(Event.kind).where(Event.kind.like("contract.%")))
    assert sorted(kinds) == ["contract.added"] * 2 + ["contract.changed", "contract.ended"]


async def test_once_begun_a_change_needs_a_reason_and_the_diary_keeps_what_stood_there(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    today = datetime.now(UTC).date()
    row = await make_contract(
        session, project=project, starts_on=today - timedelta(30), ends_on=today + timedelta(300)
    )
    client = await as_role("manager")
    path = f"/api/v1/projects/P1/contracts/{row.id}"
    change = {"version": 1, "labour": "owner"}
    answer = await client.patch(path, json=change)
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json()["errors"]] == ["reason"]
    assert (await client.patch(path, json=change | {"reason": "typed wrongly"})).status_code == 200
    told = (await session.scalars(select(Event).where(Event.kind == "contract.changed"))).one()
    assert told.facts["reason"] == "typed wrongly"
    assert (told.facts["before"]["labour"], told.facts["after"]["labour"]) == ("free", "owner")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ends_on": "2029-12-31"}, "ends_on"),
        ({"starts_on": "1979-01-01"}, "starts_on"),
        ({"batches": ["none such"]}, "batches"),
        ({"kinds": ["SPACESHIP"]}, "kinds"),
        ({"labour": "nobody"}, "labour"),
        ({"number": " "}, "number"),
        ({"colour": 1}, "colour"),
    ],
)
async def test_what_cannot_be_is_named(
    session: AsyncSession, as_role: SignedIn, change: dict[str, Any], field: str
) -> None:
    await make_project(session, code="P1", accepted_on=date(2024, 1, 1))
    client = await as_role("manager")
    body = {"starts_on": "2030-01-01", "ends_on": "2030-12-31"} | change
    answer = await client.post("/api/v1/projects/P1/contracts", json=body)
    assert answer.status_code == 422, answer.text
    assert [e["field"].split(".")[0] for e in answer.json()["errors"]] == [field]
    assert not list(await session.scalars(select(Contract)))


async def test_a_ticket_freezes_the_contract_and_its_payers(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, accepted_on=date(2020, 1, 1))
    row = await make_contract(
        session,
        project=project,
        number="甲-1",
        starts_on=now.date() - timedelta(30),
        ends_on=now.date() + timedelta(30),
        parts="owner",
    )
    ticket = await make_ticket(session, project=project, now=now)
    assert (ticket.cover, ticket.cover_labour, ticket.cover_parts) == ("contract", "free", "owner")
    assert "甲-1" in ticket.cover_reason
    # Whatever becomes of the contract afterwards.
    row.labour, row.parts, row.ends_on = "owner", "free", now.date() - timedelta(1)
    await session.flush()
    technician = who_of((await make_person(session)).id, Role.TECHNICIAN)
    found = Found(work="new driver", cause="C_PRODUCT", on_site=True)
    await visit.repair(session, technician, ticket.ref, found, now=now)
    assert (ticket.payer_labour, ticket.payer_parts) == ("free", "owner")
    later = await make_ticket(session, project=project, now=now)
    assert later.cover == "expired"


async def test_as_of_any_day_says_what_held_that_day(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1", accepted_on=date(2024, 1, 1))
    await make_contract(
        session, project=project, starts_on=date(2025, 3, 1), ends_on=date(2025, 12, 31)
    )
    await make_asset(session, project=project, code="L1", batch="1")
    client = await as_role("technician")
    expected = {
        "2023-12-31": "not_accepted_yet",
        "2025-01-01": "warranty",
        "2025-01-02": "expired",
        "2025-03-01": "contract",
        "2025-12-31": "contract",
        "2026-01-01": "expired",
    }
    for day, decision in expected.items():
        for path in ("/api/v1/projects/P1", "/api/v1/projects/P1/assets/L1"):
            told = (await client.get(path, params={"as_of": day})).json()
            assert told["cover"]["decision"] == decision, (path, day)
    for path in ("/projects/P1", "/projects/P1/covers", "/projects/P1/assets/L1"):
        page = await client.get(path, params={"as_of": "2025-03-01"})
        assert page.status_code == 200
        assert "Under contract" in page.text
        assert 'value="2025-03-01"' in page.text
        assert (await client.get(path, params={"as_of": ""})).status_code == 200
        assert (await client.get(path, params={"as_of": "1066-01-01"})).status_code == 422
    for wrong in ("1066-01-01", "2025-02-30", "soon"):
        answer = await client.get("/api/v1/projects/P1", params={"as_of": wrong})
        assert answer.status_code == 422


async def test_the_forms_make_change_renew_and_end_a_contract(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1", accepted_on=date(2024, 1, 1))
    await make_acceptance(session, project=project, batch="二标", accepted_on=date(2024, 2, 1))
    client = await as_role("manager")
    home = "/projects/P1/contracts"
    assert "二标" in (await client.get(f"{home}/new")).text
    form = {
        "number": "甲-1",
        "starts_on": "2030-01-01",
        "ends_on": "2029-01-01",
        "batches": ["二标"],
        "class_1": "LUM",
        "labour": "free",
        "parts": "owner",
        "note": "折扣 5 %",
    }
    refused = await client.post(home, data=form)
    assert refused.status_code == 422
    assert "The last day is not before the first." in refused.text
    assert 'value="二标" checked' in refused.text
    assert 'value="甲-1"' in refused.text
    assert (await client.post(home, data=form | {"ends_on": "2030-12-31"})).status_code == 303
    row = (await session.scalars(select(Contract))).one()
    assert (row.batches, row.kinds, row.parts) == (["二标"], ["LUM"], "owner")
    page = (await client.get("/projects/P1/covers")).text
    assert "折扣 5 %" in page
    assert "All luminaires" in page
    path = f"{home}/{row.id}"
    assert 'value="LUM" selected' in (await client.get(path)).text
    changed = form | {"ends_on": "2030-11-30", "version": "1", "batches": []}
    assert (await client.post(path, data=changed)).status_code == 303
    assert 'value="2031-11-30"' in (await client.get(f"{path}/renewal")).text
    renewed = {"ends_on": "2031-12-31", "labour": "free", "parts": "free"}
    assert (await client.post(f"{path}/renewal", data=renewed)).status_code == 303
    late = {"ends_on": "2031-01-01", "reason": "x", "version": "2"}
    refused = await client.post(f"{path}/end", data=late)
    assert refused.status_code == 422
    assert "An early end lies between" in refused.text
    assert (await client.post(f"{path}/end", data=late | {"ends_on": "2030-05-01"})).status_code
    assert (await client.get(f"{home}/999999999999")).status_code == 404


async def test_who_only_reads_writes_no_contract_and_an_owner_sees_no_note(
    session: AsyncSession, as_role: SignedIn, browser_of: Any
) -> None:
    project = await make_project(session, code="P1", accepted_on=date(2024, 1, 1))
    other = await make_project(session, code="P2", accepted_on=date(2024, 1, 1))
    row = await make_contract(
        session, project=project, starts_on=date(2026, 1, 1), ends_on=date(2036, 12, 31)
    )
    row.note = "discount"
    await session.flush()
    technician = await as_role("technician")
    body = {"starts_on": "2030-01-01", "ends_on": "2030-12-31"}
    assert (await technician.post("/api/v1/projects/P1/contracts", json=body)).status_code == 403
    assert "discount" in (await technician.get("/projects/P1/covers")).text
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    page = await owner.get("/projects/P1/covers")
    assert page.status_code == 200
    assert "discount" not in page.text
    told = (await owner.get("/api/v1/projects/P1")).json()
    assert [c["note"] for c in told["contracts"]] == [None]
    assert (await owner.get(f"/projects/{other.code}/covers")).status_code == 404
    assert (await owner.get("/projects/P1/expiry_notice")).status_code == 403


def test_a_contract_names_days_that_can_be() -> None:
    from tickets.project.rules import check_contract

    terms = ContractTerms(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(Invalid, match="not before the first"):
        check_contract(terms, [])


async def test_more_classes_than_a_form_has_rows_survive_a_change(
    session: AsyncSession, as_role: SignedIn
) -> None:
    kinds = ["LUM", "SRC", "DRV", "BOX", "CCU", "NODE"]
    project = await make_project(session, code="P1")
    row = await make_acceptance(
        session,
        project=project,
        accepted_on=date(2025, 1, 1),
        months_by_kind=dict.fromkeys(kinds, 24),
    )
    agreed_on = await make_contract(
        session,
        project=project,
        starts_on=date(2030, 1, 1),
        ends_on=date(2030, 12, 31),
        kinds=kinds,
    )
    client = await as_role("manager")
    for path in (f"acceptances/{row.id}", f"contracts/{agreed_on.id}"):
        page = (await client.get(f"/projects/P1/{path}")).text
        assert page.count('<select id="class_') == 6
    form: dict[str, str] = {"version": "1", "accepted_on": "2025-01-01", "months": "13"}
    for n, kind in enumerate(kinds, 1):
        form |= {f"class_{n}": kind, f"months_{n}": "24"}
    form["reason"] = "typed"
    answer = await client.post(f"/projects/P1/acceptances/{row.id}", data=form)
    assert answer.status_code == 303
    assert row.months_by_kind == dict.fromkeys(kinds, 24)
    form |= {"starts_on": "2030-01-01", "ends_on": "2030-11-30"}
    assert (
        await client.post(f"/projects/P1/contracts/{agreed_on.id}", data=form)
    ).status_code == 303
    assert agreed_on.kinds == kinds


async def test_tickets_under_a_contract_run_by_its_own_times(
    session: AsyncSession, as_role: SignedIn
) -> None:
    """Their clocks freeze them; what the contract does not say is as the project has it."""
    project = await make_project(session, terms={"arrival_hours": 24})
    today = datetime.now(UTC).date()
    contract = await make_contract(
        session,
        project=project,
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=30),
        terms={"response_minutes": 30, "severities": {"S1": {"repair_hours": 6}}},
    )
    hotline = await as_role("hotline")
    call = {
        "project": project.code,
        "fault": "OUT_ONE",
        "description": "灯不亮",
        "reporter": {"name": "王工", "phone": "13800001111"},
        "channel": "phone",
    }
    told = (await hotline.post("/api/v1/tickets", json=call)).json()
    assert told["cover"]["decision"] == "contract"
    minutes = {c["promise"]: c["target_minutes"] for c in told["clocks"]}
    assert minutes == {"response": 30, "arrival": 24 * 60, "repair": 48 * 60}
    # A change of the contract, or of the severity later, does not touch what has begun.
    contract.terms = {"response_minutes": 10}
    await session.flush()
    url = f"/api/v1/tickets/{told['ref']}"
    raised = await hotline.post(f"{url}/severity", json={"severity": "S1", "reason": "漏电"})
    assert raised.status_code == 200, raised.text
    running = {
        c["promise"]: c["target_minutes"]
        for c in raised.json()["clocks"]
        if c["state"] != "superseded"
    }
    assert running == {"response": 30, "arrival": 1440, "repair": 360, "make_safe": 120}


async def test_without_the_contract_its_times_count_for_nothing(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    today = datetime.now(UTC).date()
    await make_acceptance(session, project=project, accepted_on=today - timedelta(days=60))
    await make_contract(
        session,
        project=project,
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=30),
        terms={"response_minutes": 30},
    )
    ticket = await make_ticket(session, project=project, now=datetime.now(UTC))
    assert (ticket.cover, ticket.own_terms) == ("warranty", {})


async def test_own_times_come_by_json_and_by_form_and_are_checked(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session)
    manager = await as_role("manager")
    url = f"/api/v1/projects/{project.code}/contracts"
    body = {"starts_on": "2027-01-01", "ends_on": "2027-12-31"}
    wrong = await manager.post(url, json=body | {"terms": {"arrival_hours": -1}})
    assert wrong.status_code == 422
    made = await manager.post(url, json=body | {"terms": {"arrival_hours": 24, "remind_hours": 12}})
    assert made.status_code == 201, made.text
    assert made.json()["terms"] == {"arrival_hours": 24, "remind_hours": 12}
    page = f"/projects/{project.code}/contracts/{made.json()['id']}"
    shown = (await manager.get(page)).text
    assert re.search(r'name="arrival_hours"[^>]*value="24"', shown)
    form = {
        "starts_on": "2027-01-01",
        "ends_on": "2027-12-31",
        "labour": "free",
        "parts": "free",
        "version": "1",
        "repair_hours": "0",
        "S1_repair_hours": "8",
    }
    refused = await manager.post(page, data=form)
    assert refused.status_code == 422
    assert 'value="8"' in refused.text
    assert (await manager.post(page, data=form | {"repair_hours": "36"})).status_code == 303
    contract = await session.scalar(
        select(Contract)
        .where(Contract.project_id == project.id)
        .execution_options(populate_existing=True)
    )
    assert contract is not None
    # What the form does not show is kept.
    assert contract.terms == {
        "remind_hours": 12,
        "repair_hours": 36,
        "severities": {"S1": {"repair_hours": 8}},
    }
    assert "with times of its own" in (await manager.get(f"/projects/{project.code}/covers")).text
