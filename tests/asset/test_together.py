"""Many assets in one act: first what will happen, then all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import who_of
from tickets.asset import actions, queries
from tickets.asset.models import Asset, AssetBranch, AssetChange
from tickets.asset.queries import Chosen, Wanted
from tickets.events import Event
from tickets.project import queries as projects
from tickets.refusals import Refused
from tickets.staff.rules import Role, Verb

HOME = "/projects/P1"
NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
async def laid(session: AsyncSession) -> None:
    """EAST > DB1 > C1 > L1 L2; WEST > DB2."""
    project = await make_project(session, code="P1")
    east = await make_asset(session, project=project, code="EAST", kind="AREA")
    west = await make_asset(session, project=project, code="WEST", kind="AREA")
    box = await make_asset(session, project=project, code="DB1", kind="BOX", parent=east)
    await make_asset(session, project=project, code="DB2", kind="BOX", parent=west)
    circuit = await make_asset(session, project=project, code="C1", kind="CIRC", parent=box)
    for code in ("L1", "L2"):
        await make_asset(session, project=project, code=code, parent=circuit, batch="1")


async def ask(client: AsyncClient, act: str, *codes: str, **fields: Any) -> tuple[int, str]:
    form = {"asset": list(codes)} | fields
    answer = await client.post(f"{HOME}/asset_{act}", data=form)
    return answer.status_code, answer.text


async def value(session: AsyncSession, code: str, name: str) -> Any:
    return await session.scalar(select(getattr(Asset, name)).where(Asset.code == code))


async def told_of(session: AsyncSession, code: str) -> list[tuple[str, Any]]:
    rows = await session.execute(
        select(AssetChange.what, AssetChange.fields)
        .join(Asset, Asset.id == AssetChange.asset_id)
        .where(Asset.code == code)
        .order_by(AssetChange.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.usefixtures("laid")
async def test_fields_are_set_for_those_that_are_ticked(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    status, page = await ask(client, "edits", "L1", "L2")
    assert (status, "Tick what is set" in page) == (200, True)
    fields = {
        "change": ["batch", "model", "ip", "is_main", "installed_on", "power_w"],
        "batch": "2", "model": "洗墙X9", "ip": "ip 66", "is_main": "true",
        "installed_on": "2026-05-01", "power_w": "24.5", "maker": "not ticked",
    }  # fmt: skip
    status, page = await ask(client, "edits", "L1", "L2", "NOWHERE", step="check", **fields)
    assert status == 200
    assert "Change 2" in page
    assert (await value(session, "L1", "batch")) == "1", "looking changes nothing"
    status, page = await ask(client, "edits", "L1", "L2", step="do", number="2", **fields)
    assert (status, "Changed: 2" in page) == (200, True)
    row = (
        await session.execute(
            select(
                Asset.batch, Asset.model, Asset.ip, Asset.is_main, Asset.power_w, Asset.maker,
                Asset.version,
            ).where(Asset.code == "L2")
        )
    ).one()  # fmt: skip
    assert tuple(row) == ("2", "洗墙X9", "IP66", True, 24.5, None, 2)
    assert await told_of(session, "L1") == [
        (
            "changed",
            {
                "batch": ["1", "2"],
                "model": [None, "洗墙X9"],
                "ip": [None, "IP66"],
                "is_main": [False, True],
                "installed_on": [None, "2026-05-01"],
                "power_w": [None, 24.5],
            },
        )
    ]
    facts = list(await session.scalars(select(Event.facts).where(Event.kind == "asset.changed")))
    assert facts == [{"number": 2, "fields": sorted(fields["change"])}]
    # It is found by the new model at once.
    found = await client.get("/api/v1/projects/P1/assets?q=洗墙")
    assert [item["code"] for item in found.json()["items"]] == ["L1", "L2"]
    status, page = await ask(client, "edits", "L1", "L2", step="do", number="2", **fields)
    assert (status, "Meanwhile it would be 0, not 2" in page) == (409, True)
    # An empty field that is ticked empties it.
    await ask(client, "edits", "L1", step="do", number="1", change="model", model="")
    assert await value(session, "L1", "model") is None


@pytest.mark.usefixtures("laid")
async def test_a_kind_that_cannot_be_is_kept_and_said(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    fields = {"change": "kind", "kind": "BOX"}
    _, page = await ask(client, "edits", "L1", "C1", "DB1", "EAST", step="check", **fields)
    assert "Are so already" in page  # DB1
    # L1 hangs on C1, which as a cabinet may hold it no more than L1 as one may hang there today.
    assert "What holds it cannot hold such a kind." in page
    assert "Change 2" in page
    wrongs: list[dict[str, str]] = [
        {"change": "kind", "kind": ""},
        {"change": "kind", "kind": "UFO"},
        {"change": "ip", "ip": "wet"},
        {"change": "power_w", "power_w": "-1"},
        {},
    ]
    for wrong in wrongs:
        status, page = await ask(client, "edits", "L1", step="check", **wrong)
        assert status in (409, 422), wrong
        assert 'role="alert"' in page
        assert 'value="L1"' in page, "what was ticked is kept"


@pytest.mark.usefixtures("laid")
async def test_what_is_moved_takes_along_what_stands_in_it(
    session: AsyncSession, as_role: SignedIn
) -> None:
    client = await as_role("manager")
    chosen = ("EAST", "DB1", "L1", "WEST", "DB2")
    _, page = await ask(client, "moves", *chosen, step="check", parent="DB2")
    assert "It cannot stand in itself." in page  # DB2, and WEST above it
    assert "goes along with it" in page  # L1, DB1 below EAST
    assert "It cannot stand there" in page  # an area in a cabinet
    _, page = await ask(client, "moves", "DB1", "L1", step="check", parent="DB2")
    assert "Move 1" in page
    _, page = await ask(client, "moves", "DB1", "L1", step="do", parent="DB2", number="1")
    assert "Moved: 1" in page
    lamp = (await session.scalars(select(Asset).where(Asset.code == "L1"))).one()
    way = [step.code for step in await queries.path(session, lamp)]
    assert way == ["WEST", "DB2", "DB1", "C1", "L1"]
    assert await told_of(session, "DB1") == [("moved", {"parent": ["EAST", "DB2"]})]
    assert await told_of(session, "L1") == []
    _, page = await ask(client, "moves", "L1", "L2", step="do", number="2")
    assert await value(session, "L2", "parent_id") is None
    status, page = await ask(client, "moves", "L1", step="check", parent="NOWHERE")
    assert (status, "There is no asset NOWHERE" in page) == (422, True)


@pytest.mark.usefixtures("laid")
async def test_nothing_is_left_in_what_is_retired(session: AsyncSession, as_role: SignedIn) -> None:
    client = await as_role("manager")
    _, page = await ask(client, "retirements", "DB1", "C1", "L1", step="check")
    assert "Something still stands in it." in page  # L2 is not ticked
    assert "Retire 1" in page
    _, page = await ask(client, "retirements", "EAST", step="check", below="true")
    assert "Retire 5" in page
    _, page = await ask(client, "retirements", "EAST", step="do", below="true", number="5")
    assert "Retired: 5" in page
    assert await told_of(session, "L2") == [("retired", {})]
    _, page = await ask(client, "restorations", "L1", step="check")
    assert "What holds it is retired." in page
    form = {"all": "true", "f_retired": "only", "step": "do", "number": "5"}
    answer = await client.post(f"{HOME}/asset_restorations", data=form)
    assert "Put back in service: 5" in answer.text
    facts = await session.execute(
        select(Event.kind, Event.facts)
        .where(Event.kind.in_(("asset.retired", "asset.restored")))
        .order_by(Event.id)
    )
    assert [tuple(row) for row in facts] == [
        ("asset.retired", {"number": 5}),
        ("asset.restored", {"number": 5}),
    ]


@pytest.mark.usefixtures("laid")
async def test_all_that_match_the_filter_are_done_in_few_statements(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await projects.find(
        session, who_of((await make_person(session)).id, Role.MANAGER), "P1", Verb.ASSET_WRITE
    )
    new = [
        actions.NewAsset(code=f"X{n:04}", name="Lamp", kind="LUM_LINE", parent="C1")
        for n in range(3000)
    ]
    await actions.add_many(session, None, project, new, NOW)
    client = await as_role("manager")
    form = {"all": "true", "f_parent": "EAST", "f_below": "true", "f_kind": "LUM_LINE"}
    fields = {"change": "batch", "batch": "7"}
    page = (await client.post(f"{HOME}/asset_edits", data=form | fields | {"step": "check"})).text
    assert "Change 3,000" in page
    # Somebody added one since the number was agreed to.
    await make_asset(
        session, project=project, code="LATE", kind="LUM_LINE",
        parent=await queries.find(session, project.id, "C1"),
    )  # fmt: skip
    done = form | fields | {"step": "do", "number": "3000"}
    late = await client.post(f"{HOME}/asset_edits", data=done)
    assert (late.status_code, "Meanwhile it would be 3001, not 3000" in late.text) == (409, True)
    page = (await client.post(f"{HOME}/asset_edits", data=done | {"number": "3001"})).text
    assert "Changed: 3,001" in page
    noted = select(func.count()).select_from(AssetChange).where(AssetChange.what == "changed")
    assert await session.scalar(noted) == 3001
    changed = select(func.count()).select_from(Event).where(Event.kind == "asset.changed")
    assert await session.scalar(changed) == 1


@pytest.mark.usefixtures("laid")
async def test_who_reads_edits_nothing_and_too_many_are_not_ticked(as_role: SignedIn) -> None:
    reader = await as_role("technician")
    for act in ("edits", "moves", "retirements", "restorations"):
        assert (await ask(reader, act, "L1", step="do", number="1"))[0] == 403
    table = (await reader.get(f"{HOME}/assets")).text
    assert 'name="asset"' not in table
    client = await as_role("manager")
    status, page = await ask(client, "moves", *(f"L{n}" for n in range(501)), step="check")
    assert (status, "At most 500 can be ticked" in page) == (409, True)
    status, page = await ask(client, "moves")
    assert (status, "Nothing is ticked" in page) == (409, True)


@pytest.fixture
async def sessions(database: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Really committed, for those who come at once; taken away again."""
    _, _, rest = database.partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}", pool_size=4)
    yield async_sessionmaker(engine, expire_on_commit=False)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in (
            "unrelayed", "event", "asset_change", "asset_branch", "asset_below", "asset",
            "project", "owner", "held_role", "person",
        ):  # fmt: skip
            await connection.execute(text(f"DELETE FROM {table}"))
    await engine.dispose()


async def test_two_moves_that_would_close_a_circle(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session, session.begin():
        who = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        project = await make_project(session, code="RACE")
        for code in ("A", "B"):
            await make_asset(session, project=project, code=code, kind="BOX")

    async def move(code: str, under: str) -> str:
        async with sessions() as session, session.begin():
            found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE, lock=True)
            chosen = Chosen(codes=[code])
            try:
                await actions.move_many(session, who, found, chosen, under, expected=1, now=NOW)
            except Refused as refusal:
                return str(refusal.status)
            await asyncio.sleep(0.05)
            return "moved"

    said = await asyncio.gather(move("A", "B"), move("B", "A"))
    assert sorted(said) == ["409", "moved"]
    async with sessions() as session:
        ways = list(await session.scalars(select(AssetBranch.way)))
        assert sorted(len(way) for way in ways) == [1, 2]


async def test_a_single_edit_begun_before_a_bulk_edit_is_refused(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session, session.begin():
        who = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        project = await make_project(session, code="RACE")
        await make_asset(session, project=project, code="A")

    async def many() -> str:
        async with sessions() as session, session.begin():
            found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE, lock=True)
            everything = Chosen(asked=Wanted())
            await actions.edit_many(
                session, who, found, everything, {"batch": "2"}, expected=1, now=NOW
            )
            await asyncio.sleep(0.1)
            return "many"

    async def one() -> str:
        await asyncio.sleep(0.03)
        async with sessions() as session, session.begin():
            found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE, lock=True)
            try:
                await actions.change_asset(
                    session, who, found, "A", version=1, now=NOW, changes={"batch": "3"}
                )
            except Refused as refusal:
                return str(refusal.status)
            return "one"

    said = await asyncio.gather(many(), one())
    assert list(said) == ["many", "409"]


async def test_adding_below_what_moves_waits_and_finds_the_new_way(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session, session.begin():
        who = who_of((await make_person(session, role="manager")).id, Role.MANAGER)
        project = await make_project(session, code="RACE")
        east = await make_asset(session, project=project, code="EAST", kind="AREA")
        await make_asset(session, project=project, code="WEST", kind="AREA")
        await make_asset(session, project=project, code="DB1", kind="BOX", parent=east)

    async def move() -> None:
        async with sessions() as session, session.begin():
            found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE, lock=True)
            chosen = Chosen(codes=["DB1"])
            await actions.move_many(session, who, found, chosen, "WEST", expected=1, now=NOW)
            await asyncio.sleep(0.1)

    async def add(code: str, wait: float, hold: float) -> None:
        await asyncio.sleep(wait)
        async with sessions() as session, session.begin():
            found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE)
            new = actions.NewAsset(code=code, name="x", kind="LUM_LINE", parent="DB1")
            await actions.add_asset(session, who, found, new, NOW)
            await asyncio.sleep(hold)

    # One adds while nothing moves yet and is not done; one comes while it moves.
    async def late_move() -> None:
        await asyncio.sleep(0.05)
        await move()

    await asyncio.gather(add("L1", 0, 0.15), late_move(), add("L2", 0.2, 0), add("L3", 0.01, 0.05))
    async with sessions() as session:
        found = await projects.find(session, who, "RACE", Verb.ASSET_WRITE)
        west = await queries.find(session, found.id, "WEST")
        east = await queries.find(session, found.id, "EAST")
        below = await queries.counts(session, found.id, parent=west)
        assert below == [("BOX", 1), ("LUM_LINE", 3)]
        assert await queries.counts(session, found.id, parent=east) == []
        page = await queries.page(session, found.id, Wanted(parent=west, is_deep=True))
        assert sorted(asset.code for asset, _ in page.items) == ["DB1", "L1", "L2", "L3"]
