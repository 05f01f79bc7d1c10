"""The chapters of a report besides its results: findings, tickets, what is open, who signs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tickets.inspection.rules.checklist import Verdict
from tickets.inspection.rules.results import items_in
from tickets.inspection.rules.spoken import NONE, Block, Cell, Spoken, cell, table, text
from tickets.sla.rules import PROMISE_LABELS, PROMISE_ORDER
from tickets.ticket.rules import FAULTS, KIND_LABELS, SEVERITY_LABELS, STATUS_LABELS

MOST_OTHER_PHOTOS: Final = 120

Facts = Mapping[str, Any]


def instruments(facts: Facts, _: Spoken) -> list[Block]:
    tools = facts["instruments"]
    if not tools:
        return [text(_("No instrument was named with any value."))]
    rows: list[list[Cell | str]] = [
        [
            tool["name"],
            tool["model"] or NONE,
            tool["serial"],
            cell(
                _.day(tool["calibrated_until"]) if tool["calibrated_until"] else _("not known"),
                sub=_("expired when it was used") if tool["is_expired"] else "",
                mark=Verdict.FAIL if tool["is_expired"] else "",
                strong=tool["is_expired"],
            ),
        ]
        for tool in tools
    ]
    head = [_("Instrument"), _("Model"), _("Serial number"), _("Calibrated until")]
    return [table(head, rows, widths="waaa")]


def findings(facts: Facts, _: Spoken) -> list[Block]:
    """Each with its photos before and after, what is done about it, by whom and until when."""
    if not facts["findings"]:
        return [text(_("Nothing failed."), tone="good")]
    items = items_in(facts)
    cards = []
    for number, each in enumerate(facts["findings"], 1):
        item = items[each["item"]]
        value = ""
        if each["values"]:
            limit = _.limit(item, [each.get("limit") or ""])
            value = _(
                "{value}; required {limit}", value=_.values(item, each["values"]), limit=limit
            )
        cards.append(
            {
                "number": number,
                "title": item.text(_.locale),
                "item": each["item"],
                "place": _.place(each),
                "location": each["location"] or "",
                "severity": each["severity"],
                "severity_word": severity(each["severity"], _),
                "is_safety": each["is_safety"],
                "safety_word": _("safety"),
                "value": value,
                "note": each["note"] or "",
                "facts": [
                    [_("Ticket"), each["ticket"] or _("none yet")],
                    [_("Responsible"), each.get("responsible") or NONE],
                    [_("To be repaired by"), _.at(each.get("due_at"))],
                    [_("State"), settled(each, _)],
                ],
                "is_settled": each["is_settled"],
                "before": each["photos"],
                "after": each.get("after") or [],
                "before_word": _("When it was found"),
                "after_word": _("After the repair"),
            }
        )
    return [{"kind": "findings", "findings": cards}]


def severity(code: str | None, _: Spoken) -> str:
    label = SEVERITY_LABELS.get(code)  # type: ignore[call-overload]
    return _(label) if label else (code or NONE)


def settled(finding: Facts, _: Spoken) -> str:
    return _("settled") if finding["is_settled"] else _("still open")


def photos(facts: Facts, _: Spoken) -> list[Block]:
    """Of lines that did not fail: what was looked at."""
    items = items_in(facts)
    shown = [
        {"sha256": digest, "caption": f"{items[line['item']].text(_.locale)} · {_.place(line)}"}
        for line in facts["lines"]
        if line["verdict"] != Verdict.FAIL
        for digest in line["photos"]
    ]
    if not shown:
        return []
    told: list[Block] = [{"kind": "photos", "photos": shown[:MOST_OTHER_PHOTOS]}]
    left = len(shown) - MOST_OTHER_PHOTOS
    if left > 0:
        told.append(text(_("Further photos, kept with the inspection: {number}.", number=left)))
    return told


def tickets(facts: Facts, _: Spoken) -> list[Block]:
    told = facts["tickets"]
    if not told["received"]:
        return [text(_("Nothing was reported in this quarter."))]
    sentence = _(
        "Reported in the quarter: {received}; closed: {closed}.",
        received=told["received"],
        closed=told["closed"],
    )
    again = told.get("again") or 0
    blocks = [
        text(sentence, _("Came again after a repair: {number}.", number=again) if again else "")
    ]
    rows: list[list[Cell | str]] = []
    for promise in PROMISE_ORDER:
        counts = Counter(told["promises"].get(promise) or {})
        kept, broken = counts["met"], counts["late"]
        if counts:
            open_ = counts["running"] + counts["paused"]
            rate = _.rate((kept, kept + broken))
            sub = _.of((kept, kept + broken)) if kept + broken else ""
            rows.append(
                [
                    _.begun(_(PROMISE_LABELS[promise])),
                    str(kept),
                    str(broken),
                    str(open_),
                    cell(rate, sub=sub),
                ]
            )
    if rows:
        head = [_("Promise"), _("Kept"), _("Broken"), _("Running"), _("On time")]
        blocks.append(table(head, rows, widths="wnnnn", title=_("How the promises were kept")))
    listed = told.get("listed") or []
    if listed:
        blocks.append(
            table(
                [_("Ticket"), _("Reported"), _("Matter"), _("Severity"), _("State")],
                [_ticket(each, _) for each in listed],
                widths="aawaa",
                title=_("Tickets of the quarter"),
                note=_("The first {number} of them.", number=len(listed))
                if len(listed) < told["received"]
                else "",
            )
        )
    return blocks


def _ticket(each: Facts, _: Spoken) -> list[Cell | str]:
    fault = FAULTS.get(each["fault"]) if each["fault"] else None
    kind = KIND_LABELS[each["kind"]]
    status = STATUS_LABELS[each["status"]]
    broken = _("promises broken: {number}", number=each["broken"]) if each["broken"] else ""
    return [
        each["ticket"],
        _.at(each["reported_at"]),
        _.begun(_(fault.label if fault else kind)),
        severity(each["severity"], _),
        cell(_.begun(_(status)), sub=broken, mark=Verdict.FAIL if each["broken"] else ""),
    ]


def earlier(facts: Facts, _: Spoken) -> list[Block]:
    """What was promised last time."""
    if not facts["earlier"]:
        return [text(_("Nothing is open from earlier inspections."), tone="good")]
    rows: list[list[Cell | str]] = [
        [
            cell(each["zh"] if _.is_chinese else each["en"], sub=each["note"] or ""),
            each["asset"] or _("the whole project"),
            _.local_day(each["found_at"]),
            severity(each["severity"], _),
            each["ticket"] or NONE,
        ]
        for each in facts["earlier"]
    ]
    head = [_("Finding"), _("Where"), _("Found on"), _("Severity"), _("Ticket")]
    return [table(head, rows, widths="waaaa")]


def to_settle(facts: Facts, _: Spoken) -> list[Block]:
    """Only of the last inspection of a cover."""
    told = facts["to_settle"]
    if told is None:
        return []
    opening = _("This is the last inspection of the cover. Before it ends, this must be settled:")
    if not told:
        return [text(opening, _("Nothing: no ticket is open."))]
    rows: list[list[Cell | str]] = [
        [each["ticket"], each["what"], severity(each["severity"], _), _.local_day(each["since"])]
        for each in told
    ]
    head = [_("Ticket"), _("Matter"), _("Severity"), _("Since")]
    return [text(opening), table(head, rows, widths="awaa")]


def words(told: str | None, otherwise: str) -> list[Block]:
    """What somebody wrote, with its lines."""
    return [text(*(told or "").splitlines() or [otherwise])]


def how(facts: Facts, _: Spoken) -> list[Block]:
    """Sampling, unverified limits and training said openly."""
    drawn, left = len(facts["lines"]), facts["left_out"]
    checklist = facts["checklist"]
    told = [
        _(
            "Checklist: {title}, version {version}.",
            title=checklist["zh"] if _.is_chinese else checklist["en"],
            version=checklist["version"],
        )
    ]
    if left:
        told.append(
            _(
                "Sampled, as the terms say: {percent} % of the lines of luminaires were drawn by"
                " lot, {drawn} of {whole} lines in all. What is of safety is never sampled.",
                percent=facts["sampling"],
                drawn=drawn,
                whole=drawn + left,
            )
        )
    else:
        told.append(_("Nothing was sampled: all {drawn} lines were asked for.", drawn=drawn))
    unverified = [id_ for id_, item in items_in(facts).items() if not item.is_verified]
    if unverified:
        told.append(
            _(
                "※ marks limits that were not yet held against their standard: {items}.",
                items=_.comma.join(unverified),
            )
        )
    training = facts["training"]
    if training["held_on"]:
        told.append(_("Your people were trained on {day}.", day=_.day(training["held_on"])))
    elif training["accepted_on"]:
        told.append(_("Your people have not been trained yet."))
    return [text(*told)]


def signatures(
    facts: Facts, signed_by: str, signed_at: str, company: str, _: Spoken
) -> list[Block]:
    people: Sequence[str] = facts["inspectors"] or [NONE]
    return [
        {
            "kind": "signatures",
            "signed": [
                {
                    "role": _("Technical lead"),
                    "name": signed_by,
                    "day": signed_at,
                    "is_drawn": True,
                    "for": company or _("For the contractor"),
                },
                {
                    "role": _("Inspectors"),
                    "name": _.comma.join(people),
                    "day": "",
                    "is_drawn": False,
                    "for": company or _("For the contractor"),
                },
                {
                    "role": _("Received by"),
                    "name": "",
                    "day": "",
                    "is_drawn": False,
                    "for": facts["owner"],
                },
            ],
            "name_word": _("Name"),
            "signature_word": _("Signature"),
            "date_word": _("Date"),
        }
    ]
