"""What is typed into the forms of a project."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, create_model

from tickets.door import Line
from tickets.project.rules import LADDER, MOST_MONTHS, SEVERITIES, TARGETS, ServiceTerms

Months = Annotated[int, Field(ge=1, le=MOST_MONTHS)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# A batch has one length of warranty, and room for this many classes with another.
CLASS_ROWS = 4


class ProjectForm(BaseModel):
    name: Line
    timezone: Line
    address: Line | None = None
    hotline: Line | None = None
    group: int | None = None


class NewProjectForm(ProjectForm):
    code: Line
    owner: Line
    contact: Line | None = None
    phone: Line | None = None
    accepted_on: date | None = None
    months: Months = 12


class ChangeForm(ProjectForm):
    version: int


class ContactForm(BaseModel):
    name: Line
    phone: Line
    title: Line | None = None


_rows: dict[str, Any] = {}
for _n in range(1, CLASS_ROWS + 1):
    _rows |= {f"class_{_n}": (Line | None, None), f"months_{_n}": (Months | None, None)}


class AcceptanceFields(BaseModel):
    batch: Line
    accepted_on: date
    months: Months = 12


AcceptanceForm = create_model("AcceptanceForm", __base__=AcceptanceFields, **_rows)


def months_by_kind(form: AcceptanceFields) -> dict[str, int]:
    """The rows that were filled in; a class without months has those of the batch."""
    found: dict[str, int] = {}
    for n in range(1, CLASS_ROWS + 1):
        kind = getattr(form, f"class_{n}")
        months = getattr(form, f"months_{n}")
        if kind and months:
            found[kind] = months
    return found


_OUTSIDE = [outside for outside, _ in TARGETS.values()]
_targets: dict[str, Any] = {outside: (Positive | None, None) for outside in _OUTSIDE}
_targets |= {
    name: (Annotated[int, Field(ge=least, le=most)] | None, None)
    for name, (least, most) in LADDER.items()
}
for _severity in SEVERITIES:
    _targets |= {f"{_severity}_{outside}": (Positive | None, None) for outside in _OUTSIDE}


class TermsFields(BaseModel):
    repair_from: Line
    inspection_quarters: Line


TermsForm = create_model("TermsForm", __base__=TermsFields, **_targets)


def numbers(form: TermsFields) -> dict[str, Any]:
    """As the contract names them; a severity without any number has none of its own."""
    own: dict[str, dict[str, float]] = {}
    for severity in SEVERITIES:
        given = {name: getattr(form, f"{severity}_{name}") for name in _OUTSIDE}
        filled = {name: value for name, value in given.items() if value is not None}
        if filled:
            own[severity] = filled
    return {
        **{name: getattr(form, name) for name in _OUTSIDE},
        "repair_from": form.repair_from,
        "inspection_quarters": form.inspection_quarters,
        **{name: getattr(form, name) for name in LADDER},
        "severities": own,
    }


def filled(terms: ServiceTerms) -> dict[str, Any]:
    """The terms as the form shows them."""
    told = terms.to_json()
    values = {
        name: told[name] for name in (*_OUTSIDE, "repair_from", "inspection_quarters", *LADDER)
    }
    for severity in SEVERITIES:
        own = told["severities"].get(severity, {})
        values |= {f"{severity}_{name}": own.get(name, "") for name in _OUTSIDE}
    return values


def field_of(field: str) -> str:
    """`terms.severities.S1.arrival_hours`, as rules name it, is the field `S1_arrival_hours`."""
    return field.removeprefix("terms.").removeprefix("severities.").replace(".", "_")
