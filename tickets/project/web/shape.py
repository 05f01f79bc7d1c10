"""What is typed into the forms of a project."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field, create_model

from tickets.door import Line, Passage
from tickets.project.rules import (
    FIRST_DAY,
    LAST_DAY,
    MOST_MONTHS,
    SEVERITIES,
    TARGETS,
    WHOLE,
    ContractTerms,
    ServiceTerms,
)
from tickets.project.rules.kinds import FAMILIES, KINDS

Months = Annotated[int, Field(ge=1, le=MOST_MONTHS)]
# A day of a form that may be left empty.
DayAsked = Annotated[
    Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None,
    BeforeValidator(lambda text: text or None),
    Query(),
]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# A batch has one length of warranty, and room for this many classes with another; where more are
# known already, all of them are shown.
CLASS_ROWS = 4
MOST_ROWS = len(FAMILIES) + len(KINDS)


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
for _n in range(1, MOST_ROWS + 1):
    _rows |= {f"class_{_n}": (Line | None, None), f"months_{_n}": (Months | None, None)}


class AcceptanceFields(BaseModel):
    batch: Line
    accepted_on: date
    months: Months = 12
    retention_on: date | None = None
    retention_amount: Decimal | None = None


class CorrectionFields(AcceptanceFields):
    batch: Line = ""  # it stays as it is
    version: int
    reason: Line | None = None


AcceptanceForm = create_model("AcceptanceForm", __base__=AcceptanceFields, **_rows)
CorrectionForm = create_model("CorrectionForm", __base__=CorrectionFields, **_rows)


class ContractFields(BaseModel):
    starts_on: date
    ends_on: date
    number: Line | None = None
    batches: list[Line] = []
    labour: Line = "free"
    parts: Line = "free"
    note: Passage | None = None
    version: int = 0
    reason: Line | None = None

    def own_terms(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        """What is promised otherwise than by the project; `kept` has what this form does not
        show."""
        besides = {n: v for n, v in kept.items() if n not in (*_OUTSIDE, "severities")}
        return besides | _given(self) | ({"severities": own} if (own := _by_severity(self)) else {})

    def kinds(self) -> tuple[str, ...]:
        rows = (getattr(self, f"class_{n}") for n in range(1, MOST_ROWS + 1))
        return tuple(dict.fromkeys(kind for kind in rows if kind))

    def terms(self, kept: Mapping[str, Any]) -> ContractTerms:
        return ContractTerms(
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            number=self.number,
            batches=tuple(self.batches),
            kinds=self.kinds(),
            labour=self.labour,
            parts=self.parts,
            terms=self.own_terms(kept),
            note=self.note,
        )


class RenewalForm(BaseModel):
    ends_on: date
    number: Line | None = None
    labour: Line = "free"
    parts: Line = "free"


class EndForm(BaseModel):
    ends_on: date
    version: int
    reason: Line


class HandedForm(BaseModel):
    handed_on: date
    received_by: Line
    how: Line


def rows_for(kinds: Collection[str]) -> range:
    return range(1, max(CLASS_ROWS, len(kinds)) + 1)


def class_rows(kinds: Mapping[str, int] | list[str]) -> dict[str, Any]:
    """Classes, with their months if they have any, as the rows of a form show them."""
    values: dict[str, Any] = {}
    for n, kind in enumerate(kinds, 1):
        values[f"class_{n}"] = kind
        if isinstance(kinds, Mapping):
            values[f"months_{n}"] = kinds[kind]
    return values


def months_by_kind(form: AcceptanceFields) -> dict[str, int]:
    """The rows that were filled in; a class without months has those of the batch."""
    found: dict[str, int] = {}
    for n in range(1, MOST_ROWS + 1):
        kind = getattr(form, f"class_{n}")
        months = getattr(form, f"months_{n}")
        if kind and months:
            found[kind] = months
    return found


_OUTSIDE = [outside for outside, _ in TARGETS.values()]
_targets: dict[str, Any] = {outside: (Positive | None, None) for outside in _OUTSIDE}
_targets |= {
    name: (Annotated[int, Field(ge=least, le=most)] | None, None)
    for name, (least, most) in WHOLE.items()
}
for _severity in SEVERITIES:
    _targets |= {f"{_severity}_{outside}": (Positive | None, None) for outside in _OUTSIDE}


_classes: dict[str, Any] = {name: row for name, row in _rows.items() if name.startswith("class")}
_own: dict[str, Any] = {name: row for name, row in _targets.items() if name not in WHOLE}
ContractForm = create_model("ContractForm", __base__=ContractFields, **_classes, **_own)


class TermsFields(BaseModel):
    repair_from: Line
    inspection_quarters: Line


TermsForm = create_model("TermsForm", __base__=TermsFields, **_targets)


def numbers(form: TermsFields) -> dict[str, Any]:
    """As the contract names them; a severity without any number has none of its own."""
    return {
        **{name: getattr(form, name) for name in _OUTSIDE},
        "repair_from": form.repair_from,
        "inspection_quarters": form.inspection_quarters,
        **{name: getattr(form, name) for name in WHOLE},
        "severities": _by_severity(form),
    }


def _given(form: BaseModel, before: str = "") -> dict[str, float]:
    given = {name: getattr(form, f"{before}{name}") for name in _OUTSIDE}
    return {name: value for name, value in given.items() if value is not None}


def _by_severity(form: BaseModel) -> dict[str, dict[str, float]]:
    own = {severity: _given(form, f"{severity}_") for severity in SEVERITIES}
    return {severity: given for severity, given in own.items() if given}


def filled_own(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """A contract's own terms as its form shows them."""
    values = {name: f"{numbers[name]:g}" for name in _OUTSIDE if name in numbers}
    for severity, own in numbers.get("severities", {}).items():
        values |= {f"{severity}_{name}": f"{number:g}" for name, number in own.items()}
    return values


def filled(terms: ServiceTerms) -> dict[str, Any]:
    """The terms as the form shows them."""
    told = terms.to_json()
    values = {
        name: told[name] for name in (*_OUTSIDE, "repair_from", "inspection_quarters", *WHOLE)
    }
    for severity in SEVERITIES:
        own = told["severities"].get(severity, {})
        values |= {f"{severity}_{name}": own.get(name, "") for name in _OUTSIDE}
    return values


def field_of(field: str) -> str:
    """`terms.severities.S1.arrival_hours`, as rules name it, is the field `S1_arrival_hours`."""
    return field.removeprefix("terms.").removeprefix("severities.").replace(".", "_")
