"""What may be asked about what is installed."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.rules import FAMILIES, KINDS, same_public_id
from tickets.project.rules import CODE
from tickets.refusals import Invalid, Missing


def must_be_kinds(field: str, names: Iterable[str]) -> None:
    """A warranty names classes of equipment: kinds, or a family of them (`LUM`)."""
    for name in names:
        if name not in KINDS and name not in FAMILIES:
            raise Invalid(field, "There is no class of equipment {name}.", name=name)


async def by_codes(session: AsyncSession, project_id: int, codes: Sequence[str]) -> list[Asset]:
    """In the order they were named, each once; an unknown one is `Invalid("assets")`."""
    asked = list(dict.fromkeys(codes))
    shaped = [code for code in asked if CODE.fullmatch(code)]
    found: dict[str, Asset] = {}
    if shaped:
        rows = await session.scalars(
            select(Asset).where(Asset.project_id == project_id, Asset.code.in_(shaped))
        )
        found = {asset.code: asset for asset in rows}
    for code in asked:
        if code not in found:
            raise Invalid("assets", "There is no asset {code} in this project.", code=code)
    return [found[code] for code in asked]


async def find(session: AsyncSession, project_id: int, code: str) -> Asset:
    """One asset of a project the asker was allowed to find."""
    asset = None
    if CODE.fullmatch(code):
        asset = await session.scalar(
            select(Asset).where(Asset.project_id == project_id, Asset.code == code)
        )
    if asset is None:
        raise Missing("There is no such asset.")
    return asset


async def by_public_id(session: AsyncSession, public_id: str) -> Asset | None:
    """What a label says; the asker may be anybody, so the door decides what is shown."""
    asked = same_public_id(public_id)
    if not asked.isascii() or not asked.isalnum():
        return None
    return await session.scalar(select(Asset).where(Asset.public_id == asked))
