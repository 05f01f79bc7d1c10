"""What may be asked about what is installed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import bindparam, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.rules import same_public_id
from tickets.grams import fold, wanted
from tickets.project.models import Project
from tickets.project.queries import holds_words
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


@dataclass(frozen=True)
class AssetPage:
    """Assets with the code of what each stands in."""

    items: Sequence[tuple[Asset, str | None]]
    next: str | None


async def page(
    session: AsyncSession,
    project_id: int,
    *,
    q: str = "",
    kind: str | None = None,
    parent: Asset | None = None,
    roots: bool = False,
    retired: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> AssetPage:
    """The assets of a project by code, one statement. Retired ones only when asked for."""
    above = Asset.__table__.alias("above")
    statement = (
        select(Asset, above.c.code)
        .outerjoin(above, above.c.id == Asset.parent_id)
        .where(Asset.project_id == project_id)
        .order_by(Asset.code)
        .limit(limit + 1)
    )
    if q.strip():
        text = func.coalesce(Asset.location, "")
        sliced = Asset.grams.contains(wanted(q)) & holds_words(q, Asset.code, Asset.name, text)
        begins = func.lower(Asset.code).startswith(fold(q.strip()), autoescape=True)
        statement = statement.where(or_(sliced, begins))
    if kind:
        statement = statement.where(Asset.kind == kind)
    if parent is not None:
        statement = statement.where(Asset.parent_id == parent.id)
    elif roots:
        statement = statement.where(Asset.parent_id.is_(None))
    if not retired:
        statement = statement.where(Asset.retired_at.is_(None))
    if cursor is not None:
        if CODE.fullmatch(cursor) is None:
            raise Invalid("cursor", "This place in the list is not known.")
        statement = statement.where(Asset.code > cursor)
    rows = [(asset, code) for asset, code in await session.execute(statement)]
    shown = rows[:limit]
    return AssetPage(shown, shown[-1][0].code if len(rows) > limit else None)


@dataclass(frozen=True)
class Step:
    """One step of the way down to an asset."""

    id: int
    code: str
    name: str
    kind: str


async def path(session: AsyncSession, asset: Asset) -> list[Step]:
    """What it stands in, from the area down, itself last; one statement."""
    step = (Asset.id, Asset.parent_id, Asset.code, Asset.name, Asset.kind)
    way = (
        select(*step, literal(0).label("up")).where(Asset.id == asset.id).cte("way", recursive=True)
    )
    above = (
        select(
            Asset.id,
            Asset.parent_id,
            Asset.code,
            Asset.name,
            Asset.kind,
            (way.c.up + 1).label("up"),
        )
        .join(way, Asset.id == way.c.parent_id)
        # A loop cannot be written; were one there, the page would still end.
        .where(way.c.up < 50)
    )
    way = way.union_all(above)
    rows = await session.execute(
        select(way.c.id, way.c.code, way.c.name, way.c.kind).order_by(way.c.up.desc())
    )
    return [Step(*row) for row in rows]


async def counts(
    session: AsyncSession, project_id: int, *, parent: Asset | None = None
) -> list[tuple[str, int]]:
    """How many of each kind are installed, in the order of the kinds."""
    statement = (
        select(Asset.kind, func.count())
        .where(Asset.project_id == project_id, Asset.retired_at.is_(None))
        .group_by(Asset.kind)
    )
    if parent is not None:
        statement = statement.where(Asset.parent_id == parent.id)
    found: dict[str, int] = {kind: n for kind, n in await session.execute(statement)}
    return [(kind, found[kind]) for kind in KINDS if kind in found]
