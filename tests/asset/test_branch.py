"""What stands below what: kept by the database, whoever writes into the register, in any order."""

import random
from collections import Counter
from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.asset import queries
from tickets.asset.models import Asset, AssetBelow, AssetBranch
from tickets.asset.queries import Wanted

KINDS = ("AREA", "BOX", "CIRC", "LUM_LINE")
Kept = tuple[dict[int, list[int]], Counter[tuple[int, str]]]
NOW = datetime(2026, 11, 25, tzinfo=UTC)


async def _reckoned(session: AsyncSession, project_id: int) -> Kept:
    """Ways and numbers as they follow from the parents alone."""
    rows = (
        await session.execute(
            select(Asset.id, Asset.parent_id, Asset.kind, Asset.retired_at).where(
                Asset.project_id == project_id
            )
        )
    ).all()
    up = {row.id: row.parent_id for row in rows}
    ways: dict[int, list[int]] = {}
    for id_ in up:
        way: list[int] = []
        at = id_
        while at is not None:
            way.insert(0, at)
            at = up[at]
        ways[id_] = way
    numbers: Counter[tuple[int, str]] = Counter()
    for row in rows:
        if row.retired_at is None:
            for holder in [0, *ways[row.id][:-1]]:
                numbers[holder, row.kind] += 1
    return ways, numbers


async def _kept(session: AsyncSession, project_id: int) -> Kept:
    ways = await session.execute(
        select(AssetBranch.asset_id, AssetBranch.way).where(AssetBranch.project_id == project_id)
    )
    numbers = await session.execute(
        select(AssetBelow.holder_id, AssetBelow.kind, func.sum(AssetBelow.number))
        .where(AssetBelow.project_id == project_id)
        .group_by(AssetBelow.holder_id, AssetBelow.kind)
    )
    told = Counter({(holder, kind): int(n) for holder, kind, n in numbers if n})
    return {id_: list(way) for id_, way in ways}, told


async def test_whatever_is_written_the_branches_follow(session: AsyncSession) -> None:
    """Hundreds of statements as imports, verbs and people at a prompt write them."""
    project = await make_project(session)
    chance = random.Random(5)
    table = cast(Table, Asset.__table__)
    for turn in range(60):
        ids = list(await session.scalars(select(Asset.id).where(Asset.project_id == project.id)))
        what = chance.choice(("add", "add", "move", "retire", "kind", "delete")) if ids else "add"
        some = chance.sample(ids, min(len(ids), chance.randint(1, 6))) if ids else []
        if what == "add":
            first = (await session.scalar(select(func.max(Asset.id)))) or 0
            new = []
            for n in range(chance.randint(1, 8)):
                # Children may come before what holds them in one statement.
                within = [first + 1000 * turn + 10 + k for k in range(8) if k != n]
                new.append(
                    {
                        "id": first + 1000 * turn + 10 + n,
                        "public_id": f"B{turn}-{n}",
                        "project_id": project.id,
                        "code": f"B{turn}-{n}",
                        "name": "x",
                        "kind": chance.choice(KINDS),
                        "parent_id": chance.choice([None, *ids, *within[: n or None][:n]]),
                    }
                )
            chance.shuffle(new)
            await session.execute(insert(table).values(new))
        elif what == "move":
            ways, _ = await _kept(session, project.id)
            to = chance.choice([None, *ids])
            free = [one for one in some if to is None or one not in ways[to]]
            await session.execute(update(table).where(table.c.id.in_(free)).values(parent_id=to))
        elif what == "retire":
            at = chance.choice([None, NOW])
            await session.execute(update(table).where(table.c.id.in_(some)).values(retired_at=at))
        elif what == "kind":
            kind = chance.choice(KINDS)
            await session.execute(update(table).where(table.c.id.in_(some)).values(kind=kind))
        else:
            holders = select(table.c.parent_id).where(table.c.parent_id.is_not(None))
            await session.execute(
                delete(table).where(table.c.id.in_(some), table.c.id.not_in(holders))
            )
        assert await _kept(session, project.id) == await _reckoned(session, project.id), what


async def test_the_database_refuses_a_circle_even_from_a_prompt(session: AsyncSession) -> None:
    project = await make_project(session)
    top = await make_asset(session, project=project, kind="BOX")
    low = await make_asset(session, project=project, kind="BOX", parent=top)
    await session.flush()
    for id_, to in ((top.id, low.id), (top.id, top.id)):
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                await session.execute(
                    text("UPDATE asset SET parent_id = :to WHERE id = :id"), {"to": to, "id": id_}
                )


async def test_the_numbers_do_not_pile_up(session: AsyncSession) -> None:
    """Each act leaves one row with the sum, not a row of its own."""
    project = await make_project(session)
    area = await make_asset(session, project=project, kind="AREA")
    for _ in range(20):
        await make_asset(session, project=project, parent=area)
    rows = await session.scalar(
        select(func.count()).select_from(AssetBelow).where(AssetBelow.holder_id == area.id)
    )
    assert rows == 1
    assert await queries.counts(session, project.id, parent=area) == [("LUM_FLOOD", 20)]


async def test_the_table_finds_everything_below_and_beside_it_nothing(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    east = await make_asset(session, project=project, code="EAST", kind="AREA")
    west = await make_asset(session, project=project, code="WEST", kind="AREA")
    box = await make_asset(session, project=project, code="DB1", kind="BOX", parent=east)
    await make_asset(session, project=project, code="L1", parent=box, batch="2", is_main=True)
    await make_asset(session, project=project, code="L2", parent=west)
    found = await queries.page(session, project.id, Wanted(parent=east, is_deep=True))
    assert [asset.code for asset, _ in found.items] == ["DB1", "L1"]
    client = await as_role("technician")
    api = "/api/v1/projects/P1/assets"
    for asked, codes in (
        ("parent=EAST", ["DB1"]),
        ("parent=EAST&below=true", ["DB1", "L1"]),
        ("parent=EAST&below=true&kind=LUM_FLOOD", ["L1"]),
        ("batch=2", ["L1"]),
        ("main=true", ["L1"]),
        ("sort=-code", ["WEST", "L2", "L1", "EAST", "DB1"]),
        ("sort=kind", ["EAST", "WEST", "DB1", "L1", "L2"]),
        ("sort=-batch", ["L1", "WEST", "L2", "EAST", "DB1"]),
    ):
        told = (await client.get(f"{api}?{asked}")).json()
        assert [item["code"] for item in told["items"]] == codes, asked
    assert (await client.get(f"{api}?sort=height")).status_code == 422


@pytest.mark.parametrize("named", queries.SORTS)
async def test_paging_hides_and_doubles_nothing_however_it_is_sorted(
    session: AsyncSession, named: str
) -> None:
    project = await make_project(session)
    for n in range(11):
        asset = await make_asset(
            session, project=project, batch=(None, "1", "b/2")[n % 3], kind=KINDS[n % 4]
        )
        asset.model = (None, "X/1")[n % 2]
        asset.installed_on = (None, NOW.date())[n % 2]
    await session.flush()
    both: list[list[str]] = []
    for sort in (named, f"-{named}"):
        codes: list[str] = []
        cursor: str | None = None
        while True:
            page = await queries.page(session, project.id, sort=sort, limit=3, cursor=cursor)
            codes += [asset.code for asset, _ in page.items]
            if (cursor := page.next) is None:
                break
        assert len(codes) == len(set(codes)) == 11
        both.append(codes)
    assert both[1] == both[0][::-1]


async def test_the_tree_opens_where_one_asks_and_counts_what_is_below(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    east = await make_asset(session, project=project, code="EAST", kind="AREA")
    box = await make_asset(session, project=project, code="DB1", kind="BOX", parent=east)
    for n in range(120):
        await make_asset(session, project=project, code=f"L{n:03}", parent=box)
    client = await as_role("technician")
    closed = (await client.get("/projects/P1/asset_tree")).text
    assert "EAST" in closed
    assert "DB1" not in closed
    assert ">121</a>" in closed
    opened = (await client.get("/projects/P1/asset_tree?open=DB1")).text.partition("tree-card")[2]
    assert opened.index("EAST") < opened.index("DB1") < opened.index("L000") < opened.index("L099")
    assert "L100" not in opened
    further = (await client.get("/projects/P1/asset_tree?open=DB1&cursor=L099")).text
    assert "L100" in further
    part = (await client.get("/projects/P1/asset_tree/branch?open=EAST")).text
    assert "DB1" in part
    assert "<html" not in part
    assert (await client.get("/projects/P1/asset_tree?open=NOWHERE")).status_code == 404


async def test_pages_ask_as_few_questions_for_many_as_for_one(
    session: AsyncSession, connection: AsyncConnection, as_role: SignedIn
) -> None:
    project = await make_project(session, code="P1")
    box = await make_asset(session, project=project, code="DB1", kind="BOX")
    await make_asset(session, project=project, code="L000", parent=box)
    await session.commit()
    client = await as_role("manager")
    home = "/projects/P1/asset"
    # Who asks, the project; then what stands here. Below something: the thing, its way too. An
    # asset's own page asks all of it at once, and its tickets where any is open.
    few = {"s": 3, "s?parent=DB1&below=true": 5, "_tree": 4, "_tree?open=DB1": 7, "s/DB1": 2}
    for turn in range(2):
        for path, number in few.items():
            await client.get(home + path)
            with statements(connection) as asked:
                assert (await client.get(home + path)).status_code == 200
            assert len(asked) == number, (path, turn, "\n\n".join(asked))
        for n in range(1, 40):
            await make_asset(session, project=project, code=f"L{turn}{n:02}", parent=box)
        await session.commit()


async def test_an_assets_page_shows_what_is_open_on_it_to_those_of_its_project_alone(
    session: AsyncSession,
    connection: AsyncConnection,
    browser_of: SignedIn,
    now: datetime,
) -> None:
    project, other = [await make_project(session, code=code) for code in ("P1", "P2")]
    lamp = await make_asset(session, project=project, code="L1")
    for person in (
        await make_person(session, role="hotline", project_id=project.id),
        await make_person(session, role="manager"),
    ):
        client = await browser_of(person)
        quiet = (await client.get("/projects/P1/assets/L1")).text
        assert "Nothing is open here." in quiet
    stranger = await browser_of(await make_person(session, role="hotline", project_id=other.id))
    for address in ("P1/assets/L1", "P2/assets/L1", "P3/assets/L1", "P1/assets/L 1"):
        assert (await stranger.get(f"/projects/{address}")).status_code == 404, address
    ticket = await make_ticket(session, project=project, now=now, assets=(lamp.code,))
    await session.commit()
    with statements(connection) as asked:
        assert ticket.ref in (await client.get("/projects/P1/assets/L1")).text
    assert len(asked) == 3, "\n\n".join(asked)


async def test_what_many_edits_take_grows_with_them_and_not_with_their_square(
    session: AsyncSession,
) -> None:
    """On a connection that has edited one: a plan made for one looks at all rows for each row, a
    minute for what is done in a second."""
    project = await make_project(session)
    lamp = await make_asset(session, project=project)
    await session.execute(update(Asset).where(Asset.id == lamp.id).values(batch="1"))
    for seconds, statement in (
        (
            20,
            "INSERT INTO asset (public_id, project_id, code, name, kind, is_main, datum,"
            " is_place_doubtful, version, grams)"
            " SELECT 'S' || n, :project, 'S-' || n, 'lamp', 'LUM_LINE', false, 'WGS-84',"
            " false, 1, '{}' FROM generate_series(1, 20000) n",
        ),
        (10, "UPDATE asset SET batch = '2' WHERE project_id = :project"),
        (20, "UPDATE asset SET kind = 'LUM_FLOOD' WHERE project_id = :project"),
    ):
        await session.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
        await session.execute(text(statement), {"project": project.id})
    below = select(AssetBelow.kind, AssetBelow.number).where(AssetBelow.project_id == project.id)
    assert [tuple(row) for row in await session.execute(below)] == [("LUM_FLOOD", 20_001)]
