"""Say the notices that are owed: in the reader's language into his inbox, and into the queue of the
channels that each goes by, with one commit.

What was said, in which words, is kept on the notice; it is what stands in a dispute. What falls on
one ticket at one instant is one message, and so is a person's morning list.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tickets import words
from tickets.channel import actions as channel
from tickets.channel.rules import Reach, first, furthest
from tickets.db import transaction
from tickets.notice import queries
from tickets.notice.models import Notice
from tickets.pages import text
from tickets.settings import settings

log = logging.getLogger(__name__)

BATCH = 200
Owed = Sequence[tuple[Notice, str | None]]
LONGEST_WAIT = timedelta(hours=1)
MORNING = "morning.list"
# What a registered template of an SMS operator may be filled with; names of ours, no caller's.
VARIABLES = ("ref", "project", "place", "promise", "severity", "technician")


async def send_notices(ctx: dict[str, Any]) -> int:
    sent = 0
    while taken := await _send_some():
        sent += taken
    return sent


async def _send_some() -> int:
    now = datetime.now(UTC)
    async with transaction() as session:
        owed = await queries.owed(session, now, BATCH)
        said = await _still_true(session, owed)
        if said:
            await _say(session, said, now)
        return len(owed)


async def _still_true(session: AsyncSession, owed: Owed) -> Owed:
    """What a morning's list would warn of may be done by then, or stand still: it is not said."""
    listed = [notice for notice, _ in owed if notice.reach == Reach.LIST]
    if not listed:
        return owed
    over = await queries.settled_since(session, {n.clock_id for n in listed if n.clock_id})
    for notice in listed:
        if notice.clock_id in over:
            await session.delete(notice)
    return [
        (notice, locale)
        for notice, locale in owed
        if notice.reach != Reach.LIST or notice.clock_id not in over
    ]


def public_url() -> str:
    return (settings().public_url or f"http://127.0.0.1:{settings().port}").rstrip("/")


@dataclass
class Said:
    """A notice in the person's words."""

    notice: Notice
    locale: str
    subject: str
    body: str


async def _say(session: AsyncSession, owed: Owed, now: datetime) -> None:
    listed: dict[int, list[tuple[Notice, str]]] = {}
    together: dict[object, list[Said]] = {}
    for notice, own in owed:
        locale = own or settings().locale
        if notice.reach == Reach.LIST:
            listed.setdefault(notice.person_id, []).append((notice, locale))
            continue
        said = _in_words(notice, locale, now)
        if said is not None:
            together.setdefault(_instant_of(notice), []).append(said)
    messages = [_tell(group, now) for group in together.values()]
    messages += [told for lines in listed.values() if (told := _tell_list(lines, now))]
    await session.flush()
    await channel.queue(session, messages, now, settings().timezone)


def _instant_of(notice: Notice) -> object:
    if notice.ticket_id is None or notice.falls_at is None:
        return notice.id
    return notice.person_id, notice.ticket_id, notice.falls_at


def _rendered(template: str, locale: str, now: datetime, facts: dict[str, Any]) -> tuple[str, str]:
    folder = f"notice/{template}"
    subject = text(f"{folder}/subject.txt", locale, now, **facts)
    return subject, text(f"{folder}/body.txt", locale, now, **facts)


def _in_words(notice: Notice, locale: str, now: datetime) -> Said | None:
    """None: it cannot be said; it is put off alone and takes no other down."""
    try:
        subject, body = _rendered(notice.template, locale, now, notice.facts)
    except Exception as error:
        _put_off([notice], error, now)
        return None
    return Said(notice, locale, subject, body)


def _put_off(notices: Sequence[Notice], error: Exception, now: datetime) -> None:
    log.exception("notice %s could not be said", notices[0].id)
    for notice in notices:
        notice.tries += 1
        notice.last_error = repr(error)[:500]
        notice.retry_at = now + min(timedelta(seconds=5) * 2 ** min(notice.tries, 12), LONGEST_WAIT)


def _mark(notice: Notice, subject: str, body: str, now: datetime) -> None:
    notice.subject, notice.body = subject, body
    notice.tries += 1
    notice.sent_at = now


def _tell(group: Sequence[Said], now: datetime) -> channel.Message:
    """The first carries all; the others name it."""
    carrier = first([said.notice for said in group])
    told = next(said for said in group if said.notice is carrier)
    others = [said for said in group if said is not told]
    body = "\n".join([told.body, *(said.subject for said in others)])
    _mark(carrier, told.subject, body, now)
    for said in others:
        _mark(said.notice, said.subject, said.body, now)
        said.notice.told_with_id = carrier.id
    key = carrier.answer_key or next(
        (s.notice.answer_key for s in others if s.notice.answer_key), ""
    )

    def for_group() -> tuple[str, str]:
        house = settings().locale
        subject, body = _rendered(carrier.template, house, now, carrier.facts)
        more = [_rendered(s.notice.template, house, now, s.notice.facts)[0] for s in others]
        return subject, "\n".join([body, *more])

    link = _absolute(carrier.facts)
    is_dated = carrier.ticket_id is not None and carrier.falls_at is not None
    return channel.Message(
        notice_id=carrier.id,
        person_id=carrier.person_id,
        reach=furthest(said.notice.reach for said in group),
        same_as=f"{carrier.ticket_id} {carrier.falls_at}" if is_dated else f"{carrier.event_id}",
        subject=told.subject,
        body=body,
        for_group=for_group,
        link=link,
        answer=f"{public_url()}/a/{key}" if key else None,
        locale=told.locale,
        variables=_variables(carrier, told.locale, now, link),
    )


def _tell_list(lines: Sequence[tuple[Notice, str]], now: datetime) -> channel.Message | None:
    """All that is due of one person's list, a line each."""
    notices = [notice for notice, _ in lines]
    carrier, locale = min(lines, key=lambda line: line[0].id)
    facts = {"lines": [notice.facts for notice in notices], "base": public_url()}
    try:
        subject, body = _rendered(MORNING, locale, now, facts)
    except Exception as error:
        _put_off(notices, error, now)
        return None
    _mark(carrier, subject, body, now)
    for notice in notices:
        if notice is not carrier:
            notice.told_with_id = carrier.id
            notice.tries += 1
            notice.sent_at = now
    return channel.Message(
        notice_id=carrier.id,
        person_id=carrier.person_id,
        reach=Reach.LIST,
        same_as=f"list {carrier.id}",
        subject=subject,
        body=body,
        for_group=lambda: (subject, body),
        link=None,
        answer=None,
        locale=locale,
        variables={"count": len(notices), "link": public_url()},
    )


def _absolute(facts: dict[str, Any]) -> str | None:
    link = str(facts.get("link") or "")
    return f"{public_url()}{link}" if link.startswith("/") else link or None


def _variables(notice: Notice, locale: str, now: datetime, link: str | None) -> dict[str, Any]:
    facts = notice.facts
    told = {name: facts[name] for name in VARIABLES if facts.get(name)}
    if facts.get("due_at"):
        zone = facts.get("timezone") or settings().timezone
        due = datetime.fromisoformat(str(facts["due_at"]))
        told["due"] = words.instant(locale, due, zone, now=now)
    return told | ({"link": link} if link else {})
