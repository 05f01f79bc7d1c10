"""What an old ticket becomes: its row, its clocks judged, its acts, its diary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tickets.asset.models import Asset
from tickets.grams import grams
from tickets.project.models import Project
from tickets.project.queries import Held
from tickets.project.rules import CoverDecision, ServiceTerms
from tickets.sla.models import Clock
from tickets.sla.rules import ActKind, ClockState, Verdict, judge, state
from tickets.ticket import rules
from tickets.ticket.actions.act import EVENTS
from tickets.ticket.rules.old import OldTicket


@dataclass(frozen=True)
class Around:
    """What is the same for every row of one import."""

    project: Project
    zone: ZoneInfo
    terms: Sequence[tuple[datetime, ServiceTerms]]  # newest first
    held: Held
    assets: Mapping[str, Asset]
    by_id: int | None
    now: datetime

    def terms_at(self, at: datetime) -> ServiceTerms:
        return next((terms for since, terms in self.terms if since <= at), ServiceTerms())

    def cover(self, old: OldTicket) -> CoverDecision:
        named = [self.assets[code] for code in old.assets]
        return self.held.decide(self.project, named, old.reported_at)

    def day(self, old: OldTicket) -> date:
        return old.reported_at.astimezone(self.zone).date()


def clock_rows(around: Around, old: OldTicket, ticket_id: int) -> list[dict[str, Any]]:
    own = around.cover(old).terms
    terms = ServiceTerms.from_json(own, base=around.terms_at(old.reported_at))
    promises = list(old.promises(terms))
    verdicts = judge(promises, old.acts(), now=around.now, ended_at=old.ended_at)
    rows = []
    for each in promises:
        verdict: Verdict = verdicts[each.promise]
        row = {
            "ticket_id": ticket_id,
            "cycle": 1,
            "generation": 1,
            "promise": each.promise.value,
            "reported_at": each.origin,
            "target": each.target,
            "repair_from": each.repair_from,
            "started_at": verdict.started_at,
            "starts_by": verdict.starts_by,
            "due_at": verdict.due_at,
            "met_at": verdict.met_at,
            "closed_as": verdict.closed_as.value if verdict.closed_as else None,
            "closed_at": verdict.closed_at,
            "is_imported": True,
        }
        is_late = state(Clock(**row), around.now) is ClockState.LATE
        row |= {"breached_at": verdict.due_at if is_late else None, "breach_no": int(is_late)}
        rows.append(row)
    return rows


def act_rows(around: Around, old: OldTicket, ticket_id: int) -> list[dict[str, Any]]:
    return [
        {
            "ticket_id": ticket_id,
            "cycle": 1,
            "kind": done.kind.value,
            "at": done.at,
            "received_at": around.now,
            "by_id": around.by_id,
            "on_site": done.on_site,
            "result": done.result.value if done.result else None,
        }
        for done in sorted(old.acts(), key=lambda done: done.at)
    ]


def ticket_row(
    around: Around, old: OldTicket, ref: str, clocks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    named = [around.assets[code] for code in old.assets]
    cover = around.cover(old)
    status = rules.status_of(old.acts()) if old.is_open else old.status
    return {
        "ref": ref,
        "project_id": around.project.id,
        "kind": old.kind.value,
        "fault": old.fault,
        "severity": old.severity.value,
        "main_equipment": rules.main_of(
            old.kind, [asset.is_main for asset in named], old.main_equipment
        ).value,
        "description": old.description,
        "place": old.place,
        "channel": old.channel,
        "reported_at": old.reported_at,
        "received_at": around.now,
        "cycle": 1,
        "status": status.value,
        "is_open": old.is_open,
        "breaks_at": rules.breaks_at(status, [Clock(**row) for row in clocks], around.now),
        "opened_by_id": around.by_id,
        "external_ref": old.external_ref,
        "cover": cover.decision.value,
        "cover_reason": cover.reason,
        "cover_ends_on": cover.ends_on,
        "cover_labour": cover.labour,
        "cover_parts": cover.parts,
        "own_terms": dict(cover.terms),
        "cause": old.cause,
        "closed_at": old.closed_at,
        "grams": grams(
            ref,
            around.project.code,
            around.project.name,
            old.place,
            old.external_ref,
            *(asset.code for asset in named),
            *(asset.name for asset in named),
            told=old.description,
        ),
    }


def event_rows(
    around: Around,
    old: OldTicket,
    ticket: Mapping[str, Any],
    clocks: Sequence[Mapping[str, Any]],
    acts: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """The diary as if it had been kept. `imported` keeps every line of it out of the outbox."""
    told: list[tuple[datetime, str, dict[str, Any]]] = [
        (
            old.reported_at,
            "ticket.opened",
            {name: ticket[name] for name in ("ref", "fault", "severity", "channel", "cover")}
            | {"call": ticket["kind"], "assets": list(old.assets), "photos": 0},
        )
    ]
    for act in acts:
        facts: dict[str, Any] = {"act_id": act["id"]}
        if act["kind"] == "repair":
            facts |= {"on_site": False, "result": act["result"], "cause": old.cause, "work": None}
        told.append((act["at"], EVENTS[ActKind(act["kind"])], facts))
    for clock in clocks:
        if clock["breached_at"] is not None:
            facts = {name: clock[name] for name in ("promise", "cycle", "breach_no")}
            facts |= {"clock_id": clock["id"], "due_at": clock["due_at"].isoformat()}
            told.append((clock["breached_at"], "clock.breached", facts))
    if old.closed_at is not None:
        facts = {"outcome": None, "told": None, "is_confirmed": False, "tries": 0}
        told.append((old.closed_at, f"ticket.{ticket['status']}", facts))
    return [
        {
            "kind": kind,
            "ticket_id": ticket["id"],
            "project_id": around.project.id,
            "by_id": around.by_id,
            "facts": facts | {"imported": True},
            "happened_at": at,
        }
        for at, kind, facts in sorted(told, key=lambda line: line[0])
    ]
