"""Two owners, three projects and what is installed there, for a first look. All invented."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset import actions as assets
from tickets.asset.actions import NewAsset
from tickets.project import actions as projects
from tickets.project.actions import NewProject
from tickets.project.models import Project
from tickets.staff.rules import Who

_CONTACTS = {
    "BJ-01": (
        ("滨江养护科", "010-5550-0201", "养护科值班"),
        ("滨江巡查队", "010-5550-0202", "巡查队"),
        ("滨江设施科", "010-5550-0203", "设施科"),
    ),
    "QH-02": (("大桥监控中心", "010-5550-0204", "监控中心"),),
    "LC-03": (
        ("老城物业前台", "010-5550-0301", "物业前台"),
        ("老城工程部", "010-5550-0302", "工程部"),
    ),
}


async def demo_places(
    session: AsyncSession, who: Who, group_id: int, now: datetime
) -> dict[str, Project]:
    today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
    in_warranty = await projects.add_project(
        session,
        who,
        NewProject(
            code="BJ-01",
            name="滨江夜景亮化工程",
            owner_name="滨江新区城市管理中心",
            accepted_on=today - timedelta(days=200),
            warranty_months=24,
            address="滨江大道 1 号至 88 号沿线",
            hotline="010-5550-0100",
            group_id=group_id,
        ),
        now,
    )
    in_batches = await projects.add_project(
        session,
        who,
        NewProject(
            code="QH-02",
            name="跨江大桥夜景照明工程",
            owner_name="滨江新区城市管理中心",
            address="跨江大桥全线",
            hotline="010-5550-0100",
            group_id=group_id,
        ),
        now,
    )
    await projects.accept(
        session,
        who,
        in_batches,
        batch="主桥",
        accepted_on=today - timedelta(days=400),
        months=12,
        months_by_kind={"LUM": 24},
        now=now,
    )
    await projects.accept(
        session,
        who,
        in_batches,
        batch="引桥",
        accepted_on=today - timedelta(days=60),
        months=12,
        months_by_kind={"LUM": 24},
        now=now,
    )
    expired = await projects.add_project(
        session,
        who,
        NewProject(
            code="LC-03",
            name="老城文旅街区灯光提升工程",
            owner_name="老城文旅发展有限公司",
            accepted_on=today - timedelta(days=500),
            address="老城鼓楼街",
            hotline="010-5550-0100",
            group_id=group_id,
        ),
        now,
    )
    made = {project.code: project for project in (in_warranty, in_batches, expired)}
    for code, project in made.items():
        for name, phone, title in _CONTACTS[code]:
            await projects.add_contact(
                session, who, project, name=name, phone=phone, title=title, now=now
            )
        await assets.add_many(session, who.id, project, _INSTALLED[code](), now)
    return made


def _riverside() -> Iterator[NewAsset]:
    yield NewAsset("BJ-ZK", "灯光总控系统", "CCU", is_main=True, location="滨江管理用房")
    yield from _area("BJ", 1, "滨江步道东段", "LUM_GARDEN", "庭院灯", 30, 3, 6)
    yield from _area("BJ", 2, "观景平台", "LUM_FLOOD", "投光灯", 54, 3, 6)
    yield from _area("BJ", 3, "临江楼宇群", "LUM_LINE", "线条灯", 18, 3, 6)
    yield NewAsset(
        "BJ-PM1",
        "临江楼宇媒体立面",
        "SCREEN",
        is_main=True,
        parent="BJ-A3",
        location="3 号楼东立面",
    )


def _bridge() -> Iterator[NewAsset]:
    yield NewAsset(
        "QH-ZK", "大桥联动控制主机", "CCU", is_main=True, batch="主桥", location="监控室"
    )
    yield from _area("QH", 1, "主桥索塔", "LUM_FLOOD", "投光灯", 180, 3, 5, batch="主桥")
    yield from _area("QH", 2, "引桥栏杆", "LUM_LINE", "护栏灯", 12, 3, 5, batch="引桥")


def _old_town() -> Iterator[NewAsset]:
    yield from _area("LC", 1, "鼓楼街北段", "LUM_WASH", "洗墙灯", 24, 2, 6)
    yield from _area("LC", 2, "鼓楼广场", "LUM_GROUND", "埋地灯", 9, 2, 6)


_INSTALLED = {"BJ-01": _riverside, "QH-02": _bridge, "LC-03": _old_town}


def _area(
    prefix: str,
    number: int,
    place: str,
    kind: str,
    lamp: str,
    power: float,
    circuits: int,
    lamps: int,
    batch: str | None = None,
) -> Iterator[NewAsset]:
    """An area with its cabinet, the cabinet's circuits and controller, and their lamps."""
    area, box = f"{prefix}-A{number}", f"{prefix}-P{number:02}"
    yield NewAsset(area, place, "AREA", batch=batch, location=place)
    yield NewAsset(
        box, f"{place}配电控制箱", "BOX", is_main=True, parent=area, batch=batch, location=place
    )
    for circuit in range(1, circuits + 1):
        line = f"{box}-C{circuit}"
        yield NewAsset(line, f"{place}第 {circuit} 回路", "CIRC", parent=box, batch=batch)
        for n in range(1, lamps + 1):
            yield NewAsset(
                f"{line}-{n:02}",
                f"{place}{lamp} {circuit}-{n:02}",
                kind,
                parent=line,
                batch=batch,
                power_w=power,
                cct_k=3000,
                ip="IP65",
                control="DMX512",
                location=f"{place} {n * 20} 米处",
            )
    yield NewAsset(
        f"{box}-K", f"{place}分控器", "SUB", is_main=True, parent=box, batch=batch, location=place
    )
