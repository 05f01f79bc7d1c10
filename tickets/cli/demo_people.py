"""Staff for a first look, named by their role (值班员, 维修员 …), never by a person's name."""

from dataclasses import dataclass, field
from datetime import datetime, time

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.rota import actions as rota
from tickets.rota.queries import ZONE
from tickets.rota.rules import DAY, Plan, Turn, local_day
from tickets.staff import actions as staff
from tickets.staff.models import Person
from tickets.staff.rules import Grant, Role

PASSWORD = "afterglow-demo"
_PEOPLE = (
    ("zhiban", "值班员", Role.HOTLINE, "010-5550-0101"),
    ("zhuguan", "热线主管", Role.HOTLINE_LEAD, "010-5550-0102"),
    ("weixiu1", "维修员甲", Role.TECHNICIAN, "010-5550-0111"),
    ("weixiu2", "维修员乙", Role.TECHNICIAN, "010-5550-0112"),
    ("weixiu3", "维修员丙", Role.TECHNICIAN, "010-5550-0113"),
    ("jingli", "项目经理", Role.MANAGER, "010-5550-0121"),
    ("admin", "系统管理员", Role.ADMIN, None),
)


@dataclass(frozen=True)
class DemoSignIn:
    login: str
    name: str
    password: str


@dataclass
class DemoPeople:
    """Who was made, by sign-in name; the group is for the demonstration's projects."""

    group_id: int
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def sign_ins(self) -> list[DemoSignIn]:
        return [DemoSignIn(login, person.name, PASSWORD) for login, person in self.people.items()]


async def demo_people(session: AsyncSession, now: datetime) -> DemoPeople:
    group = await rota.add_group(session, name="维修一班", now=now)
    made = DemoPeople(group.id)
    for login, name, role, phone in _PEOPLE:
        made.people[login] = await staff.add_person(
            session,
            login=login,
            name=name,
            password=PASSWORD,
            roles=[Grant(role)],
            phone=phone,
            now=now,
        )
        if role is Role.TECHNICIAN:
            await rota.add_member(session, group.id, made.people[login].id, now=now)
    await _plan_turns(session, made, now)
    return made


async def _plan_turns(session: AsyncSession, made: DemoPeople, now: datetime) -> None:
    """A week each since last Monday, so that somebody is on duty whenever one looks."""
    today = local_day(now, ZONE)
    crew = tuple(made.people[login].id for login, _, role, _ in _PEOPLE if role is Role.TECHNICIAN)
    monday = today - (today.weekday() + 7) * DAY
    await rota.plan_turn(
        session, made.group_id, Plan(Turn.WEEKLY, crew, monday, time(8), ZONE), now=now
    )


async def demo_owner(
    session: AsyncSession, made: DemoPeople, project_id: int, now: datetime
) -> None:
    """The owner's person comes last: he sees one project, which has to be there first."""
    made.people["yezhu"] = await staff.add_person(
        session,
        login="yezhu",
        name="业主代表",
        password=PASSWORD,
        roles=[Grant(Role.OWNER, project_id=project_id)],
        now=now,
    )
