"""Projects, owners and acceptances for tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.grams import digits, grams
from tickets.project.actions import write_ends
from tickets.project.models import Acceptance, Contact, Contract, Owner, Project, Terms

_n = count(1)


async def make_owner(session: AsyncSession, *, name: str | None = None) -> Owner:
    name = name or f"Owner {next(_n)}"
    owner = Owner(name=name, grams=grams(name))
    session.add(owner)
    await session.flush()
    return owner


async def make_project(
    session: AsyncSession,
    *,
    code: str | None = None,
    name: str = "Riverside lighting",
    owner: Owner | None = None,
    accepted_on: date | None = None,
    months: int = 12,
    group_id: int | None = None,
    timezone: str = "Asia/Shanghai",
    terms: Mapping[str, Any] | None = None,
    hotline: str | None = None,
) -> Project:
    """Accepted as batch "1" when a day is given; terms hold since ever."""
    owner = owner or await make_owner(session)
    code = code or f"P-{next(_n):03}"
    project = Project(
        code=code,
        name=name,
        owner_id=owner.id,
        group_id=group_id,
        timezone=timezone,
        hotline=hotline,
        grams=grams(code, name, owner.name),
    )
    session.add(project)
    await session.flush()
    if accepted_on is not None:
        await make_acceptance(session, project=project, accepted_on=accepted_on, months=months)
    if terms is not None:
        session.add(
            Terms(
                project_id=project.id,
                valid_from=datetime(2000, 1, 1, tzinfo=UTC),
                numbers=dict(terms),
            )
        )
        await session.flush()
    return project


async def make_acceptance(
    session: AsyncSession,
    *,
    project: Project,
    accepted_on: date,
    batch: str = "1",
    months: int = 12,
    months_by_kind: Mapping[str, int] | None = None,
    now: datetime | None = None,
) -> Acceptance:
    acceptance = Acceptance(
        project_id=project.id,
        batch=batch,
        accepted_on=accepted_on,
        months=months,
        months_by_kind=dict(months_by_kind or {}),
    )
    session.add(acceptance)
    await session.flush()
    await write_ends(session, project, now or datetime.now(UTC))
    return acceptance


async def make_contract(
    session: AsyncSession,
    *,
    project: Project,
    starts_on: date,
    ends_on: date,
    number: str | None = None,
    batches: Sequence[str] = (),
    kinds: Sequence[str] = (),
    labour: str = "free",
    parts: str = "free",
    terms: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> Contract:
    contract = Contract(
        project_id=project.id,
        number=number or f"WB-{next(_n)}",
        starts_on=starts_on,
        ends_on=ends_on,
        batches=list(batches),
        kinds=list(kinds),
        labour=labour,
        parts=parts,
        terms=terms or {},
    )
    session.add(contract)
    await session.flush()
    await write_ends(session, project, now or datetime.now(UTC))
    return contract


async def make_contact(
    session: AsyncSession,
    *,
    owner: Owner | None = None,
    project: Project | None = None,
    name: str = "Ms Owner",
    phone: str = "13800001234",
    is_named: bool = True,
) -> Contact:
    contact = Contact(
        owner_id=owner.id if owner else None,
        project_id=project.id if project else None,
        name=name,
        phone=phone,
        digits=digits(phone),
        is_named=is_named,
        grams=grams(name, digits(phone)),
    )
    session.add(contact)
    await session.flush()
    return contact
