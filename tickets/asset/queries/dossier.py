"""All that the page of an asset tells, its project included, asked in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.asset.models import Asset
from tickets.asset.queries.branch import Branch, Branches, Step
from tickets.asset.queries.history import History, Told
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.project.queries import AcceptedRow, ContractedRow
from tickets.project.rules import CODE, CoverDecision, day_of, decide_on
from tickets.project.rules.kinds import KINDS
from tickets.refusals import Missing
from tickets.staff.rules import Verb, Who

_CHILDREN: Final = 20
_LINES: Final = 10

# Each is a column beside the asset's own: its way, what is below it by kind, what stands right in
# it, its history, its files; the acceptances and contracts its cover follows from; and whether a
# ticket is open on it, for most have none.
_BESIDES: Final = (
    """(SELECT json_agg(json_build_array(s.id, s.code, s.name, s.kind) ORDER BY u.n)
      FROM asset_branch b, unnest(b.way) WITH ORDINALITY AS u(id, n) JOIN asset s ON s.id = u.id
      WHERE b.asset_id = asset.id)""",
    """(SELECT json_object_agg(c.kind, c.number) FROM (
      SELECT kind, sum(number)::int AS number FROM asset_below
        WHERE project_id = asset.project_id AND holder_id = asset.id GROUP BY kind) c)""",
    f"""(SELECT json_agg(json_build_array(c.id, c.code, c.name, c.kind, c.is_main, c.number)
        ORDER BY c.code) FROM (
      SELECT a.id, a.code, a.name, a.kind, a.is_main,
          (SELECT coalesce(sum(b.number), 0)::int FROM asset_below b
             WHERE b.project_id = asset.project_id AND b.holder_id = a.id) AS number
        FROM asset a WHERE a.parent_id = asset.id AND a.retired_at IS NULL
        ORDER BY a.code LIMIT {_CHILDREN + 1}) c)""",
    f"""(SELECT json_agg(json_build_array(h.id, h.at, h.who, h.what, h.fields) ORDER BY h.id DESC)
      FROM (SELECT c.id, c.at, p.name AS who, c.what, c.fields
        FROM asset_change c LEFT JOIN person p ON p.id = c.by_id
        WHERE c.asset_id = asset.id ORDER BY c.id DESC LIMIT {_LINES + 1}) h)""",
    """(SELECT json_agg(json_build_array(f.id, f.name, f.size, f.photo_id IS NOT NULL, f.added_at)
        ORDER BY f.id)
      FROM asset_file f WHERE f.asset_id = asset.id AND f.removed_at IS NULL)""",
    """(SELECT json_agg(json_build_array(a.batch, a.accepted_on, a.months, a.months_by_kind)
        ORDER BY a.accepted_on, a.batch)
      FROM acceptance a WHERE a.project_id = asset.project_id)""",
    f"""(SELECT json_agg(json_build_array({", ".join(f"k.{n}" for n in ContractedRow._fields)}))
      FROM contract k WHERE k.project_id = asset.project_id)""",
    """EXISTS (SELECT FROM ticket_asset n JOIN ticket t ON t.id = n.ticket_id
      WHERE n.asset_id = asset.id AND t.is_open)""",
)
_ASKED: Final[Any] = (
    select(
        Project,
        Asset,
        *(literal_column(told).label(f"told_{n}") for n, told in enumerate(_BESIDES)),
    )
    .join(Project, Project.id == Asset.project_id)
    .where(Project.code == bindparam("project"), Asset.code == bindparam("code"))
)


@dataclass(frozen=True)
class Filed:
    """A file as the page shows it."""

    id: int
    name: str
    size: int
    is_photo: bool
    added_at: datetime


@dataclass(frozen=True)
class Dossier:
    """`path` leads down to the asset, itself last; `counts` is what stands below, by kind; `cover`
    is as of the day asked. `is_open_on`: something is, whether or not one may see it."""

    project: Project
    asset: Asset
    path: Sequence[Step]
    counts: Sequence[tuple[str, int]]
    children: Branches
    history: History
    files: Sequence[Filed]
    cover: CoverDecision
    is_open_on: bool


async def dossier(
    session: AsyncSession, who: Who, project_code: str, code: str, now: datetime, as_of: date | None
) -> Dossier:
    """Refuses as `projects.find` does what one may not see, or not for this. Today's cover is
    that of the project's own day."""
    row = None
    if CODE.fullmatch(project_code) and CODE.fullmatch(code):
        scope = who.scope(Verb.ASSET_READ)
        asked = _ASKED if scope.everywhere else _ASKED.where(projects.within(scope))
        row = (await session.execute(asked, {"project": project_code, "code": code})).first()
    if row is None:
        await projects.find(session, who, project_code, Verb.ASSET_READ)
        raise Missing("There is no such asset.")
    project, asset, way, below, inside, changes, files, accepted, contracted, is_open_on = row
    day = as_of or day_of(now, project.timezone)
    counted: dict[str, int] = below or {}
    children = [Branch(*each) for each in inside or ()]
    lines = [Told(id_, _at(at), *rest) for id_, at, *rest in changes or ()]
    acceptances = [
        AcceptedRow(batch, date.fromisoformat(accepted_on), *rest)
        for batch, accepted_on, *rest in accepted or ()
    ]
    contracts = [ContractedRow.read(each) for each in contracted or ()]
    return Dossier(
        project=project,
        asset=asset,
        path=[Step(*step) for step in way or ()]
        or [Step(asset.id, asset.code, asset.name, asset.kind)],
        counts=[(kind, counted[kind]) for kind in KINDS if counted.get(kind)],
        children=Branches(
            children[:_CHILDREN],
            children[_CHILDREN - 1].code if len(children) > _CHILDREN else None,
        ),
        history=History(lines[:_LINES], lines[_LINES - 1].id if len(lines) > _LINES else None),
        files=[
            Filed(id_, name, size, is_photo, _at(at))
            for id_, name, size, is_photo, at in files or ()
        ],
        cover=decide_on(acceptances, contracts, [asset], day),
        is_open_on=is_open_on,
    )


def _at(told: Any) -> datetime:
    return datetime.fromisoformat(told)
