"""The people who call: named by the owner, or met on the phone."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import record
from tickets.grams import digits, grams
from tickets.project.models import Contact, Project
from tickets.refusals import Invalid, Missing, Refused
from tickets.staff.rules import Who


async def add_contact(
    session: AsyncSession,
    who: Who,
    project: Project,
    *,
    name: str,
    phone: str,
    title: str | None = None,
    now: datetime,
) -> Contact:
    """A named contact of the project's owner; named twice he is the same row."""
    number = digits(phone)
    if phone and not number:
        raise Invalid("phone", "This is not a telephone number.")
    made = await session.scalar(
        insert(Contact)
        .values(
            owner_id=project.owner_id,
            name=name,
            phone=phone,
            digits=number,
            title=title,
            is_named=True,
            grams=grams(name, number, title),
        )
        .on_conflict_do_nothing()
        .returning(Contact.id)
    )
    if made is None:
        return (
            await session.scalars(
                select(Contact).where(
                    Contact.owner_id == project.owner_id,
                    Contact.project_id.is_(None),
                    Contact.digits == number,
                    Contact.name == name,
                )
            )
        ).one()
    record(session, "contact.added", at=now, project_id=project.id, by_id=who.id, contact_id=made)
    return await session.get_one(Contact, made)


async def change_contact(
    session: AsyncSession,
    who: Who,
    project: Project,
    contact_id: int,
    *,
    name: str,
    phone: str,
    title: str | None,
    now: datetime,
) -> Contact:
    number = digits(phone)
    if phone and not number:
        raise Invalid("phone", "This is not a telephone number.")
    contact = await session.scalar(
        select(Contact)
        .where(
            Contact.id == contact_id,
            (Contact.owner_id == project.owner_id) | (Contact.project_id == project.id),
        )
        .with_for_update()
    )
    if contact is None:
        raise Missing("There is no such contact.")
    contact.name, contact.phone, contact.title = name, phone, title
    contact.digits = number
    contact.grams = grams(name, number, title)
    try:
        async with session.begin_nested():
            await session.flush()
    except IntegrityError:
        raise Refused("This owner already has this contact.") from None
    record(
        session,
        "contact.changed",
        at=now,
        project_id=project.id,
        by_id=who.id,
        contact_id=contact.id,
    )
    return contact


async def contact_for(session: AsyncSession, *, project: Project, name: str, phone: str) -> Contact:
    """Who called about a project: the owner's named contact, a caller met before, or a new row.

    Two calls of the same voice at once make one row: the unique index decides.
    """
    number = digits(phone)
    voice = {
        "number": number,
        "voice": name,
        "project": project.id,
        "owner": project.owner_id,
    }
    contact = await session.scalar(_VOICE, voice)
    if contact is None:
        contact = await session.scalar(
            _NEW_VOICE, voice | {"phone": phone, "slices": grams(name, number)}
        )
    if contact is None:  # a twin was quicker
        contact = (await session.scalars(_VOICE, voice)).one()
    return contact


# Built once: every call asks them.
_VOICE = (
    select(Contact)
    .where(
        Contact.digits == bindparam("number"),
        Contact.name == bindparam("voice"),
        (Contact.project_id == bindparam("project"))
        | (Contact.project_id.is_(None) & (Contact.owner_id == bindparam("owner"))),
    )
    .order_by(Contact.is_named.desc(), Contact.id)
    .limit(1)
)
_NEW_VOICE = (
    insert(Contact)
    .values(
        project_id=bindparam("project"),
        name=bindparam("voice"),
        phone=bindparam("phone"),
        digits=bindparam("number"),
        is_named=False,
        grams=bindparam("slices"),
    )
    .on_conflict_do_nothing()
    .returning(Contact)
)
