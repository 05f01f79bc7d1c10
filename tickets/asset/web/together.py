"""Many assets of the table in one act: the form, the page that says what will happen, the doing.

Three steps of one address. The second counts what would change and names what is kept as it is;
the third does it, when the number is still the one that was agreed to.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from tickets.asset import actions, queries
from tickets.asset.queries import Chosen, Outlook, Plan, together
from tickets.asset.rules import FIELDS, FOR_MANY, MOST_TICKED
from tickets.asset.web.home import Writer, home
from tickets.asset.web.table import RETIRED, Retired
from tickets.door import DoorRoute, Line, Now, Session, Words, typed
from tickets.pages import page
from tickets.phone.forms import local
from tickets.project import queries as projects
from tickets.project.models import Project
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who

router = APIRouter(route_class=DoorRoute)

_MANY = frozenset({"asset", "change"})


class ChosenForm(BaseModel):
    """`asset` are the codes that were ticked; `all` takes what the table's filter finds instead.

    `number` is how many the person was told; without it nothing is done.
    """

    asset: list[Line] = []
    all: bool = False
    f_q: Words = ""
    f_kind: Words = ""
    f_batch: Words = ""
    f_model: Words = ""
    f_parent: Words = ""
    f_below: bool = False
    f_main: bool = False
    f_doubtful: bool = False
    f_retired: Retired = ""
    step: Literal["form", "check", "do"] = "form"
    number: int | None = None
    next: str = ""


class EditsForm(ChosenForm):
    """`change` names the fields that are set; the others stay."""

    change: list[Line] = []
    kind: Line | None = None
    is_main: bool = False
    model: Line | None = None
    maker: Line | None = None
    lot: Line | None = None
    mounting: Line | None = None
    batch: Line | None = None
    installed_on: date | None = None
    power_w: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    cct_k: Annotated[int, Field(ge=500, le=50_000)] | None = None
    ip: Line | None = None
    control: Line | None = None


class MovesForm(ChosenForm):
    parent: Line | None = None


class RetirementsForm(ChosenForm):
    below: bool = False


F = TypeVar("F", bound=ChosenForm)
PlanOf = Callable[[F, Chosen], Awaitable[Plan]]
DoAll = Callable[[F, Chosen, int], Awaitable[int]]


def _changes(form: EditsForm) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: getattr(form, name) for name in FOR_MANY if name in form.change
    }
    if "kind" in changes and changes["kind"] is None:
        raise Invalid("kind", "This is needed.")
    return actions.checked(changes)


@router.post("/projects/{code}/asset_edits")
async def edits(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)

    async def plan(form: EditsForm, chosen: Chosen) -> Plan:
        return together.edits(project.id, chosen, _changes(form))

    async def do(form: EditsForm, chosen: Chosen, number: int) -> int:
        return await actions.edit_many(
            session, who, project, chosen, _changes(form), expected=number, now=now
        )

    return await _step(request, session, who, project, "edits", EditsForm, plan, do)


@router.post("/projects/{code}/asset_moves")
async def moves(request: Request, code: str, session: Session, now: Now, who: Writer) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)

    async def plan(form: MovesForm, chosen: Chosen) -> Plan:
        return (await actions.moves(session, project, chosen, form.parent))[1]

    async def do(form: MovesForm, chosen: Chosen, number: int) -> int:
        return await actions.move_many(
            session, who, project, chosen, form.parent, expected=number, now=now
        )

    return await _step(request, session, who, project, "moves", MovesForm, plan, do)


@router.post("/projects/{code}/asset_retirements")
async def retirements(
    request: Request, code: str, session: Session, now: Now, who: Writer
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)

    async def plan(form: RetirementsForm, chosen: Chosen) -> Plan:
        return together.retirements(project.id, chosen, with_below=form.below)

    async def do(form: RetirementsForm, chosen: Chosen, number: int) -> int:
        return await actions.retire_many(
            session, who, project, chosen, with_below=form.below, expected=number, now=now
        )

    return await _step(request, session, who, project, "retirements", RetirementsForm, plan, do)


@router.post("/projects/{code}/asset_restorations")
async def restorations(
    request: Request, code: str, session: Session, now: Now, who: Writer
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE, lock=True)

    async def plan(_: ChosenForm, chosen: Chosen) -> Plan:
        return together.restorations(project.id, chosen)

    async def do(_: ChosenForm, chosen: Chosen, number: int) -> int:
        return await actions.restore_many(session, who, project, chosen, expected=number, now=now)

    return await _step(request, session, who, project, "restorations", ChosenForm, plan, do)


async def _step(
    request: Request,
    session: Session,
    who: Who,
    project: Project,
    act: str,
    kind: type[F],
    plan: PlanOf[F],
    do: DoAll[F],
) -> Response:
    form = await typed(request, kind, many=_MANY)
    outlook: Outlook | None = None
    done = 0
    status = 200 if form.model else 422
    if form.model and form.model.step != "form":
        try:
            async with session.begin_nested():
                chosen = await _chosen(session, project, form.model)
                if form.model.step == "do" and form.model.number is not None:
                    done = await do(form.model, chosen, form.model.number)
                else:
                    outlook = await queries.outlook(session, await plan(form.model, chosen))
        except (Missing, Forbidden):
            raise
        except Refused as refusal:
            status = form.refuse(who.locale, refusal)
    elif form.model and not form.model.all and not form.model.asset:
        status = form.refuse(
            who.locale, Refused("Nothing is ticked: tick some in the table first.")
        )
    return page(
        request,
        "asset/together.html",
        status=status,
        project=project,
        act=act,
        typed=form,
        told=form.values,
        outlook=outlook,
        done=done,
        next=local(str(form.values.get("next", "")), home(project.code)),
        kinds=queries.kinds(),
        fields=FIELDS,
        for_many=FOR_MANY,
        label=queries.label,
    )


async def _chosen(session: Session, project: Project, form: ChosenForm) -> Chosen:
    if not form.all:
        if not form.asset:
            raise _nothing_ticked()
        if len(form.asset) > MOST_TICKED:
            raise Refused(
                "At most {most} can be ticked; take all that match a filter instead.",
                most=MOST_TICKED,
            )
        return Chosen(codes=form.asset)
    holder = await queries.find(session, project.id, form.f_parent) if form.f_parent else None
    return Chosen(
        asked=queries.Wanted(
            q=form.f_q,
            kind=form.f_kind or None,
            batch=form.f_batch or None,
            model=form.f_model or None,
            parent=holder,
            is_deep=form.f_below,
            is_main=form.f_main,
            is_doubtful=form.f_doubtful,
            retired=RETIRED.get(form.f_retired, "no"),
        )
    )


def _nothing_ticked() -> Refused:
    return Refused("Nothing is ticked: tick some in the table first.")
