"""What the columns of somebody else's tickets mean: the mapping, out of its TOML."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tickets.project.rules import is_timezone
from tickets.refusals import Invalid
from tickets.sla.rules import Promise
from tickets.ticket.rules.codes import (
    CAUSES,
    CHANNELS,
    FAULTS,
    Kind,
    Main,
    Severity,
    Status,
)

INSTANTS: Final = (
    "reported_at",
    "answered_at",
    "arrived_at",
    "made_safe_at",
    "repaired_at",
    "closed_at",
    "due_at",
)
# Which promise a column tells of.
TELLS_OF: Final = {
    "answered_at": Promise.RESPONSE,
    "arrived_at": Promise.ARRIVAL,
    "made_safe_at": Promise.MAKE_SAFE,
}
# Field → the longest text it takes, as at the other doors.
TEXTS: Final = {
    "external_ref": 200,
    "description": 10_000,
    "place": 200,
    "reporter_name": 200,
    "reporter_phone": 40,
    "assets": 2_000,
}
CODED: Final[Mapping[str, frozenset[str]]] = {
    "kind": frozenset(Kind),
    "fault": frozenset(FAULTS),
    "severity": frozenset(Severity),
    "status": frozenset(Status) - {Status.MERGED},
    "main_equipment": frozenset(Main),
    "channel": frozenset(CHANNELS),
    "cause": frozenset(CAUSES),
}
FIELDS: Final = (*TEXTS, *CODED, *INSTANTS)
NEEDED: Final = ("external_ref", "reported_at")
FORMATS: Final = ("iso", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M")
PLACE_IN_TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
_TOP: Final = {"timezone", "formats", "encoding", "delimiter"} | {
    "columns",
    "constants",
    "values",
    "templates",
}


@dataclass(frozen=True)
class Source:
    """Where a field comes from: a column, left empty where another column is empty."""

    column: str
    unless_empty: str | None = None


@dataclass(frozen=True)
class ColumnMap:
    """`values` turns what is written into our codes; `""` is an empty cell, `*` anything else."""

    columns: Mapping[str, Source]
    timezone: str | None = None  # None: the project's
    formats: tuple[str, ...] = FORMATS
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None

    @property
    def needed(self) -> frozenset[str]:
        """The columns the file must have."""
        named = {source.column for source in self.columns.values()}
        named |= {source.unless_empty for source in self.columns.values() if source.unless_empty}
        for template in self.templates.values():
            named |= set(PLACE_IN_TEMPLATE.findall(template))
        return frozenset(named)

    @property
    def is_due_told(self) -> bool:
        return "due_at" in self.columns

    @property
    def told(self) -> frozenset[Promise]:
        """Promises of which the file says when they were kept."""
        return frozenset(promise for name, promise in TELLS_OF.items() if name in self.columns)


def default_mapping(header: Iterable[str]) -> ColumnMap:
    """Without a mapping the columns are named as our fields are; two of them must be there."""
    there = set(header)
    return ColumnMap({name: Source(name) for name in FIELDS if name in there or name in NEEDED})


def read_mapping(text: str) -> ColumnMap:
    """Raises Invalid("mapping") with what is wrong in it."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid("mapping", "The mapping is not TOML: {why}.", why=str(error)) from None
    _only(tree, _TOP, "")
    columns = {name: _source(name, each) for name, each in _table(tree, "columns", FIELDS).items()}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise Invalid(
            "mapping", "The mapping names no column for {fields}.", fields=", ".join(missing)
        )
    constants = {name: _text(name, each) for name, each in _table(tree, "constants", CODED).items()}
    for name, code in constants.items():
        check_code(name, code)
    values = {
        name: {written: _text(name, code) for written, code in _mapped(name, each).items()}
        for name, each in _table(tree, "values", CODED).items()
    }
    for name, codes in values.items():
        for code in filter(None, codes.values()):
            check_code(name, code)
    zone = tree.get("timezone")
    if zone is not None and not (isinstance(zone, str) and is_timezone(zone)):
        raise Invalid("mapping", "The time zone {name} is not known.", name=zone)
    formats = tree.get("formats", list(FORMATS))
    if not isinstance(formats, list) or not formats:
        raise _wrong("formats")
    return ColumnMap(
        columns=columns,
        timezone=zone,
        formats=tuple(_text("formats", each) for each in formats),
        constants=constants,
        values=values,
        templates={
            name: _text(name, each)
            for name, each in _table(tree, "templates", ("description", "place")).items()
        },
        encoding=_text("encoding", tree["encoding"]) if "encoding" in tree else None,
        delimiter=_delimiter(tree.get("delimiter")),
    )


def check_code(name: str, code: str) -> str:
    if code not in CODED[name]:
        raise Invalid(
            name,
            "{name}: {value} is not known; known are {known}.",
            name=name,
            value=code[:60],
            known=", ".join(sorted(CODED[name])),
        )
    return code


def _source(name: str, told: Any) -> Source:
    if isinstance(told, str):
        return Source(told)
    _only(_mapped(name, told), {"column", "unless_empty"}, f"columns.{name}.")
    if "column" not in told:
        raise _wrong(f"columns.{name}")
    other = told.get("unless_empty")
    return Source(_text(name, told["column"]), None if other is None else _text(name, other))


def _table(tree: Mapping[str, Any], name: str, known: Iterable[str]) -> Mapping[str, Any]:
    table = _mapped(name, tree.get(name, {}))
    _only(table, set(known), f"{name}.")
    return table


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise Invalid(
            "mapping",
            "The mapping has an entry nobody knows: {entry}. Known are {known}.",
            entry=where + unknown[0],
            known=", ".join(sorted(known)),
        )


def _mapped(name: str, told: Any) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise _wrong(name)
    return told


def _text(name: str, told: Any) -> str:
    if not isinstance(told, str):
        raise _wrong(name)
    return told


def _delimiter(told: Any) -> str | None:
    if told is None:
        return None
    if not isinstance(told, str) or len(told) != 1 or told in '"\r\n':
        raise _wrong("delimiter")
    return told


def _wrong(entry: str) -> Invalid:
    return Invalid("mapping", "The entry {entry} of the mapping is not as it must be.", entry=entry)
