"""What may be asked about what is installed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.rules import same_public_id
from tickets.project.models import Project
from tickets.project.rules import CODE
from tickets.project.rules.kinds import FAMILIES, KINDS
from tickets.refusals import Invalid, Missing


def must_be_kinds(field: str, names: Iterable[str]) -> None:
    """A warranty names classes of equipment: kinds, or a family of them (`LUM`)."""
    for name in names:
        if name not in KINDS and name not in FAMILIES:
            raise Invalid(
                field,
                "There is no class of equipment {name}.",
                name=name[:60].encode(errors="replace").decode(),
            )


def kinds() -> list[tuple[str, str]]:
    """Every kind with its English label, for forms."""
    return list(KINDS.items())


def classes() -> list[tuple[str, str]]:
    """What a warranty may name: families first, then kinds."""
    return [*FAMILIES.items(), *KINDS.items()]


def label(kind: str) -> str:
    """The English label of a kind or family, a catalogue key."""
    return KINDS.get(kind) or FAMILIES.get(kind) or kind


_BY_CODES = select(Asset).where(
    Asset.project_id == bindparam("project_id"),
    Asset.code.in_(bindparam("codes", expanding=True)),
)


async def by_codes(session: AsyncSession, project_id: int, codes: Sequence[str]) -> list[Asset]:
    """In the order they were named, each once; an unknown one is `Invalid("assets")`."""
    asked = list(dict.fromkeys(codes))
    shaped = [code for code in asked if CODE.fullmatch(code)]
    found: dict[str, Asset] = {}
    if shaped:
        rows = await session.scalars(_BY_CODES, {"project_id": project_id, "codes": shaped})
        found = {asset.code: asset for asset in rows}
    return as_named(asked, found)


A = TypeVar("A")


def as_named(codes: Sequence[str], found: Mapping[str, A]) -> list[A]:
    """In the order they were named, each once; an unknown one is `Invalid("assets")`."""
    asked = list(dict.fromkeys(codes))
    for code in asked:
        if code not in found:
            raise Invalid("assets", "There is no asset {code} in this project.", code=code)
    return [found[code] for code in asked]


async def find(session: AsyncSession, project_id: int, code: str, *, lock: bool = False) -> Asset:
    """One asset of a project the asker was allowed to find."""
    asset = None
    if CODE.fullmatch(code):
        statement = select(Asset).where(Asset.project_id == project_id, Asset.code == code)
        if lock:
            # For two who change it at once: the second waits, then sees the first's version.
            statement = statement.with_for_update().execution_options(populate_existing=True)
        asset = await session.scalar(statement)
    if asset is None:
        raise Missing("There is no such asset.")
    return asset


async def by_public_id(session: AsyncSession, public_id: str) -> tuple[Asset, Project] | None:
    """What a label says; the asker may be anybody, so the door decides what is shown."""
    asked = same_public_id(public_id)
    if not asked.isascii() or not asked.isalnum():
        return None
    row = (
        await session.execute(
            select(Asset, Project)
            .join(Project, Project.id == Asset.project_id)
            .where(Asset.public_id == asked)
        )
    ).first()
    return (row[0], row[1]) if row else None
