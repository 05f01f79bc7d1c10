"""A town to inspect, what is found there, and its signed reports."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.asset import make_asset
from tests.makers.visit import make_jpeg
from tickets import media
from tickets.asset.models import Asset
from tickets.inspection import actions, queries
from tickets.inspection.models import Inspection, InspectionReport, Instrument
from tickets.inspection.queries import Lined
from tickets.inspection.rules import Result, Value
from tickets.project.models import Project
from tickets.staff.rules import Who

# Of each measured item a value that passes, and by how much it grows from place to place.
USUAL = {
    "STA-04": (0.0, 0.0),
    "LUM-07": (12.0, 1.3),
    "POL-01": (0.6, 0.2),
    "BOX-03": (9.0, 1.7),
    "BOX-04": (-2.5, 0.4),
    "BOX-05": (3.0, 0.7),
    "EAR-03": (0.0, 0.0),
    "CTL-02": (97.0, 0.3),
    "CTL-03": (0.4, 0.3),
    "CTL-09": (180.0, 5.0),
    "EAR-01": (1.6, 0.21),
    "EAR-02": (0.2, 0.05),
    "LUM-10": (41.0, 0.6),
    "LUM-11": (55.0, 2.0),
    "BOX-07": (21.0, 0.6),
    "BOX-08": (26.0, 3.0),
    "EFF-01": (9.0, 0.4),
    "EFF-02": (0.42, 0.01),
}
ROWS = {
    "STA-02": "secondary_branch",
    "STA-03": "landscape",
    "BOX-07": "touchable",
    "BOX-08": "general",
    "CAB-03": "low_voltage_circuit",
    "EAR-01": "TN_TT_network_or_standalone",
    "EFF-01": "branch",
    "EFF-02": "branch",
}


async def make_town(
    session: AsyncSession, project: Project, *, cabinets: int = 1, circuits: int = 2
) -> list[Asset]:
    """One area; in it cabinets, on each circuits, on each circuit a lamp and a pole. Gives the
    circuits."""
    area = await make_asset(session, project=project, code="QY-1", name="滨江段", kind="AREA")
    made = []
    for box in range(1, cabinets + 1):
        cabinet = await make_asset(
            session,
            project=project,
            code=f"PX-{box:02}",
            name=f"{box} 号配电箱",
            kind="BOX",
            parent=area,
            location=f"滨江大道 {box * 120} 号旁",
        )
        for no in range(1, circuits + 1):
            circuit = await make_asset(
                session,
                project=project,
                code=f"PX-{box:02}-{no}",
                name=f"回路 {no}",
                kind="CIRC",
                parent=cabinet,
            )
            made.append(circuit)
            name = f"L-{box:02}{no:02}"
            await make_asset(
                session, project=project, code=name, name="投光灯", kind="LUM_FLOOD", parent=circuit
            )
            await make_asset(
                session,
                project=project,
                code=f"G-{box:02}{no:02}",
                name="灯杆",
                kind="POLE",
                parent=circuit,
            )
    return made


async def make_instrument(
    session: AsyncSession, *, serial: str, name: str = "绝缘电阻测试仪", until: date | None = None
) -> Instrument:
    tool = Instrument(name=name, model="UT512E", serial=serial, calibrated_until=until)
    session.add(tool)
    await session.flush()
    return tool


def usual(lined: Sequence[Lined], *, tool: int | None = None, lit: int = 20) -> list[Result]:
    """Everything in order: values within their limits, twenty lamps a circuit, all lit."""
    told = []
    seen: dict[str, int] = {}
    for each in lined:
        n = seen[each.check.item] = seen.get(each.check.item, -1) + 1
        values: tuple[float, ...] = ()
        if each.item.kind is Value.COUNT_PAIR:
            values = (20, lit)
        elif each.item.kind is Value.NUMBER3:
            values = (12.5 + n, 11.0 + n, 10.5 + n)
        elif each.item.is_measured and each.check.item in USUAL:
            first, step = USUAL[each.check.item]
            values = (round(first + step * (n % 7), 2),)
        verdict = None if values else "pass"
        measured = tool if values and each.item.kind is not Value.COUNT_PAIR else None
        told.append(
            Result(each.check.item, each.code, verdict=verdict, values=values, instrument=measured)
        )
    return told


async def quarter(session: AsyncSession, project: Project, number: int) -> Inspection:
    found = await session.scalar(
        select(Inspection).where(Inspection.project_id == project.id, Inspection.number == number)
    )
    assert found is not None
    return found


async def make_photo(
    session: AsyncSession, who: Who, *, colour: str, moment: str = "other"
) -> UUID:
    content = make_jpeg(width=1600, height=1200, colour=colour)
    return (await media.take(session, content, by_id=who.id, moment=moment)).id


async def make_begun(
    session: AsyncSession, who: Who, project: Project, number: int, *, at: datetime
) -> tuple[Inspection, list[Lined]]:
    """A quarter that is being inspected, and its lines; the limits of the project are chosen."""
    await actions.replan(session, project, at)
    inspection = await quarter(session, project, number)
    await actions.start(session, who, inspection.id, now=at)
    await actions.choose_rows(
        session, who, inspection.id, ROWS, note=None, suggestions=None, now=at
    )
    checklist = await queries.checklist_of(session, inspection)
    return inspection, await queries.lines(session, inspection, checklist)


async def make_report(
    session: AsyncSession,
    who: Who,
    project: Project,
    number: int,
    *,
    at: datetime,
    others: Sequence[Result] = (),
    lit: int = 20,
    tool: int | None = None,
    signature: UUID | None = None,
) -> tuple[Inspection, InspectionReport]:
    """Signed: everything was in order but `others`, which were told afterwards."""
    inspection, lined = await make_begun(session, who, project, number, at=at)
    told = [*usual(lined, tool=tool, lit=lit), *others]
    for first in range(0, len(told), 500):
        moment = at + timedelta(minutes=first // 500 + 1)
        batch = told[first : first + 500]
        await actions.check(session, who, inspection.id, batch, now=moment)
    return await actions.sign(
        session,
        who,
        inspection.id,
        signed_by="李总工",
        signature=signature,
        now=at + timedelta(hours=2),
    )
