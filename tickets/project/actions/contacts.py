"""The people who call: named by the owner, or met on the phone."""

from datetime import datetime

from sqlalchemy import Integer, Text, TextClause, bindparam, false, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.db import fixed
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
    """Who called about a project, as a row; see `contact_id_for`."""
    found = await contact_id_for(session, project=project, name=name, phone=phone)
    return await session.get_one(Contact, found)


async def contact_id_for(session: AsyncSession, *, project: Project, name: str, phone: str) -> int:
    """Who called about a project: the owner's named contact, a caller met before, or a new row.

    Two calls of the same voice at once make one row: the unique index decides. One statement.
    """
    number = digits(phone)
    voice = {
        "number": number,
        "voice": name,
        "phone": phone,
        "slices": grams(name, number),
        "project": project.id,
        "owner": project.owner_id,
    }
    found = await session.scalar(_KNOWN_OR_NEW, voice)
    if found is None:  # a twin was quicker, and has committed by now
        found = await session.scalar(_KNOWN_OR_NEW, voice)
    if found is None:
        raise Refused("Somebody else did something at the same moment. Please look again.")
    return int(found)


def _known_or_new() -> TextClause:
    number, voice, phone = (bindparam(n, type_=Text()) for n in ("number", "voice", "phone"))
    project, owner = (bindparam(n, type_=Integer()) for n in ("project", "owner"))
    contact = Contact.__table__.c
    known = (
        select(contact.id)
        .where(
            contact.digits == number,
            contact.name == voice,
            (contact.project_id == project)
            | (contact.project_id.is_(None) & (contact.owner_id == owner)),
        )
        .order_by(contact.is_named.desc(), contact.id)
        .limit(1)
        .cte("known")
    )
    fresh = select(
        project, voice, phone, number, bindparam("slices", type_=ARRAY(Text())), false()
    ).where(~select(known.c.id).exists())
    columns = ["project_id", "name", "phone", "digits", "grams", "is_named"]
    made = (
        insert(Contact)
        .from_select(columns, fresh)
        .on_conflict_do_nothing()
        .returning(Contact.id)
        .cte("made")
    )
    return fixed(union_all(select(known.c.id), select(made.c.id)))


# Put into words once: every call asks it.
_KNOWN_OR_NEW = _known_or_new()
