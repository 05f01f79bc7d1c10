"""A file of old tickets, from bytes to rows that know the line they stand on."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tickets.refusals import Invalid, Refused

DELIMITERS: Final = (",", ";", "\t", "|")
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken, by the physical line it begins on, and why."""

    line: int
    why: Refused


@dataclass(frozen=True, slots=True)
class SheetRow:
    line: int
    cells: Mapping[str, str]


def decoded(content: bytes, encoding: str | None = None) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else GB18030 as Chinese Excel writes it."""
    if not content.strip():
        raise Invalid("file", "The file is empty.")
    if content.startswith(_WORKBOOKS):
        raise Invalid("file", "This is a workbook or another document, not CSV: save it as CSV.")
    for mark, name in _MARKS:
        if content.startswith(mark):
            encoding = name
    text = _as(content, encoding) if encoding else _guessed(content)
    odd = sum(unicodedata.category(ch) == "Cc" and ch not in "\t\r\n\f" for ch in text[:4096])
    if odd > 8 and odd > len(text[:4096]) / 50:
        raise _not_text()
    return text


def _guessed(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        # Mostly good UTF-8 is broken UTF-8: read as GB18030 it would be garbage throughout.
        lenient = content.decode(errors="replace")
        replaced = lenient.count("\ufffd")
        if sum(ord(ch) > 127 for ch in lenient) > 10 * replaced:
            raise _broken(content, error) from None
    return _as(content, "gb18030")


def _as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "gb18030":
            raise _not_text() from None
        raise _broken(content, error) from None
    except LookupError:
        raise Invalid("mapping", "The encoding {name} is not known.", name=encoding) from None


def _broken(content: bytes, error: UnicodeDecodeError) -> Invalid:
    return Invalid(
        "file",
        "Line {line} holds bytes that are no characters of {encoding}.",
        line=content.count(b"\n", 0, error.start) + 1,
        encoding=error.encoding,
    )


def _not_text() -> Invalid:
    return Invalid("file", "This is not a text file: it is neither UTF-8 nor GB18030.")


def rows_of(
    text: str, needed: Collection[str], delimiter: str | None = None
) -> tuple[Sequence[str], Iterator[SheetRow | BadRow]]:
    """The header, and row by row what stands under it.

    `needed` are columns that must be there; without a `delimiter` it is the one under which
    they are. Raises Invalid when the header does not fit.
    """
    header, chosen = _header(text, needed, delimiter)
    twice = sorted({name for name in needed if header.count(name) > 1})
    if twice:
        raise Invalid("file", "These columns stand there twice: {names}.", names=", ".join(twice))
    return header, _rows(text, header, chosen)


def _header(text: str, needed: Collection[str], delimiter: str | None) -> tuple[list[str], str]:
    tried = []
    for each in (delimiter,) if delimiter else DELIMITERS:
        try:
            first = next(filter(any, csv.reader(_lines(text), delimiter=each, strict=True)), [])
        except csv.Error:
            continue
        names = [name.strip() for name in first]
        if set(needed) <= set(names):
            return names, each
        tried.append(names)
    found = max(tried, key=len, default=[])
    raise Invalid(
        "file",
        "These columns are missing: {missing}. The first line has: {found}.",
        missing=", ".join(sorted(set(needed) - set(found))),
        found=", ".join(name[:60] for name in found[:40]) or "-",
    )


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _rows(text: str, header: Sequence[str], delimiter: str) -> Iterator[SheetRow | BadRow]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    has_header = False
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _unreadable(line, reader.line_num, error)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not has_header:
            has_header = True
        elif len(cells) != len(header):
            yield BadRow(
                line,
                Invalid(
                    "file",
                    "The row has {cells} cells, the first line has {columns}.",
                    cells=len(cells),
                    columns=len(header),
                ),
            )
        else:
            yield SheetRow(line, dict(zip(header, cells, strict=True)))


def _unreadable(line: int, last: int, error: csv.Error) -> BadRow:
    if last > line:
        return BadRow(
            line,
            Invalid(
                "file",
                "A quoted cell begins here and does not end well; the lines up to {last} are"
                " not read.",
                last=last,
            ),
        )
    return BadRow(line, Invalid("file", "This line is no CSV: {why}.", why=str(error)))
