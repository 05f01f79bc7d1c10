"""Labels to stick on what is installed: the paper is chosen, the sheets come as a PDF."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from tickets.asset import queries, rules
from tickets.asset.queries import LabelFilter, Labelled
from tickets.asset.rules import LabelOrder, Sheet
from tickets.asset.web.home import Reader
from tickets.door import DoorRoute, Now, Session, Words
from tickets.pages import page
from tickets.papers import paper
from tickets.papers.codes import matrix
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Invalid
from tickets.settings import settings
from tickets.staff.rules import Verb
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)

Text = Annotated[Words, Query()]

_HOW = {"sheet": "A4-63x38", "first": "1", "order": "code", "correction": "M", "part": "1"}


class What(BaseModel):
    """What is labelled: as the table is filtered, or `of` one asset, with all below it unless
    `alone`."""

    q: Words = ""
    kind: Words = ""
    batch: Words = ""
    model: Words = ""
    parent: Words = ""
    below: bool = False
    main: bool = False
    doubtful: bool = False
    of: Words = ""
    alone: bool = False

    def given(self) -> dict[str, str]:
        told = {name: "true" if value is True else value for name, value in self if value}
        return {name: str(value) for name, value in told.items()}


async def _what(asked: Annotated[What, Query()]) -> What:
    return asked


Asked = Annotated[What, Depends(_what)]


@router.get("/projects/{code}/labels")
async def choose(
    request: Request,
    code: str,
    session: Session,
    who: Reader,
    what: Asked,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    return await _chosen(request, session, project, what, _HOW | {"cut": "true"}, {}, 200)


@router.get("/projects/{code}/labels.pdf")
async def sheets(
    request: Request,
    code: str,
    session: Session,
    now: Now,
    who: Reader,
    what: Asked,
    sheet: Text = _HOW["sheet"],
    first: Text = "1",
    order: Text = "code",
    correction: Text = "M",
    part: Text = "1",
    cut: bool = False,
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    how = {"sheet": sheet, "first": first, "order": order, "correction": correction, "part": part}
    how["cut"] = "true" if cut else ""
    try:
        laid = rules.sheet_of(sheet)
        at = _number("first", first)
        rules.check_first(laid, at)
        found = await queries.labels(
            session,
            project.id,
            await _filter(session, project, what),
            _one("order", LabelOrder, order),
            _number("part", part),
        )
        if not found:
            raise Invalid("part", N_("There is nothing to label."))
        made = await _made(request, project, found, laid, at, how, now)
    except Invalid as refusal:
        told = {refusal.field: say(who.locale, refusal.sentence, **refusal.places)}
        return await _chosen(request, session, project, what, how, told, refusal.status)
    name = quote(f"{project.code}-{how['part']}.pdf", safe="")
    return Response(
        made,
        media_type="application/pdf",
        headers={"Content-Disposition": f"inline; filename*=UTF-8''labels-{name}"},
    )


async def _filter(session: Session, project: Project, what: What) -> LabelFilter:
    """What is named and is not there is `Missing`."""
    parent = await queries.find(session, project.id, what.parent) if what.parent else None
    of = await queries.find(session, project.id, what.of) if what.of else None
    table = queries.Wanted(
        q=what.q,
        kind=what.kind or None,
        batch=what.batch or None,
        model=what.model or None,
        parent=parent,
        is_deep=what.below,
        is_main=what.main,
        is_doubtful=what.doubtful,
    )
    return LabelFilter(table, of, what.alone)


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
    what: What,
    how: Mapping[str, str],
    errors: Mapping[str, str],
    status: int,
) -> Response:
    narrowed = await _filter(session, project, what)
    many = await queries.labels_many(session, project.id, narrowed)
    return page(
        request,
        "asset/labels.html",
        status=status,
        project=project,
        asked=what.given(),
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
    )
