"""A list and its head: paged by key, counted in the same statement."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import CTE, ColumnElement, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.project.models import Project
from tickets.refusals import Invalid
from tickets.ticket.models import Ticket

R = TypeVar("R")


@dataclass(frozen=True)
class Part(Generic[R]):
    """The first of a list, how many it holds from here on, and the key of what follows."""

    items: Sequence[R]
    count: int
    next: str | None

    @property
    def more(self) -> int:
        return self.count - len(self.items)


def living(own: Select[Any]) -> CTE:
    """Of some tickets the one that stands for each: itself, or what it was merged into."""
    up = select(
        Ticket.id.label("own_id"), Ticket.id.label("id"), Ticket.merged_into_id.label("into")
    )
    up_to = up.where(Ticket.id.in_(own)).cte("up", recursive=True)
    return up_to.union_all(
        select(up_to.c.own_id, Ticket.id, Ticket.merged_into_id).join(
            up_to, Ticket.id == up_to.c.into
        )
    )


def of(project: str | None) -> tuple[ColumnElement[bool], ...]:
    return (Project.code == project,) if project else ()


async def part(
    session: AsyncSession,
    asked: Select[Any],
    key: ColumnElement[Any],
    limit: int,
    cursor: str | None,
    *,
    newest: bool = False,
) -> tuple[list[tuple[Any, ...]], int, str | None]:
    """A page by its key, (instant, number), which are the second and the first column."""
    if cursor:
        after = tuple_(*_key_of(cursor))
        asked = asked.where(key < after if newest else key > after)
    asked = asked.add_columns(func.count().over()).limit(limit)
    found = [tuple(row) for row in await session.execute(asked)]
    count = found[0][-1] if found else 0
    rows = [row[:-1] for row in found]
    following = _cursor_of(rows[-1][1], rows[-1][0]) if count > len(rows) else None
    return rows, count, following


def _cursor_of(at: datetime, id_: int) -> str:
    key = json.dumps([at.isoformat(), id_])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> tuple[datetime, int]:
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        key = datetime.fromisoformat(at), id_
        if key[0].tzinfo is None or not isinstance(id_, int) or not 0 < id_ < 2**63:
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("cursor", "This cursor is not one of ours.") from None
    return key
