"""The pages: plan, one quarter, checking place by place, templates, and what is beside them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.inspection.test_checking import setting, tell
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets.inspection import actions
from tickets.inspection.models import Check, Checklist, Inspection, Instrument, Training, Upkeep
from tickets.inspection.rules import Result
from tickets.project import actions as projects
from tickets.ticket.models import Ticket


@pytest.fixture(autouse=True)
def following() -> None:
    projects.follow_covers(actions.replan)


@contextmanager
def counting() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def statements(client: AsyncClient, path: str) -> int:
    assert (await client.get(path)).status_code == 200
    with counting() as seen:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return len(seen)


def text_of(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)))


async def test_the_plan_says_of_each_quarter_how_it_stands(
    session: AsyncSession, as_role: SignedIn
) -> None:
    today = datetime.now(UTC).date()
    project = await make_project(session, code="PLAN-1", accepted_on=today - timedelta(days=200))
    await make_project(session, code="PLAN-2")
    client = await as_role("manager")
    shown = text_of((await client.get("/inspections")).text)
    assert "PLAN-1" in shown
    assert "overdue" in shown
    assert "to be done" in shown
    assert "Not accepted yet: no inspection is owed." in shown
    old = text_of((await client.get(f"/inspections?year={today.year + 5}")).text)
    assert "No cover in this year" in old
    assert project.name in old


async def test_the_plan_asks_as_much_for_many_projects_as_for_one(
    session: AsyncSession, as_role: SignedIn
) -> None:
    day = datetime.now(UTC).date() - timedelta(days=30)
    await make_project(session, accepted_on=day)
    client = await as_role("manager")
    one = await statements(client, "/inspections")
    for _ in range(30):
        await make_project(session, accepted_on=day)
    session.expunge_all()
    assert await statements(client, "/inspections") == one <= 6


async def test_a_quarter_asks_as_much_for_many_lines_as_for_few(
    session: AsyncSession, as_role: SignedIn
) -> None:
    _, inspection, who = await setting(session)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "pass"))
    path = f"/inspections/{inspection.id}"
    client = await as_role("manager")
    few, at = await statements(client, path), await statements(client, f"{path}/check/P1-C1")
    for n in range(10, 40):
        session.add(
            Check(
                inspection_id=inspection.id,
                item=f"LUM-{n % 10 + 1:02}",
                asset_id=None,
                position=1000 + n,
                is_extra=True,
            )
        ) if n < 20 else None
    await tell(session, who, inspection, Result("LUM-01", "L11", "fail", note="x"))
    session.expunge_all()
    assert await statements(client, path) == few <= 14
    assert await statements(client, f"{path}/check/P1-C1") == at <= 7


async def test_from_the_visit_to_the_owner_by_forms_alone(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project, inspection, _ = await setting(session)
    technician = await make_person(session, role="technician", name="张三")
    boss = await as_role("manager")
    path = f"/inspections/{inspection.id}"
    day = datetime.now(UTC).date() + timedelta(days=3)

    async def post(where: str, **form: Any) -> Any:
        return await boss.post(where, data=form)

    done = await post(
        f"{path}/visit",
        visit_on=str(day),
        people=str(technician.id),
        version=str(inspection.version),
    )
    assert done.status_code == 303
    assert "张三" in (await boss.get(path)).text
    stale = await post(f"{path}/visit", visit_on=str(day), version="1")
    assert stale.status_code == 409
    assert "Somebody else changed this meanwhile" in stale.text
    begun = await post(f"{path}/beginning")
    assert begun.headers["location"] == f"{path}/check"
    places = text_of((await boss.get(f"{path}/check")).text)
    assert "P1-C1" in places
    html = (await boss.get(f"{path}/check/P1")).text
    ids = dict(re.findall(r'id="line-(\d+)"[^>]*data-item="([^"]+)"', html.replace("\n", " ")))
    line = {item: n for n, item in ids.items()}
    assert {"BOX-01", "BOX-03"} <= set(line)
    wrong = await post(
        f"{path}/check/P1",
        **{
            f"verdict.{line['BOX-01']}": "fail",
            f"note.{line['BOX-01']}": "锁坏了",
            f"value.{line['BOX-03']}.0": "twelve",
        },
    )
    assert wrong.status_code == 422
    assert "This is not a number." in wrong.text
    assert "锁坏了" in wrong.text  # nothing of what was typed is lost
    assert await session.scalar(select(func.count()).select_from(Ticket)) == 0
    taken = await post(
        f"{path}/check/P1",
        **{
            f"verdict.{line['BOX-01']}": "fail",
            f"note.{line['BOX-01']}": "锁坏了",
            f"value.{line['BOX-03']}.0": "12,5",
        },
    )
    assert taken.status_code == 303
    shown = text_of((await boss.get(path)).text)
    assert "锁坏了" in shown
    assert "12.5 K" in shown
    ticket = (await session.scalars(select(Ticket))).one()
    assert ticket.ref in shown
    # The same page sent again says nothing new.
    version = await session.scalar(select(Inspection.version).where(Inspection.id == inspection.id))
    again = await post(f"{path}/check/P1", **{f"value.{line['BOX-03']}.0": "12.5"})
    assert again.status_code == 303
    assert version == await session.scalar(
        select(Inspection.version).where(Inspection.id == inspection.id)
    )
    described = await post(
        f"{path}/description",
        note="台风两次",
        suggestions="清理遮挡树木",
        **{"row.STA-02": "landscape"},
    )
    assert described.status_code == 303
    assert (await post(f"{path}/signature", signed_by="李工")).status_code == 303
    empty = await post(f"{path}/handover", how="printed")
    assert empty.status_code == 422
    link = await post(f"{path}/handover", received_by="王科", how="link", link_days="14")
    assert link.status_code == 200
    assert re.search(r"/r/[\w-]{20,}", link.text)
    assert "handed over" in text_of((await boss.get(path)).text)
    assert (await post(f"{path}/correction", reason="漏记一项")).status_code == 303
    assert "A correction of version 1 is being made" in text_of((await boss.get(path)).text)
    assert project.code in link.text


async def test_a_checklist_is_changed_in_a_draft_and_published(
    session: AsyncSession, as_role: SignedIn
) -> None:
    boss = await as_role("manager")
    first = (await session.scalars(select(Checklist))).one()
    frozen = list(first.items)
    begun = await boss.post("/checklists/quarterly/draft")
    path = begun.headers["location"]
    assert (await boss.post("/checklists/quarterly/draft")).headers["location"] == path
    form = {
        "id": "pol-01",
        "section": "pole_bracket",
        "asset_class": "pole",
        "zh": "灯杆垂直度",
        "en": "Pole verticality",
        "kind": "number",
        "unit": "°",
        "op": "<=",
        "value": "3",
        "frequency": "quarterly",
        "fail_severity": "S2",
        "is_safety": "true",
    }
    assert (await boss.post(f"{path}/items", data=form)).status_code == 303
    wrong = await boss.post(
        f"{path}/items", data=form | {"op": "between", "least": "9", "most": "1"}
    )
    assert wrong.status_code == 422
    assert "Say from where to where." in wrong.text
    for junk in (
        {"id": "A/B"},
        {"id": ".."},
        {"value": "nan"},
        {"alert": "inf"},
        {"table": "arterial = nan"},
        {"table": "arterial = 1e999"},
    ):
        refused = await boss.post(f"{path}/items", data=form | junk)
        assert refused.status_code == 422, junk
        assert "灯杆垂直度" in refused.text
    assert "灯杆垂直度" in wrong.text
    assert (await boss.post(f"{path}/publication")).status_code == 303
    assert (await boss.post(f"{path}/items", data=form)).status_code == 409
    await session.refresh(first)
    assert first.items == frozen
    _, inspection, who = await setting(session)
    (told,) = await tell(session, who, inspection, Result("POL-01", None, values=(4.0,)))
    assert told.check.verdict == "fail"
    technician = await as_role("technician")
    assert (await technician.post("/checklists/quarterly/draft")).status_code == 403


async def test_upkeep_training_and_instruments(session: AsyncSession, as_role: SignedIn) -> None:
    today = datetime.now(UTC).date()
    project = await make_project(session, code="UP-1", accepted_on=today - timedelta(days=40))
    boss, technician = await as_role("manager"), await as_role("technician")
    form = {"project": "UP-1", "kind": "cleaning", "what": "清洗主桥灯具", "due_on": str(today)}
    assert (await boss.post("/upkeep", data=form)).status_code == 303
    assert (await boss.post("/upkeep", data=form | {"kind": "dance"})).status_code == 422
    task = (await session.scalars(select(Upkeep))).one()
    assert "清洗主桥灯具" in (await technician.get("/upkeep?project=UP-1")).text
    future = await technician.post(
        f"/upkeep/{task.id}/done", data={"done_on": str(today + timedelta(days=5))}
    )
    assert future.status_code == 422
    assert (await technician.post(f"/upkeep/{task.id}/done", data={})).status_code == 303
    await session.refresh(task)
    assert task.done_on is not None

    owing = text_of((await boss.get("/trainings")).text)
    assert "UP-1" in owing
    assert "was due on" in owing
    held = {
        "project": "UP-1",
        "held_on": str(today),
        "place": "桥头控制室",
        "topics": ["structure", "daily"],
        "other_topics": "节日模式",
        "trainer": "李工",
        "attendees": "王科\n赵工",
    }
    assert (await technician.post("/trainings", data=held | {"attendees": ""})).status_code == 422
    assert (await technician.post("/trainings", data=held)).status_code == 303
    training = (await session.scalars(select(Training))).one()
    assert training.topics == ["structure", "daily", "节日模式"]
    assert "UP-1" not in text_of((await boss.get("/trainings")).text)
    assert "桥头控制室" in (await boss.get("/trainings?project=UP-1")).text

    tool = {"name": "接地电阻测试仪", "serial": "4105A-77", "calibrated_until": "2020-01-01"}
    assert (await technician.post("/instruments", data=tool)).status_code == 403
    assert (await boss.post("/instruments", data=tool)).status_code == 303
    assert (await boss.post("/instruments", data=tool)).status_code == 409
    assert "calibration over since" in text_of((await boss.get("/instruments")).text)
    kept = (await session.scalars(select(Instrument))).one()
    assert (await boss.post(f"/instruments/{kept.id}/retirement")).status_code == 303
    assert "4105A-77" not in (await boss.get("/instruments")).text
    assert project.code == "UP-1"


async def test_the_owner_sees_nothing_before_it_is_signed(
    session: AsyncSession, as_role: SignedIn
) -> None:
    _, inspection, who = await setting(session)
    await tell(session, who, inspection, Result("LUM-04", "P1-C1", "fail", note="内部备注"))
    owner = await as_role("owner")
    path = f"/inspections/{inspection.id}"
    assert "内部备注" not in (await owner.get(path)).text
    assert (await owner.get(f"/api/v1{path}")).json()["lines"] == []
    assert (await owner.get(f"{path}/check")).status_code == 403
    now = datetime.now(UTC)
    await actions.sign(session, who, inspection.id, signed_by="李工", signature=None, now=now)
    assert "内部备注" in (await owner.get(path)).text
