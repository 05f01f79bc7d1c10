"""Coming in and leaving; guessing is slow."""

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.refusals import Invalid, TooOften, Unknown
from tickets.staff import keys
from tickets.staff.actions.person import end_sign_ins, set_password
from tickets.staff.models import FailedSignIn, Person, SignIn, Token
from tickets.staff.rules import (
    ABSOLUTE,
    FORGOTTEN_AFTER,
    SEEN_EVERY,
    UNKNOWN_LABELS,
    WINDOW,
    WRONG_PER_ADDRESS,
    WRONG_PER_LOGIN,
)
from tickets.words import N_


async def sign_in(
    session: AsyncSession,
    *,
    login: str,
    password: str,
    address: str,
    agent: str | None,
    now: datetime,
) -> str:
    """The new browser's key. A refusal leaves a row that must be kept: the door catches it,
    answers, and lets the transaction commit."""
    by_login, by_address = _doors(login, address)
    # One guess at a time per name and per address, in this order, so that a hundred at once are
    # still counted; the argon2 work below is the only thing anybody waits for.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(by_login, 0))))
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(by_address, 0))))
    await _slow_down(session, by_login, WRONG_PER_LOGIN, now)
    await _slow_down(session, by_address, WRONG_PER_ADDRESS, now)
    person = await session.scalar(
        select(Person).where(
            func.lower(Person.login) == func.lower(login),
            Person.retired_at.is_(None),
            Person.is_program.is_(False),
        )
    )
    if not await keys.fits(password, person.password_hash if person else None) or person is None:
        await _remember_failure(session, by_login, by_address, now=now)
        raise Unknown(N_("The name or the password is not right."))
    await session.execute(delete(FailedSignIn).where(FailedSignIn.key == by_login))
    key = keys.fresh_key()
    session.add(
        SignIn(
            key_hash=keys.hashed(key),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
            agent=agent[:200] if agent else None,
        )
    )
    return key


async def change_own_password(
    session: AsyncSession,
    person_id: int,
    *,
    current: str,
    password: str,
    address: str,
    keep: int | None,
    now: datetime,
) -> None:
    """A browser left open must not become the account: the old password is asked, and guessing
    it here is as slow as at the door. The refusal's row is kept, as in `sign_in`."""
    person = await session.get_one(Person, person_id)
    by_login, by_address = _doors(person.login, address)
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(by_login, 0))))
    await _slow_down(session, by_login, WRONG_PER_LOGIN, now)
    if not await keys.fits(current, person.password_hash):
        await _remember_failure(session, by_login, by_address, now=now)
        raise Invalid("current", N_("This is not your password."))
    await set_password(session, person_id, password, by_id=person_id, keep=keep, now=now)


async def sign_out(session: AsyncSession, key: str, now: datetime) -> None:
    await session.execute(
        update(SignIn)
        .where(SignIn.key_hash == keys.hashed(key), SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


async def sign_out_everywhere(
    session: AsyncSession, person_id: int, now: datetime, *, keep: int | None = None
) -> int:
    return await end_sign_ins(session, person_id, now, keep=keep)


async def mark_seen(session: AsyncSession, sign_in_id: int, now: datetime) -> None:
    """One of several requests of the same page does it; the others do not wait."""
    free = (
        select(SignIn.id)
        .where(SignIn.id == sign_in_id, SignIn.seen_at < now - SEEN_EVERY)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    await session.execute(
        update(SignIn)
        .where(SignIn.id == free)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


async def mark_used(session: AsyncSession, token_id: int, now: datetime) -> None:
    free = (
        select(Token.id)
        .where(Token.id == token_id)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    await session.execute(
        update(Token)
        .where(Token.id == free)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def _doors(login: str, address: str) -> tuple[str, str]:
    return f"login:{login.casefold()[:200]}", f"address:{address[:100]}"


async def note_unknown_label(session: AsyncSession, address: str, now: datetime) -> None:
    """Somebody scanned what is no label of ours; whoever tries many waits."""
    key = f"label:{address[:100]}"
    sentence = N_("Too many unknown labels were tried from here. Try again in {minutes} min.")
    await _slow_down(session, key, UNKNOWN_LABELS, now, sentence)
    # Statements of their own: looking at a page is a request that only reads.
    await session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - FORGOTTEN_AFTER))
    await session.execute(insert(FailedSignIn).values(key=key, at=now))


async def _slow_down(
    session: AsyncSession,
    key: str,
    limit: int,
    now: datetime,
    sentence: str = N_("Too many wrong attempts. Try again in {minutes} min."),
) -> None:
    """The limit-th newest failure says from when on there is room again."""
    barrier = await session.scalar(
        select(FailedSignIn.at)
        .where(FailedSignIn.key == key, FailedSignIn.at > now - WINDOW)
        .order_by(FailedSignIn.at.desc())
        .offset(limit - 1)
        .limit(1)
    )
    if barrier is not None:
        seconds = max(1, int((barrier + WINDOW - now).total_seconds()) + 1)
        raise TooOften(
            sentence,
            retry_after=seconds,
            minutes=(seconds + 59) // 60,
        )


async def _remember_failure(session: AsyncSession, *doors: str, now: datetime) -> None:
    await session.execute(delete(FailedSignIn).where(FailedSignIn.at < now - FORGOTTEN_AFTER))
    session.add_all(FailedSignIn(key=door, at=now) for door in doors)
    await session.flush()
