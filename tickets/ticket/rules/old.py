"""An old ticket out of one row: its instants, its codes, and the promises it can be judged by."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tickets.project.rules import ServiceTerms, target
from tickets.refusals import Invalid
from tickets.sla.rules import ActKind, Done, Promise, Promised, Result, promised
from tickets.ticket.rules.codes import Kind, Main, Severity, Status
from tickets.ticket.rules.ended import how_it_ended
from tickets.ticket.rules.instants import in_zone, local_time
from tickets.ticket.rules.life import severity_of
from tickets.ticket.rules.mapping import (
    PLACE_IN_TEMPLATE,
    TEXTS,
    ColumnMap,
    check_code,
    default_mapping,
)
from tickets.ticket.rules.sheet import BadRow, SheetRow, decoded, rows_of

_BIDI: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
_ACTS: Final = {
    Promise.RESPONSE: ActKind.RESPONSE,
    Promise.ARRIVAL: ActKind.ARRIVAL,
    Promise.MAKE_SAFE: ActKind.MADE_SAFE,
}


@dataclass(frozen=True, slots=True)
class OldTicket:
    """`status` is open, repaired, closed or cancelled; how far an open one is, its acts say."""

    line: int
    external_ref: str
    kind: Kind
    fault: str | None
    severity: Severity
    main_equipment: Main | None
    description: str
    place: str | None
    channel: str
    cause: str | None
    assets: tuple[str, ...]
    reporter_name: str
    reporter_phone: str
    status: Status
    reported_at: datetime
    kept: Mapping[Promise, datetime]  # response, arrival, make_safe: when, where it is told
    repaired_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    is_due_told: bool
    told: frozenset[Promise]

    @property
    def is_open(self) -> bool:
        return self.status not in (Status.CLOSED, Status.CANCELLED)

    @property
    def ended_at(self) -> datetime | None:
        """Cancelled, or closed with nothing repaired: what was not late by then lapses."""
        unrepaired = self.status is Status.CLOSED and self.repaired_at is None
        return self.closed_at if unrepaired or self.status is Status.CANCELLED else None

    def acts(self) -> list[Done]:
        done = [Done(_ACTS[promise], at) for promise, at in self.kept.items()]
        if self.repaired_at is not None:
            done.append(Done(ActKind.REPAIR, self.repaired_at, False, Result.FIXED))
        return done

    def promises(self, terms: ServiceTerms) -> Iterator[Promised]:
        """Those the file gives something for. A repair whose due instant is not known is none:
        without a clock nothing is swept, late or on time."""
        for promise in promised(self.kind, self.severity):
            length = target(terms, promise, self.severity)
            if promise is not Promise.REPAIR:
                is_awaited = promise in self.told and self.status is Status.OPEN
                if promise in self.kept or is_awaited:
                    yield Promised(promise, self.reported_at, length)
            elif self.is_due_told:
                if self.due_at is not None:
                    yield Promised(promise, self.reported_at, self.due_at - self.reported_at)
            elif terms.repair_from == "arrival" and Promise.ARRIVAL not in self.kept:
                # Nobody wrote down the arrival: the repair began at its due instant at the latest.
                longest = length + target(terms, Promise.ARRIVAL, self.severity)
                yield Promised(promise, self.reported_at, longest)
            else:
                yield Promised(promise, self.reported_at, length, terms.repair_from)


def read_old(
    content: bytes, mapping: ColumnMap | None, timezone: str, now: datetime
) -> Iterator[OldTicket | BadRow]:
    """Row by row, good or bad. `timezone` is the project's, for a mapping that names none.

    Raises Invalid when the file as a whole cannot be read.
    """
    text = decoded(content, mapping.encoding if mapping else None)
    bare = mapping or default_mapping(())
    header, rows = rows_of(text, bare.needed, bare.delimiter)
    yield from read_old_rows(header, rows, mapping, timezone, now)


def read_old_rows(
    header: Sequence[str],
    rows: Iterable[SheetRow | BadRow],
    mapping: ColumnMap | None,
    timezone: str,
    now: datetime,
) -> Iterator[OldTicket | BadRow]:
    """The same for rows that somebody else has read; `rows` have the columns of `header`."""
    mapping = mapping or default_mapping(header)
    zone = ZoneInfo(mapping.timezone or timezone)
    seen: dict[str, int] = {}
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            old = old_ticket(mapping, row, zone, now)
            if old.external_ref in seen:
                raise Invalid(
                    "external_ref",
                    "The number {ref} stands on line {line} already.",
                    ref=old.external_ref,
                    line=seen[old.external_ref],
                )
        except Invalid as why:
            yield BadRow(row.line, why)
        else:
            seen[old.external_ref] = row.line
            yield old


def old_ticket(mapping: ColumnMap, row: SheetRow, zone: ZoneInfo, now: datetime) -> OldTicket:
    """Raises Invalid with what is wrong in this row."""
    cells = {name: _kept(name, cell) for name, cell in row.cells.items()}
    texts = {name: _text(mapping, cells, name) for name in TEXTS}
    if not texts["external_ref"]:
        raise Invalid("external_ref", "The row has no number of its own.")
    reported_at = _instant(mapping, cells, "reported_at", zone)
    if reported_at is None:
        raise Invalid("reported_at", "It does not say when it was reported.")
    at = {
        name: _instant(mapping, cells, name, zone, reported_at)
        for name in ("answered_at", "arrived_at", "made_safe_at", "repaired_at", "closed_at")
    }
    _check_order(mapping, reported_at, at, now)
    due_at = _instant(mapping, cells, "due_at", zone, reported_at)
    if due_at is not None and due_at < reported_at:
        raise _before("due_at", mapping)
    codes = {name: _code(mapping, cells, name) for name in ("kind", "fault", "severity", "status")}
    kind = Kind(codes["kind"] or Kind.FAULT)
    fault = codes["fault"] or ("OTHER" if kind is Kind.FAULT else None)
    given = Severity(codes["severity"]) if codes["severity"] else None
    status, repaired_at, closed_at = how_it_ended(mapping, kind, codes["status"], at)
    main = _code(mapping, cells, "main_equipment")
    kept = {
        Promise.RESPONSE: at["answered_at"],
        Promise.ARRIVAL: at["arrived_at"],
        Promise.MAKE_SAFE: at["made_safe_at"],
    }
    return OldTicket(
        line=row.line,
        external_ref=texts["external_ref"],
        kind=kind,
        fault=fault,
        severity=severity_of(kind, fault, given),
        main_equipment=Main(main) if main else None,
        description=texts["description"] or f"#{texts['external_ref']}",
        place=texts["place"] or None,
        channel=_code(mapping, cells, "channel") or "import",
        cause=_code(mapping, cells, "cause") or None,
        assets=tuple(dict.fromkeys(texts["assets"].replace("，", " ").replace(",", " ").split())),
        reporter_name=texts["reporter_name"],
        reporter_phone=texts["reporter_phone"],
        status=status,
        reported_at=reported_at,
        kept={promise: when for promise, when in kept.items() if when is not None},
        repaired_at=repaired_at,
        closed_at=closed_at,
        due_at=due_at,
        is_due_told=mapping.is_due_told,
        told=mapping.told,
    )


def _kept(name: str, cell: str) -> str:
    if "\0" in cell:
        raise Invalid(name, "{column} contains characters that cannot be kept.", column=name)
    text = unicodedata.normalize("NFC", cell.strip())
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BIDI)
    return "".join(ch for ch in text if ch in "\n\t" or unicodedata.category(ch) != "Cc")


def _raw(mapping: ColumnMap, cells: Mapping[str, str], name: str) -> str:
    source = mapping.columns.get(name)
    if source is None or (source.unless_empty and not cells[source.unless_empty]):
        return ""
    return cells[source.column]


def _text(mapping: ColumnMap, cells: Mapping[str, str], name: str) -> str:
    template = mapping.templates.get(name)
    if template is None:
        text = _raw(mapping, cells, name)
    else:
        text = PLACE_IN_TEMPLATE.sub(lambda found: cells[found[1]], template).strip()
    if len(text) > TEXTS[name]:
        raise Invalid(
            name,
            "{name} has {length} characters, at most {most} are kept.",
            name=name,
            length=len(text),
            most=TEXTS[name],
        )
    return text


def _code(mapping: ColumnMap, cells: Mapping[str, str], name: str) -> str:
    """What is written, as our code; nothing written, the constant."""
    written = _raw(mapping, cells, name)
    values = mapping.values.get(name, {})
    code = values.get(written, values.get("*", written) if written else "")
    return check_code(name, code) if code else mapping.constants.get(name, "")


def _instant(
    mapping: ColumnMap,
    cells: Mapping[str, str],
    name: str,
    zone: ZoneInfo,
    after: datetime | None = None,
) -> datetime | None:
    written = _raw(mapping, cells, name)
    if not written:
        return None
    column = mapping.columns[name].column
    found = local_time(written, mapping.formats)
    if found is None:
        raise Invalid(
            name,
            "{column}: {written} is not a date and time as the mapping has them.",
            column=column,
            written=written[:60],
        )
    at = in_zone(found, zone, after)
    if at is None:
        raise Invalid(
            name,
            "{column}: there was no {written} in {zone}, the clocks skipped it.",
            column=column,
            written=written[:60],
            zone=zone.key,
        )
    return at


def _check_order(
    mapping: ColumnMap, reported_at: datetime, at: Mapping[str, datetime | None], now: datetime
) -> None:
    for name, instant in (("reported_at", reported_at), *at.items()):
        if instant is None:
            continue
        if instant > now:
            raise Invalid(name, "{column} lies in the future.", column=mapping.columns[name].column)
        if instant < reported_at:
            raise _before(name, mapping)
    closed_at, repaired_at = at["closed_at"], at["repaired_at"]
    if closed_at is not None and repaired_at is not None and closed_at < repaired_at:
        raise Invalid("closed_at", "It was closed before it was repaired.")


def _before(name: str, mapping: ColumnMap) -> Invalid:
    return Invalid(name, "{column} lies before the report.", column=mapping.columns[name].column)
