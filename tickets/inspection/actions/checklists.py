"""Templates: a draft is changed until it is published, a published version never."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.inspection import rules
from tickets.inspection.models import Checklist
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff.rules import Who

ID = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,19}")  # it stands in addresses


async def draft_of(session: AsyncSession, who: Who, name: str, now: datetime) -> Checklist:
    """The draft that is being made, or a new one from the newest published version."""
    draft = await session.scalar(
        select(Checklist).where(Checklist.name == name, Checklist.published_at.is_(None))
    )
    if draft is not None:
        return draft
    newest = await session.scalar(
        select(Checklist).where(Checklist.name == name).order_by(Checklist.version.desc()).limit(1)
    )
    if newest is None:
        raise Missing("There is no such checklist.")
    last = await session.scalar(select(func.max(Checklist.version)).where(Checklist.name == name))
    draft = Checklist(
        name=name,
        version=(last or 0) + 1,
        title_zh=newest.title_zh,
        title_en=newest.title_en,
        items=newest.items,
        by_id=who.id,
    )
    try:
        async with session.begin_nested():
            session.add(draft)
    except IntegrityError:
        raise Refused("Somebody else has just begun a draft. Load the page again.") from None
    record(session, "checklist.drafted", at=now, by_id=who.id, name=name, version=draft.version)
    return draft


async def draft(session: AsyncSession, checklist_id: int) -> Checklist:
    """Locked, to be changed."""
    found = await session.scalar(
        select(Checklist).where(Checklist.id == checklist_id).with_for_update()
    )
    if found is None:
        raise Missing("There is no such checklist.")
    if found.published_at is not None:
        raise Refused("This version is published; begin a new draft to change it.")
    return found


async def change_item(
    session: AsyncSession, who: Who, checklist_id: int, told: Mapping[str, Any], now: datetime
) -> Checklist:
    """An item by its id: changed where it stands, added behind its section where it is new."""
    checklist = await draft(session, checklist_id)
    item = checked(told)
    items = list(checklist.items)
    at = next((n for n, each in enumerate(items) if each["id"] == item["id"]), None)
    if at is not None:
        items[at] = {**items[at], **item}
    else:
        if len(items) >= rules.MOST_ITEMS:
            raise Refused("A checklist has at most {most} items.", most=rules.MOST_ITEMS)
        behind = [n for n, each in enumerate(items) if each["section"] == item["section"]]
        items.insert(behind[-1] + 1 if behind else len(items), item)
    checklist.items = items
    return checklist


async def remove_item(
    session: AsyncSession, who: Who, checklist_id: int, item: str, now: datetime
) -> Checklist:
    checklist = await draft(session, checklist_id)
    checklist.items = [each for each in checklist.items if each["id"] != item]
    return checklist


async def publish(session: AsyncSession, who: Who, checklist_id: int, now: datetime) -> Checklist:
    """Inspections that begin from now on take it; those that have begun keep theirs."""
    checklist = await draft(session, checklist_id)
    if not checklist.items:
        raise Refused("An empty checklist cannot be published.")
    checklist.published_at, checklist.by_id = now, who.id
    record(
        session,
        "checklist.published",
        at=now,
        by_id=who.id,
        name=checklist.name,
        version=checklist.version,
        items=len(checklist.items),
    )
    return checklist


async def discard(session: AsyncSession, who: Who, checklist_id: int, now: datetime) -> None:
    checklist = await draft(session, checklist_id)
    record(
        session,
        "checklist.discarded",
        at=now,
        by_id=who.id,
        name=checklist.name,
        version=checklist.version,
    )
    await session.delete(checklist)


def checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """Raises `Invalid` naming the field."""
    if not ID.fullmatch(told.get("id") or ""):
        raise Invalid("id", "A number of up to 20 letters and digits, without spaces.")
    for name, known in (
        ("section", rules.SECTION_LABELS),
        ("kind", set(rules.Value)),
        ("frequency", set(rules.Frequency)),
        ("asset_class", rules.CLASSES),
    ):
        if told.get(name) not in known:
            raise Invalid(name, "This is not one of the known values.")
    for name in ("zh", "en"):
        if not str(told.get(name) or "").strip():
            raise Invalid(name, "This is needed.")
    severity = told.get("fail_severity")
    if severity is not None and severity not in ("S1", "S2", "S3", "S4"):
        raise Invalid("fail_severity", "This is not one of the known values.")
    limit = told.get("limit")
    if limit is not None:
        _check_limit(limit)
    return dict(told)


def _check_limit(limit: Mapping[str, Any]) -> None:
    if limit.get("expect") is True:
        return
    if limit.get("op") not in rules.OPERATORS:
        raise Invalid("limit", "This is not one of the known values.")
    table: Any = limit.get("table") or {}
    if limit["op"] == "between":
        if limit.get("min") is None or limit.get("max") is None or limit["min"] > limit["max"]:
            raise Invalid("limit", "Say from where to where.")
    elif limit.get("value") is None and not table:
        raise Invalid("limit", "Enter the limit.")


def rows_in(text: str) -> dict[str, float | str]:
    """`arterial = 20`, one a line, as it is typed; `from_contract` waits for a number."""
    rows: dict[str, float | str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, sign, number = line.partition("=")
        name, number = name.strip(), number.strip().replace("−", "-")
        if not sign or not name:
            raise Invalid("table", "One row a line: name = number.")
        if number == rules.FROM_CONTRACT:
            rows[name] = number
            continue
        try:
            rows[name] = float(number)
        except ValueError:
            raise Invalid("table", "One row a line: name = number.") from None
        if not math.isfinite(float(rows[name])):
            raise Invalid("table", "One row a line: name = number.")
    return rows


def text_of(rows: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in rows.items())
