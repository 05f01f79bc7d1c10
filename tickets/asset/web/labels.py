"""Labels to stick on what is installed: the paper is chosen, the sheets come as a PDF."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response

from tickets.asset import queries, rules
from tickets.asset.queries import LabelFilter, Labelled
from tickets.asset.rules import LabelOrder, Sheet
from tickets.door import DoorRoute, Now, Session, Words
from tickets.pages import page
from tickets.papers import paper
from tickets.papers.codes import matrix
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Invalid
from tickets.settings import settings
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Reader = Annotated[Who, needs(Verb.ASSET_READ)]
Text = Annotated[Words, Query()]

# What stands in the address: first what is labelled, then how.
_WHAT = ("q", "kind", "parent", "below", "alone")
_HOW = {"sheet": "A4-63x38", "first": "1", "order": "code", "correction": "M", "part": "1"}


@router.get("/projects/{code}/labels")
async def choose(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    q: Text = "",
    kind: Text = "",
    parent: Text = "",
    below: Text = "",
    alone: bool = False,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    asked = {"q": q, "kind": kind, "parent": parent, "below": below}
    asked["alone"] = "true" if alone and below else ""
    return await _chosen(request, session, project, asked, _HOW | {"cut": "true"}, {}, 200)


@router.get("/projects/{code}/labels.pdf")
async def sheets(
    request: Request,
    code: str,
    session: Session,
    now: Now,
    who: Reader,
    q: Text = "",
    kind: Text = "",
    parent: Text = "",
    below: Text = "",
    alone: bool = False,
    sheet: Text = _HOW["sheet"],
    first: Text = "1",
    order: Text = "code",
    correction: Text = "M",
    part: Text = "1",
    cut: bool = False,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    asked = {"q": q, "kind": kind, "parent": parent, "below": below}
    asked["alone"] = "true" if alone and below else ""
    how = {"sheet": sheet, "first": first, "order": order, "correction": correction, "part": part}
    how["cut"] = "true" if cut else ""
    try:
        laid = rules.sheet_of(sheet)
        at = _number("first", first)
        rules.check_first(laid, at)
        found = await queries.labels(
            session,
            project.id,
            await _filter(session, project, asked),
            _one("order", LabelOrder, order),
            _number("part", part),
        )
        if not found:
            raise Invalid("part", N_("There is nothing to label."))
        made = await _made(request, project, found, laid, at, how, now)
    except Invalid as refusal:
        told = {refusal.field: say(who.locale, refusal.sentence, **refusal.places)}
        return await _chosen(request, session, project, asked, how, told, refusal.status)
    name = quote(f"{project.code}-{how['part']}.pdf", safe="")
    return Response(
        made,
        media_type="application/pdf",
        headers={"Content-Disposition": f"inline; filename*=UTF-8''labels-{name}"},
    )


async def _filter(session: Session, project: Project, asked: Mapping[str, str]) -> LabelFilter:
    """What is named and is not there is `Missing`."""
    parent = await queries.find(session, project.id, asked["parent"]) if asked["parent"] else None
    below = await queries.find(session, project.id, asked["below"]) if asked["below"] else None
    return LabelFilter(
        asked["q"],
        asked["kind"],
        parent.id if parent else None,
        below.id if below else None,
        bool(asked["alone"]),
    )


def _one(field: str, known: Any, typed: str) -> Any:
    if typed not in {each.value for each in known}:
        raise Invalid(field, N_("This is not one of the known values."))
    return known(typed)


def _number(field: str, typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 1 <= int(typed[:9]) < 10_000):
        raise Invalid(field, N_("This is not a whole number."))
    return int(typed)


def _base(request: Request) -> str:
    return (settings().public_url or str(request.base_url)).rstrip("/")


async def _made(
    request: Request,
    project: Project,
    found: Sequence[Labelled],
    sheet: Sheet,
    first: int,
    how: Mapping[str, str],
    now: Now,
) -> bytes:
    correction = _one("correction", rules.Correction, how["correction"])
    base = _base(request)
    codes = {f"{each.public_id}.svg": f"{base}/q/{each.public_id}" for each in found}
    # Addresses of one length make codes of one size.
    modules = max(
        len(matrix(text, correction)) for text in {len(c): c for c in codes.values()}.values()
    )
    side = (modules + 2 * rules.QUIET) * rules.module_of(sheet, modules)
    pages: list[list[dict[str, Any]]] = []
    for n, each in enumerate(found, first - 1):
        x, y = sheet.place(n % sheet.places)
        if not pages or n % sheet.places == 0:
            pages.append([])
        pages[-1].append(
            {
                "x": x,
                "y": y,
                "code": each.code,
                "name": each.name,
                "picture": f"{each.public_id}.svg",
            }
        )
    facts = {
        "title": f"{project.code} {project.name}",
        "project": project.name,
        "hotline": project.hotline or settings().hotline,
        "pages": pages,
        "side": round(side, 3),
        "pad": rules.PAD,
        "cut": bool(how["cut"]),
        "sheet": {
            name: getattr(sheet, name)
            for name in ("width", "height", "label_width", "label_height")
        },
    }
    locale = request.state.locale
    drawn = {name: (text, correction.value) for name, text in codes.items()}
    return await paper("labels", facts, locale=locale, codes=drawn, at=now)


async def _chosen(
    request: Request,
    session: Session,
    project: Project,
    asked: Mapping[str, str],
    how: Mapping[str, str],
    errors: Mapping[str, str],
    status: int,
) -> Response:
    narrowed = await _filter(session, project, asked)
    many = await queries.labels_many(session, project.id, narrowed)
    return page(
        request,
        "asset/labels.html",
        status=status,
        project=project,
        asked={name: value for name, value in asked.items() if value},
        how=how,
        errors=errors,
        many=many,
        parts=-(-many // rules.MOST_LABELS),
        most=rules.MOST_LABELS,
        papers=[(sheet, rules.sheets_needed(sheet, many)) for sheet in rules.SHEETS.values()],
        orders=rules.ORDER_LABELS,
        corrections=rules.CORRECTION_LABELS,
        base=_base(request),
        is_named=bool(settings().public_url),
        kept=urlencode({name: value for name, value in asked.items() if value}),
    )
