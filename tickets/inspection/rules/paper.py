"""A report's facts put into words for the paper and the page: both show the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from tickets.inspection.rules import chapters, charted, results
from tickets.inspection.rules.checklist import Verdict
from tickets.inspection.rules.spoken import NONE, Spoken, chapter, text, tone_of


class Report(Protocol):
    """As much of a report as its paper needs."""

    @property
    def number(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def signed_by(self) -> str: ...
    @property
    def signed_at(self) -> datetime: ...
    @property
    def checksum(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def on_paper(report: Report, locale: str) -> dict[str, Any]:
    """What the templates read: a cover, key figures, and chapters of blocks (text, tables, charts,
    findings, photos, signatures). `pictures`: the digests of the photos it shows; `large`: those
    of them that are looked at closely."""
    facts = report.facts
    company = facts["company"]
    _ = Spoken(locale, facts["timezone"])
    told = {
        "title": _("Quarterly inspection report"),
        "company": company,
        "owner": facts["owner"],
        "project": facts["project"]["name"],
        "number": report.number,
        "version": report.version,
        "version_word": _("version {version}", version=report.version),
        "checksum": report.checksum,
        "checksum_word": _("Checksum (SHA-256)"),
        "corrects": _corrects(report, _),
        "cover": _cover(report, company, _),
        "hotline": facts["hotline"] or "",
        "contents_word": _("Contents"),
        "tiles": _tiles(facts, _),
        "headline": _headline(facts, _),
        "safety": _safety(facts, _),
        "chapters": _chapters(report, company, _),
    }
    of_findings, others = _pictures(told["chapters"])
    told["pictures"] = list(dict.fromkeys([*of_findings, *others]))
    told["large"] = of_findings
    return told


def _pictures(told: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Digests of the photos that stand in the chapters: of findings, and the others."""
    of_findings: list[str] = []
    others: list[str] = []
    for each in told:
        for block in each["blocks"]:
            if block["kind"] == "findings":
                for finding in block["findings"]:
                    of_findings += [*finding["before"], *finding["after"]]
            elif block["kind"] == "photos":
                others += [photo["sha256"] for photo in block["photos"]]
    return of_findings, others


def _corrects(report: Report, _: Spoken) -> list[str]:
    if report.version == 1:
        return []
    old = report.number.removesuffix(f"V{report.version}") + f"V{report.version - 1}"
    told = _("This version corrects and takes the place of {number}.", number=old)
    return [told, _("Reason: {reason}", reason=report.reason)] if report.reason else [told]


def _cover(report: Report, company: str, _: Spoken) -> list[list[str]]:
    facts = report.facts
    quarter, project = facts["quarter"], facts["project"]
    days = _("{first} to {last}", first=_.day(quarter["starts_on"]), last=_.day(quarter["due_on"]))
    basis = _(
        "Quarter {number}, counted from {anchor}; {days} covered days",
        number=quarter["number"],
        anchor=_.day(quarter["anchor"]),
        days=quarter["days"],
    )
    begun = facts["visit_on"] or (facts["begun_at"] and _.at(facts["begun_at"])[:10])
    rows = [
        [_("Project"), f"{project['name']}（{project['code']}）", project["address"] or ""],
        [_("Owner"), facts["owner"], ""],
        [_("Contractor"), company or NONE, _hotline(facts, _)],
        [_("Quarter"), days, basis],
        [_("Inspected on"), _.day(begun), ""],
        [_("Inspectors"), _.comma.join(facts["inspectors"]) or NONE, ""],
        [_("Signed"), f"{report.signed_by} · {_.at(report.signed_at)}", ""],
        [_("Report number"), report.number, _("version {version}", version=report.version)],
    ]
    return rows


def _hotline(facts: Mapping[str, Any], _: Spoken) -> str:
    told = facts["hotline"]
    return _("24-hour hotline {number}", number=told) if told else ""


def _tiles(facts: Mapping[str, Any], _: Spoken) -> list[dict[str, Any]]:
    """Safety first; a rate never comes without its counts."""
    rates, findings = facts["rates"], facts["findings"]
    safety = [each for each in findings if each["is_safety"]]
    open_ = [each for each in findings if not each["is_settled"]]
    computed = {told["rate"]: told for told in facts["computed"].values()}
    tiles = [
        {
            "name": _("Safety findings"),
            "value": str(len(safety)),
            "counts": _("findings in all: {number}", number=len(findings)),
            "limit": _("open: {number}", number=len(open_)) if open_ else "",
            "tone": "bad" if safety else "good",
        }
    ]
    for key, name in (
        ("lit", _("Lit rate")),
        ("coverage", _("Coverage")),
        ("passed", _("Passed")),
        ("intact", _("Intact")),
    ):
        judged = computed.get(key) or {}
        limit = judged.get("limit")
        tiles.append(
            {
                "name": name,
                "value": _.rate(rates[key]),
                "counts": _.of(rates[key]),
                "limit": _("required {limit} %", limit=limit) if limit else "",
                "tone": tone_of(judged.get("verdict")),
            }
        )
    return tiles


def _headline(facts: Mapping[str, Any], _: Spoken) -> str:
    """The one sentence whoever reads no further takes away."""
    safety = [each for each in facts["findings"] if each["is_safety"]]
    open_ = [each for each in safety if not each["is_settled"]]
    if not safety and not facts["findings"]:
        return _("No defect was found in what was inspected.")
    if not safety:
        return _(
            "No safety defect was found; other defects: {number}.", number=len(facts["findings"])
        )
    if open_:
        return _(
            "Safety defects found: {number}; still open: {open}.",
            number=len(safety),
            open=len(open_),
        )
    return _("Safety defects found: {number}; all are settled.", number=len(safety))


def _safety(facts: Mapping[str, Any], _: Spoken) -> list[dict[str, Any]]:
    items = results.items_in(facts)
    return [
        {
            "severity": each["severity"],
            "what": items[each["item"]].text(_.locale),
            "place": _.place(each),
            "value": _.values(items[each["item"]], each["values"]) if each["values"] else "",
            "ticket": each["ticket"] or "",
            "state": chapters.settled(each, _),
            "is_settled": each["is_settled"],
        }
        for each in facts["findings"]
        if each["is_safety"]
    ]


def _summary(facts: Mapping[str, Any], _: Spoken) -> list[str]:
    """What the figures do not say by themselves."""
    lines = facts["lines"]
    out = [line for line in lines if line["verdict"] == Verdict.NOT_ACCESSIBLE]
    unseen = [line for line in lines if line["verdict"] is None]
    told = []
    if out:
        told.append(
            _(
                "Lines that were not accessible and stay open, with reasons: {number}.",
                number=len(out),
            )
        )
    if unseen:
        told.append(_("Lines that were not checked: {number}.", number=len(unseen)))
    reported = facts["tickets"]
    if reported["received"]:
        told.append(
            _(
                "Reported in the quarter: {received}; closed: {closed}.",
                received=reported["received"],
                closed=reported["closed"],
            )
        )
    if facts["earlier"]:
        told.append(
            _(
                "Findings of earlier inspections that are still open: {number}.",
                number=len(facts["earlier"]),
            )
        )
    if any(tool["is_expired"] for tool in facts["instruments"]):
        told.append(_("The calibration of an instrument had expired when it was used."))
    return told


def _chapters(report: Report, company: str, _: Spoken) -> list[dict[str, Any]]:
    facts = report.facts
    summary = _summary(facts, _)
    measured, photos = results.measured(facts, _), chapters.photos(facts, _)
    settle = chapters.to_settle(facts, _)
    told = [
        chapter(
            _("Summary"),
            {"kind": "tiles"},
            text(*summary) if summary else None,
            charted.of_sections(facts, _),
            charted.of_quarters(facts, _),
        ),
        chapter(_("Instruments used"), *chapters.instruments(facts, _)),
        chapter(_("Results by section"), *results.by_section(facts, _)),
        chapter(
            _("Measured values"),
            *(measured or [text(_("Nothing was measured."))]),
            charted.of_insulation(facts, _),
        ),
        chapter(_("Findings"), *chapters.findings(facts, _)),
        chapter(_("Tickets and promises of the quarter"), *chapters.tickets(facts, _)),
        chapter(_("Open from earlier inspections"), *chapters.earlier(facts, _)),
        chapter(_("To be settled before the cover ends"), *settle) if settle else None,
        chapter(
            _("Weather and events of the quarter"),
            *chapters.words(facts["note"], _("Nothing out of the ordinary was written down.")),
        ),
        chapter(
            _("Suggestions to the owner"),
            *chapters.words(facts["suggestions"], _("There are none.")),
        ),
        chapter(_("Photos of what was inspected"), *photos) if photos else None,
        chapter(_("How it was inspected"), *chapters.how(facts, _)),
        chapter(
            _("Signatures"),
            *chapters.signatures(facts, report.signed_by, _.at(report.signed_at), company, _),
        ),
    ]
    kept = [each for each in told if each]
    return [{"number": n, **each} for n, each in enumerate(kept, 1)]
