"""What was said to somebody is queued for the channels it goes by, with the saying itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.channel.models import Sending
from tickets.channel.queries import routes
from tickets.channel.rules import (
    DIRECT,
    Kind,
    Reach,
    masked,
    masked_in,
    quiet_until,
    with_links,
)

BATCH = 500  # rows a statement


@dataclass(frozen=True)
class Message:
    """One notice as it was said: to the person, and (`for_group`) as a group may hear it. The
    words are without links: numbers are masked in words alone, and a link stays as it is."""

    notice_id: int
    person_id: int
    reach: Reach
    same_as: str
    subject: str
    body: str
    for_group: Callable[[], tuple[str, str]]
    link: str | None
    answer: str | None  # the link by which he says that he has heard it
    locale: str
    variables: dict[str, Any]


async def queue(
    session: AsyncSession, messages: Sequence[Message], now: datetime, zone: str
) -> int:
    """Returns how many hand-overs were queued; those that were queued before stay as they are."""
    known = await routes(session, {message.person_id for message in messages})
    rows: list[dict[str, Any]] = []
    begins: dict[tuple[int, str], datetime] = {}
    for message in messages:
        route = known.get(message.person_id)
        if route is None:
            continue
        from_at = now
        if message.reach is Reach.PUSH and route.quiet:
            from_at = quiet_until(now, *route.quiet, zone) or now
        for channel in route.of(message.reach):
            is_direct = Kind(channel.kind) in DIRECT
            place = (channel.id, message.same_as)
            if is_direct:
                subject = masked(message.subject)
                body = with_links(
                    message.locale, masked(message.body), message.link, message.answer
                )
            else:
                # A group is told once, when the first of those named may be told.
                subject, body = map(masked, message.for_group())
                begins[place] = min(begins.get(place, from_at), from_at)
            rows.append(
                {
                    "id": uuid4(),
                    "notice_id": message.notice_id,
                    "channel_id": channel.id,
                    "person_id": message.person_id,
                    "is_urgent": message.reach.is_urgent,
                    "must_answer": message.answer is not None,
                    "same_as": message.same_as,
                    "subject": subject,
                    "body": body,
                    "link": message.link,
                    "variables": masked_in(message.variables),
                    "from_at": from_at,
                    "queued_at": now,
                    "is_direct": is_direct,
                }
            )
    for row in rows:
        if not row.pop("is_direct"):
            row["from_at"] = begins[row["channel_id"], row["same_as"]]
        row["retry_at"] = row["from_at"]
    for start in range(0, len(rows), BATCH):
        await session.execute(
            insert(Sending).values(rows[start : start + BATCH]).on_conflict_do_nothing()
        )
    return len(rows)
