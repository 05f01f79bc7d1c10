"""检查清单: versions, and the draft that is being made, item by item."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from tickets.door import DoorRoute, Line, Now, Passage, Session, Typed, Words, typed
from tickets.inspection import actions, queries, rules
from tickets.inspection.web.doing import Reader, Writer, tried
from tickets.pages import page
from tickets.staff.rules import Verb, Who

router = APIRouter(route_class=DoorRoute)


Number = Annotated[float, Field(allow_inf_nan=False)]


class ItemForm(BaseModel):
    """An item as a form has it: the limit taken apart."""

    id: Line
    section: Line
    asset_class: Line
    zh: Line
    en: Line
    method_zh: Line | None = None
    method_en: Line | None = None
    kind: Line
    unit: Line | None = None
    op: Line | None = None
    value: Number | None = None
    least: Number | None = None
    most: Number | None = None
    alert: Number | None = None
    table: Passage | None = None
    limit_zh: Line | None = None
    limit_en: Line | None = None
    sampling: Line | None = None
    frequency: Line
    fail_severity: Line | None = None
    is_safety: bool = False
    is_photo_required: bool = False
    is_verified: bool = False
    standard: Line | None = None

    def told(self) -> dict[str, Any]:
        limit: dict[str, Any] | None = None
        if self.op == "between":
            limit = {"op": "between", "min": self.least, "max": self.most}
        elif self.op:
            limit = {"op": self.op, "value": self.value}
            if self.table:
                limit["table"] = actions.rows_in(self.table)
        elif self.kind in ("bool", "photo"):
            limit = {"expect": True}
        if limit and self.alert is not None:
            limit["alert"] = self.alert
        return {
            "id": self.id.upper(),
            "section": self.section,
            "asset_class": self.asset_class,
            "zh": self.zh,
            "en": self.en,
            "method": {"zh": self.method_zh or "", "en": self.method_en or ""},
            "kind": self.kind,
            "unit": self.unit,
            "limit": limit,
            "limit_text": {"zh": self.limit_zh or "", "en": self.limit_en or ""},
            "sampling": self.sampling,
            "frequency": self.frequency,
            "fail_severity": self.fail_severity,
            "safety_critical": self.is_safety,
            "photo_required": self.is_photo_required,
            "verified": self.is_verified,
            "standard": self.standard,
        }


def _values(told: dict[str, Any]) -> dict[str, Any]:
    """An item as its form shows it."""
    limit = told.get("limit") or {}
    method, text = told.get("method") or {}, told.get("limit_text") or {}
    return {
        **{name: told.get(name) or "" for name in ("id", "section", "asset_class", "zh", "en")},
        **{name: told.get(name) or "" for name in ("kind", "unit", "sampling", "frequency")},
        "fail_severity": told.get("fail_severity") or "",
        "standard": told.get("standard") or "",
        "method_zh": method.get("zh", ""),
        "method_en": method.get("en", ""),
        "limit_zh": text.get("zh", ""),
        "limit_en": text.get("en", ""),
        "op": limit.get("op", ""),
        "value": _shown(limit.get("value")),
        "least": _shown(limit.get("min")),
        "most": _shown(limit.get("max")),
        "alert": _shown(limit.get("alert")),
        "table": actions.text_of(limit.get("table") or {}),
        "is_safety": bool(told.get("safety_critical")),
        "is_photo_required": bool(told.get("photo_required")),
        "is_verified": bool(told.get("verified", True)),
    }


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


@router.get("/checklists")
async def checklists(request: Request, who: Reader, session: Session) -> Response:
    return page(request, "inspection/checklists.html", lists=await queries.checklists(session))


@router.post("/checklists/{name}/draft")
async def begin_draft(name: str, who: Writer, session: Session, now: Now) -> Response:
    draft = await actions.draft_of(session, who, name, now)
    return RedirectResponse(f"/checklists/{draft.id}", 303)


@router.get("/checklists/{checklist_id}")
async def checklist(
    request: Request,
    checklist_id: int,
    who: Reader,
    session: Session,
    item: Annotated[Words, Query()] = "",
) -> Response:
    return await _show(request, checklist_id, who, session, item, None, 200)


async def _show(
    request: Request,
    checklist_id: int,
    who: Who,
    session: Session,
    item: str,
    form: Typed[Any] | None,
    status: int,
) -> Response:
    found = await queries.checklist(session, checklist_id)
    told = next((each for each in found.items if each["id"] == item), None)
    sections: dict[str, list[rules.Item]] = {}
    for each in rules.items_of(found.items):
        sections.setdefault(each.section, []).append(each)
    return page(
        request,
        "inspection/checklist.html",
        status=status,
        checklist=found,
        sections=sections,
        names=rules.SECTION_LABELS,
        values=_values(told) if told else _values({"verified": False}),
        item=item,
        typed=form,
        may_write=who.may(Verb.CHECKLIST_WRITE) and found.published_at is None,
        kinds=rules.VALUE_LABELS,
        frequencies=rules.FREQUENCY_LABELS,
        classes=list(rules.CLASSES),
        operators=rules.OPERATORS,
    )


@router.post("/checklists/{checklist_id}/items")
async def change_item(
    request: Request, checklist_id: int, who: Writer, session: Session, now: Now
) -> Response:
    form = await typed(request, ItemForm)

    async def verb() -> None:
        assert form.model
        await actions.change_item(session, who, checklist_id, form.model.told(), now)

    status = await tried(session, who, form, verb)
    item = str(form.values.get("id", "")).upper()
    if status == 303:
        return RedirectResponse(f"/checklists/{checklist_id}#{item}", 303)
    return await _show(request, checklist_id, who, session, item, form, status)


@router.post("/checklists/{checklist_id}/items/{item}/removal")
async def remove_item(
    checklist_id: int, item: str, who: Writer, session: Session, now: Now
) -> Response:
    await actions.remove_item(session, who, checklist_id, item, now)
    return RedirectResponse(f"/checklists/{checklist_id}", 303)


@router.post("/checklists/{checklist_id}/publication")
async def publish(checklist_id: int, who: Writer, session: Session, now: Now) -> Response:
    await actions.publish(session, who, checklist_id, now)
    return RedirectResponse(f"/checklists/{checklist_id}", 303)


@router.post("/checklists/{checklist_id}/removal")
async def discard(checklist_id: int, who: Writer, session: Session, now: Now) -> Response:
    await actions.discard(session, who, checklist_id, now)
    return RedirectResponse("/checklists", 303)
