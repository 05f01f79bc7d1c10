"""The charts of a report, each with its table beside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from tickets.inspection.rules import charts, results
from tickets.inspection.rules.checklist import limit_at, plain
from tickets.inspection.rules.spoken import NONE, Block, Cell, Spoken, cell, columns, table

MOST_CIRCUITS: Final = 24


def of_sections(facts: Mapping[str, Any], _: Spoken) -> Block | None:
    bars = results.bars(facts, _)
    if not bars:
        return None
    title = _("Results by section")
    legend = [
        _("Passed"),
        _("Failed"),
        _("Not accessible"),
        _("Not checked or not applicable"),
    ]
    svg = charts.by_section(bars, legend, title=title)
    return {"kind": "chart", "title": title, "svg": svg, "table": results.count_table(bars, _)}


def of_quarters(facts: Mapping[str, Any], _: Spoken) -> Block:
    """Lit rate and coverage; a single quarter is a point, for the next to be held against."""
    trend = facts["trend"]
    title = _("Lit rate and coverage over the quarters")
    series = [
        charts.Series(name, [_percent(each["rates"][key]) for each in trend])
        for key, name in (("lit", _("Lit rate")), ("coverage", _("Coverage")))
    ]
    svg = charts.over_quarters([_label(each["due_on"]) for each in trend], series, title=title)
    rows: list[list[Cell | str]] = [
        [
            _.day(each["due_on"]),
            cell(_.rate(each["rates"]["lit"]), sub=_.of(each["rates"]["lit"])),
            cell(_.rate(each["rates"]["coverage"]), sub=_.of(each["rates"]["coverage"])),
            cell(_.rate(each["rates"]["passed"]), sub=_.of(each["rates"]["passed"])),
            cell(_.rate(each["rates"]["intact"]), sub=_.of(each["rates"]["intact"])),
        ]
        for each in trend
    ]
    told = table(
        [
            _("Quarter until"),
            _("Lit rate"),
            _("Coverage"),
            _("Passed"),
            _("Intact"),
        ],
        rows,
        widths="wnnnn",
    )
    return {"kind": "chart", "title": title, "svg": svg, "table": told}


def of_insulation(facts: Mapping[str, Any], _: Spoken) -> Block | None:
    """Where earlier reports have it: those first that fell most."""
    trend = facts["trend"]
    found = charts.falling([each.get("insulation") or {} for each in trend], MOST_CIRCUITS)
    if not found:
        return None
    limit = _insulation_limit(facts)
    title = _("Insulation of the circuits over the quarters")
    svg = charts.of_circuits(
        [charts.Circuit(name, values) for name, values in found],
        limit,
        title=title,
        limit_word=_("limit {limit} MΩ; all to the same logarithmic scale", limit=plain(limit))
        if limit
        else _("all to the same logarithmic scale"),
    )
    shown = [n for n in range(len(trend)) if any(values[n] is not None for _n, values in found)]
    rows: list[list[Cell | str]] = [
        [name, *(plain(values[n]) or NONE for n in shown), _change(values)]
        for name, values in found
    ]
    told = table(
        [_("Circuit"), *(_label(trend[n]["due_on"]) for n in shown), _("Since the first")],
        rows,
        widths="w" + "n" * (len(shown) + 1),
        note=_("The worst of the three of each circuit, in MΩ; those that fell most come first."),
    )
    return {"kind": "chart", "title": title, "svg": svg, "table": told}


def _change(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < 2 or not known[0]:
        return NONE
    percent = (known[-1] - known[0]) / known[0] * 100
    return f"{percent:+.0f} %".replace("-", "−")


def _insulation_limit(facts: Mapping[str, Any]) -> float | None:
    """Of the circuits that were measured now; of different ones the lowest."""
    items = results.items_in(facts)
    found = [
        limit_at(items[line["item"]], line["row"]).value
        for line in facts["lines"]
        if line["values"] and columns(items[line["item"]])[:1] == ("P-N",)
    ]
    return min((limit for limit in found if limit is not None), default=None)


def _percent(pair: Sequence[int]) -> float | None:
    part, whole = pair
    return part / whole * 100 if whole else None


def _label(due_on: str) -> str:
    return f"{date.fromisoformat(due_on):%Y-%m}"
