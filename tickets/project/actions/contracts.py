"""维护合同: service contracts are made, changed, ended early and renewed."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.project import queries
from tickets.project.actions.ends import write_ends
from tickets.project.models import Contract, Project
from tickets.project.rules import ContractTerms, check_contract, day_of, next_days
from tickets.refusals import Invalid, Refused
from tickets.staff.rules import Who


async def add_contract(
    session: AsyncSession,
    who: Who,
    project: Project,
    terms: ContractTerms,
    *,
    now: datetime,
    follows: Contract | None = None,
) -> Contract:
    """The caller holds the project's lock; without a number it gets the next free one."""
    held = await queries.held_of(session, project)
    check_contract(terms, [row.batch for row in held.acceptances])
    contract = Contract(
        project_id=project.id,
        number=terms.number or _free_number({row.number for row in held.contracts}),
        follows_id=follows.id if follows else None,
        **_columns(terms),
    )
    try:
        async with session.begin_nested():
            session.add(contract)
    except IntegrityError as error:
        if "uq_contract_follows" in str(error.orig):
            raise Refused("This contract has been renewed already.") from None
        raise Refused("There is already a contract {number}.", number=contract.number) from None
    await write_ends(session, project, now)
    record(
        session,
        "contract.added",
        at=now,
        project_id=project.id,
        by_id=who.id,
        contract=contract.number,
        follows=follows.number if follows else None,
        **_told(contract),
    )
    return contract


async def change_contract(
    session: AsyncSession,
    who: Who,
    project: Project,
    contract_id: int,
    terms: ContractTerms,
    *,
    version: int,
    reason: str | None,
    now: datetime,
) -> Contract:
    """Until its first day freely, afterwards with a reason. Tickets keep the cover that was
    decided for them, and who pays what."""
    contract = await _locked(session, project, contract_id, version)
    held = await queries.held_of(session, project)
    check_contract(terms, [*(row.batch for row in held.acceptances), *contract.batches])
    columns = _columns(terms)
    if terms.number is not None:
        columns["number"] = terms.number
    changed = {name for name, value in columns.items() if getattr(contract, name) != value}
    if not changed:
        return contract
    has_begun = contract.starts_on <= day_of(now, project.timezone)
    if has_begun and changed != {"note"} and not reason:
        raise Invalid("reason", "Say why: this contract has begun.")
    before = _told(contract) | {"contract": contract.number}
    try:
        async with session.begin_nested():
            for name in changed:
                setattr(contract, name, columns[name])
            contract.version += 1
            await session.flush()
    except IntegrityError:
        raise Refused("There is already a contract {number}.", number=terms.number) from None
    await write_ends(session, project, now)
    record(
        session,
        "contract.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        reason=reason,
        **_changes(contract, before),
    )
    return contract


async def end_contract(
    session: AsyncSession,
    who: Who,
    project: Project,
    contract_id: int,
    *,
    ends_on: date,
    version: int,
    reason: str,
    now: datetime,
) -> Contract:
    """提前终止: an earlier last day; never before its first."""
    contract = await _locked(session, project, contract_id, version)
    if not contract.starts_on <= ends_on < contract.ends_on:
        raise Invalid(
            "ends_on",
            "An early end lies between {first} and the day before {last}.",
            first=contract.starts_on.isoformat(),
            last=contract.ends_on.isoformat(),
        )
    before = _told(contract) | {"contract": contract.number}
    contract.ends_on = ends_on
    contract.version += 1
    await session.flush()
    await write_ends(session, project, now)
    record(
        session,
        "contract.ended",
        at=now,
        project_id=project.id,
        by_id=who.id,
        reason=reason,
        **_changes(contract, before),
    )
    return contract


async def renew_contract(
    session: AsyncSession,
    who: Who,
    project: Project,
    contract_id: int,
    *,
    ends_on: date | None = None,
    number: str | None = None,
    labour: str | None = None,
    parts: str | None = None,
    now: datetime,
) -> Contract:
    """续签: a contract of the same part that begins the day after; for a year unless said."""
    old = await queries.contract(session, project, contract_id)
    starts_on, after_a_year = next_days(old.ends_on)
    terms = ContractTerms(
        starts_on=starts_on,
        ends_on=ends_on or after_a_year,
        number=number,
        batches=tuple(old.batches),
        kinds=tuple(old.kinds),
        labour=labour or old.labour,
        parts=parts or old.parts,
        terms=old.terms,
    )
    return await add_contract(session, who, project, terms, now=now, follows=old)


async def _locked(
    session: AsyncSession, project: Project, contract_id: int, version: int
) -> Contract:
    contract = await queries.contract(session, project, contract_id, lock=True)
    if contract.version != version:
        raise Refused(
            "Somebody else changed this meanwhile. Please look at it again, then change it."
        )
    return contract


def _columns(terms: ContractTerms) -> dict[str, Any]:
    columns = vars(replace(terms))
    del columns["number"]
    lists = {"batches": list(terms.batches), "kinds": list(terms.kinds)}
    return columns | lists | {"terms": dict(terms.terms)}


def _free_number(taken: set[str]) -> str:
    n = len(taken) + 1
    while str(n) in taken:
        n += 1
    return str(n)


def _told(contract: Contract) -> dict[str, Any]:
    """As the diary keeps it; the note is not told."""
    return {
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
        "batches": list(contract.batches),
        "kinds": list(contract.kinds),
        "labour": contract.labour,
        "parts": contract.parts,
        "terms": dict(contract.terms),
    }


def _changes(contract: Contract, before: dict[str, Any]) -> dict[str, Any]:
    return {
        "contract": contract.number,
        "before": before,
        "after": _told(contract) | {"contract": contract.number},
    }
