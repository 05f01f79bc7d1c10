"""What the pages of sheets ask the database: the same for one sheet and row as for many."""

from datetime import UTC, datetime

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.project import make_project
from tests.sheet.sheets import carried_out, chosen, csv_of, sent
from tickets.sheet import actions
from tickets.sheet.rules import limits

FEW, MANY = 1, limits.SHOWN + 30
HEADINGS = ("设备编号", "名称", "类型")


def sheet(rows: int, *, kind: str = "投光灯", first: str = "L") -> bytes:
    told = [[f"{first}-{n}", "灯", kind] for n in range(rows)]
    return csv_of(told, headings=HEADINGS)


async def asked(connection: AsyncConnection, browser: AsyncClient, *addresses: str) -> list[int]:
    """Statements of each page, once whatever is read once is read."""
    numbers = []
    for address in addresses:
        await browser.get(address)
        with statements(connection) as said:
            answer = await browser.get(address)
        assert answer.status_code == 200, (address, answer.text)
        numbers.append(len(said))
    return numbers


async def test_the_list_of_sheets_asks_the_same_for_none_and_for_many(
    session: AsyncSession, connection: AsyncConnection, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    await session.commit()
    manager = await as_role("manager")
    pages = ("/projects/P1/sheets", "/projects/P1/sheets?what=tickets")
    assert await asked(connection, manager, *pages) == [3, 3]
    for n in range(12):
        await sent(manager, "P1", sheet(FEW, first=f"L{n}"), name=f"{n}.csv")
    shown = (await manager.get(pages[0])).text
    assert shown.count("/projects/P1/sheets/") >= 10
    assert await asked(connection, manager, *pages) == [3, 3]


async def test_a_sheet_asks_the_same_for_one_row_and_for_many_in_every_state(
    session: AsyncSession, connection: AsyncConnection, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    await session.commit()
    manager = await as_role("manager")
    found: dict[str, set[tuple[int, ...]]] = {}
    for rows in (FEW, MANY):
        # A draft, one that waits for the worker, one that was loaded, and one whose every row
        # is bad.
        draft = await sent(manager, "P1", sheet(rows), name="x.csv")
        found.setdefault("draft", set()).add(tuple(await asked(connection, manager, draft)))
        form = chosen((await manager.get(draft)).text)
        assert (await manager.post(f"{draft}/start", data=form)).status_code == 303
        waiting = await asked(connection, manager, draft, f"{draft}/progress")
        found.setdefault("waiting", set()).add(tuple(waiting))
        assert (await manager.post(f"{draft}/cancellation")).status_code == 303
        load = await actions.take_up(session)
        assert load is not None
        await actions.end_cancelled(session, load, datetime.now(UTC))
        for state, kind, bad in (("loaded", "投光灯", 0), ("bad", "飞碟", rows)):
            address = await sent(manager, "P1", sheet(rows, kind=kind, first=f"{rows}"))
            load = await carried_out(session, manager, address)
            assert load.counts["bad"] == bad, load.bad
            numbers = await asked(connection, manager, address, f"{address}/progress")
            found.setdefault(state, set()).add(tuple(numbers))
    assert found == {
        "draft": {(4,)},
        "waiting": {(4, 4)},
        "loaded": {(4, 3)},
        "bad": {(4, 3)},
    }
