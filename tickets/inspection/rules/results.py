"""What was found, section by section, and what was measured, with the limit beside each value."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tickets.inspection.rules.charts import Bar
from tickets.inspection.rules.checklist import SECTION_LABELS, Item, Value, Verdict
from tickets.inspection.rules.spoken import (
    MARK,
    NONE,
    NOT_CHECKED,
    Block,
    Cell,
    Spoken,
    cell,
    columns,
    table,
)

Line = Mapping[str, Any]


def items_in(facts: Mapping[str, Any]) -> dict[str, Item]:
    """In the order of the checklist: what is kept as JSON loses its own."""
    told = sorted(facts["items"].values(), key=lambda item: item["position"])
    return {each["id"]: Item.from_json(each) for each in told}


def sections(facts: Mapping[str, Any]) -> list[tuple[str, list[Line]]]:
    """The lines of each section, in the order of the checklist."""
    items = items_in(facts)
    told: dict[str, list[Line]] = {section: [] for section in SECTION_LABELS}
    for line in facts["lines"]:
        told.setdefault(items[line["item"]].section, []).append(line)
    return [(section, lines) for section, lines in told.items() if lines]


def bars(facts: Mapping[str, Any], _: Spoken) -> list[Bar]:
    found = []
    for section, lines in sections(facts):
        count = Counter(line["verdict"] for line in lines)
        passed, failed = count[Verdict.PASS], count[Verdict.FAIL]
        out = count[Verdict.NOT_ACCESSIBLE]
        name = _(SECTION_LABELS.get(section, section))
        found.append(Bar(name, passed, failed, out, len(lines) - passed - failed - out))
    return found


def count_table(told: Sequence[Bar], _: Spoken) -> Block:
    """The chart's table: every number of it."""
    rows: list[list[Cell | str]] = [
        [
            bar.name,
            str(bar.whole),
            str(bar.passed),
            str(bar.failed),
            str(bar.unreached),
            str(bar.rest),
        ]
        for bar in told
    ]
    sums = [sum(getattr(bar, name) for bar in told) for name in ("whole", "passed", "failed")]
    sums += [sum(bar.unreached for bar in told), sum(bar.rest for bar in told)]
    rows.append([cell(_("In all"), strong=True), *(cell(str(n), strong=True) for n in sums)])
    return table(
        [
            _("Section"),
            _("Lines"),
            _("Passed"),
            _("Failed"),
            _("Not accessible"),
            _("Not checked or not applicable"),
        ],
        rows,
        widths="wnnnnn",
    )


def by_section(facts: Mapping[str, Any], _: Spoken) -> list[Block]:
    """What passed everywhere in one line with its counts; everything else line by line."""
    items = items_in(facts)
    blocks = []
    for section, lines in sections(facts):
        of_item: dict[str, list[Line]] = {}
        for line in lines:
            of_item.setdefault(line["item"], []).append(line)
        rows: list[list[Cell | str]] = []
        groups = []
        for id_ in sorted(of_item, key=list(items).index):
            item, own = items[id_], of_item[id_]
            passed = [line for line in own if line["verdict"] == Verdict.PASS]
            if len(passed) < len(own):
                groups.append(len(rows))
            rows.append(_of_item(item, own, len(passed), _))
            rows += _others(item, [line for line in own if line["verdict"] != Verdict.PASS], _)
        blocks.append(
            table(
                [_("Item"), _("Required"), _("As found"), _("Verdict")],
                rows,
                widths="wmma",
                title=_(SECTION_LABELS.get(section, section)),
                groups=groups,
            )
        )
    return blocks


def _of_item(item: Item, lines: Sequence[Line], passed: int, _: Spoken) -> list[Cell | str]:
    values = [value for line in lines for value in line["values"] or ()]
    spread = ""
    if values and item.kind is Value.COUNT_PAIR:
        due = sum(line["values"][0] for line in lines if line["values"])
        lit = sum(line["values"][1] for line in lines if line["values"])
        spread = _("{lit} of {due} lit", lit=f"{lit:g}", due=f"{due:g}")
    elif values:
        least, most = min(values), max(values)
        both = [least] if least == most else [least, most]
        spread = _.values(item, both).replace(" / ", " – ")
    counted = sum(line["verdict"] in (Verdict.PASS, Verdict.FAIL) for line in lines)
    count = _("{passed} of {whole} passed", passed=passed, whole=len(lines))
    is_good = passed == len(lines)
    return [
        cell(item.text(_.locale), sub=_about(item, _), strong=not is_good),
        _.limit(item, [line["limit"] for line in lines]),
        spread,
        cell(count, mark=Verdict.PASS if is_good and counted else "", strong=not is_good),
    ]


def _about(item: Item, _: Spoken) -> str:
    told = [item.id, item.how(_.locale), _("safety") if item.is_safety else ""]
    return " · ".join(filter(None, told))


def _others(item: Item, lines: Sequence[Line], _: Spoken) -> list[list[Cell | str]]:
    """Line by line; places where there is nothing to say but that they were not checked, or that
    the item does not apply, stand together."""
    rows = []
    silent: dict[str | None, list[Line]] = {}
    for line in lines:
        if line["verdict"] in (None, Verdict.NOT_APPLICABLE) and not (
            line["note"] or line["values"]
        ):
            silent.setdefault(line["verdict"], []).append(line)
        else:
            rows.append(_of_line(item, line, _))
    for verdict, same in silent.items():
        places = [line["asset"] or _("the whole project") for line in same]
        told: list[Cell | str] = [_.comma.join(places), "", ""]
        count = f"{_.verdict(verdict)} {len(same)}" if len(same) > 1 else _.verdict(verdict)
        rows.append([*told, cell(count, mark=verdict or NOT_CHECKED)])
    return rows


def _of_line(item: Item, line: Line, _: Spoken) -> list[Cell | str]:
    where = [line["location"] or "", line["note"] or ""]
    return [
        cell(_.place(line), sub=" · ".join(filter(None, where))),
        _.limit(item, [line["limit"]]) if line["values"] else "",
        _.values(item, line["values"]) if line["values"] else "",
        cell(
            _.verdict(line["verdict"]),
            mark=line["verdict"] or NOT_CHECKED,
            strong=line["verdict"] == Verdict.FAIL,
        ),
    ]


def measured(facts: Mapping[str, Any], _: Spoken) -> list[Block]:
    """A table of each thing that was measured; what is measured at the same places (the current and
    the time of an RCD) stands in one."""
    items = items_in(facts)
    told: dict[str, list[Line]] = {}
    for line in facts["lines"]:
        if line["values"]:
            told.setdefault(line["item"], []).append(line)
    blocks = []
    for group in _groups([items[id_] for id_ in items if id_ in told]):
        if len(group) == 1:
            blocks.append(_one(group[0], told[group[0].id], _))
        else:
            blocks.append(_several(group, told, _))
    return blocks


def _groups(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Up to four single values of one section and class of equipment beside each other."""
    waiting: list[Item] = []
    for item in items:
        fits = (
            item.kind is Value.NUMBER
            and waiting
            and (item.section, item.asset_class) == (waiting[0].section, waiting[0].asset_class)
            and len(waiting) < 4
        )
        if waiting and not fits:
            yield waiting
            waiting = []
        waiting.append(item)
        if item.kind is not Value.NUMBER:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _one(item: Item, lines: Sequence[Line], _: Spoken) -> Block:
    if item.kind is Value.COUNT_PAIR:
        return _lit(item, lines, _)
    names = columns(item) or (_("Value"),)
    unit = _.unit(item)
    tools = any(line["instrument"] for line in lines)
    rows: list[list[Cell | str]] = []
    for line in lines:
        values = [_.number(value) for value in line["values"]]
        values += [NONE] * (len(names) - len(values))
        row: list[Cell | str] = [
            _.place(line),
            *values,
            _.limit(item, [line["limit"]]) or NONE,
            cell(_.verdict(line["verdict"]), mark=line["verdict"] or NOT_CHECKED),
        ]
        rows.append([*row, line["instrument"] or NONE] if tools else row)
    heads = [f"{name} ({unit})" if unit else name for name in names]
    head = [_("Where"), *heads, _("Limit"), _("Verdict")]
    return table(
        [*head, _("Instrument")] if tools else head,
        rows,
        widths="w" + "n" * len(names) + "aa" + ("a" if tools else ""),
        title=item.text(_.locale),
        note=_note([item], _),
    )


def _lit(item: Item, lines: Sequence[Line], _: Spoken) -> Block:
    rows: list[list[Cell | str]] = []
    for line in lines:
        due, lit = (int(value) for value in line["values"])
        rows.append([_.place(line), str(due), str(lit), _.rate((lit, due))])
    due = sum(int(line["values"][0]) for line in lines)
    lit = sum(int(line["values"][1]) for line in lines)
    total = [_("In all"), str(due), str(lit), _.rate((lit, due))]
    rows.append([cell(each, strong=True) for each in total])
    return table(
        [_("Where"), _("Should be lit"), _("Lit"), _("Lit rate")],
        rows,
        widths="wnnn",
        title=item.text(_.locale),
    )


def _several(items: Sequence[Item], told: Mapping[str, Sequence[Line]], _: Spoken) -> Block:
    """One row a place; beside each value its limit, and what came of it where it failed."""
    places: dict[str, dict[str, Line]] = {}
    for item in items:
        for line in told[item.id]:
            places.setdefault(_.place(line), {})[item.id] = line
    rows: list[list[Cell | str]] = []
    for place, own in places.items():
        row: list[Cell | str] = [place]
        for item in items:
            if item.id not in own:
                row.append(NONE)
                continue
            line = own[item.id]
            failed = line["verdict"] == Verdict.FAIL
            row.append(
                cell(
                    _.values(item, line["values"]),
                    sub=_.limit(item, [line["limit"]]),
                    mark=Verdict.FAIL if failed else "",
                    strong=failed,
                )
            )
        rows.append(row)
    return table(
        [_("Where"), *(item.text(_.locale) for item in items)],
        rows,
        widths="w" + "m" * len(items),
        title=_.comma.join(item.text(_.locale) for item in items),
        note=_note(items, _),
        is_beside=True,
    )


def _note(items: Sequence[Item], _: Spoken) -> str:
    """The standards the limits come from; and openly which were not held against theirs."""
    told_by = [item.standard for item in items if item.standard and item.is_verified]
    # What a checklist itself calls unverified is not handed on as a source.
    parts = [each.strip() for told in told_by for each in told.split(";")]
    known = [each for each in parts if "(unverified" not in each]
    kept = [re.sub(r" \((quoted|[^)]*unverified)\)", "", each) for each in known]
    standards = list(dict.fromkeys(filter(None, kept)))
    told = [_("By {standards}.", standards="; ".join(standards))] if standards else []
    if any(not item.is_verified for item in items):
        told.append(_("{mark} This limit was not yet held against its standard.", mark=MARK))
    return " ".join(told)
