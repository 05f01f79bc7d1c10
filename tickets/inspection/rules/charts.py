"""Charts of a report as SVG: the same on the page and on paper, legible without colour.

Colours are attributes, so that paper shows them; a page's style sheet, which comes before
attributes, gives its own by class for the dark. What a colour says, a shape or hatching says too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

INK, QUIET, LINE = "#1c2430", "#5b6676", "#d5dbe3"
GOOD, BAD, OPEN, FIRST, SECOND = "#2b6cb0", "#a02020", "#d9a441", "#1f5fa8", "#b26a00"
FONT: Final = "Noto Sans SC"
# Hatching of what failed and what could not be reached.
_DEFS: Final = (
    '<defs><pattern id="c-failed" width="4" height="4" patternUnits="userSpaceOnUse" '
    f'patternTransform="rotate(45)"><rect class="c-bad" width="4" height="4" fill="{BAD}"/>'
    '<rect class="c-hatch" width="1.4" height="4" fill="#ffffff"/></pattern>'
    '<pattern id="c-unreached" width="4" height="4" patternUnits="userSpaceOnUse">'
    f'<rect class="c-open" width="4" height="4" fill="{OPEN}"/>'
    '<circle class="c-hatch" cx="2" cy="2" r="1" fill="#ffffff"/></pattern></defs>'
)


@dataclass(frozen=True)
class Bar:
    """Of one section, how many lines came to what."""

    name: str
    passed: int
    failed: int
    unreached: int
    rest: int  # not applicable, not checked

    @property
    def whole(self) -> int:
        return self.passed + self.failed + self.unreached + self.rest


def by_section(bars: Sequence[Bar], legend: Sequence[str], *, title: str) -> str:
    """One bar a section, each in parts of its own whole; counts stand at its end. `legend`: passed,
    failed, not accessible, not checked or applicable."""
    name_width = max((_width(bar.name, 10.5) for bar in bars), default=0) + 16
    bar_width, step = 456 - name_width, 22
    height = step * len(bars) + 34
    drawn = [_DEFS]
    fills = (
        (GOOD, "c-good"),
        ("url(#c-failed)", ""),
        ("url(#c-unreached)", ""),
        ("none", "c-rest"),
    )
    for n, bar in enumerate(bars):
        y = n * step + 4
        drawn.append(_text(name_width - 10, y + 11, bar.name, anchor="end"))
        x = float(name_width)
        parts = (bar.passed, bar.failed, bar.unreached, bar.rest)
        for part, (fill, style) in zip(parts, fills, strict=True):
            if not part or not bar.whole:
                continue
            # Whatever there is at all can be seen.
            width = max(3.0, part / bar.whole * bar_width)
            width = min(width, name_width + bar_width - x)
            drawn.append(_rect(x, y, width, 14, fill, style))
            x += width
        told = f"{bar.passed}/{bar.whole}"
        if bar.failed:
            told += f" · {legend[1]} {bar.failed}"
        drawn.append(
            _text(name_width + bar_width + 8, y + 11, told, strong=bool(bar.failed), size=10)
        )
    long = sum(26 + _width(word, 9) for word in legend)
    x, y = max(4.0, min(float(name_width), 556 - long)), step * len(bars) + 16
    for word, (fill, style) in zip(legend, fills, strict=True):
        drawn.append(_rect(x, y, 10, 10, fill, style))
        drawn.append(_text(x + 14, y + 9, word, size=9, fill=QUIET, style="c-quiet"))
        x += 26 + _width(word, 9)
    return _svg(560, height, title, drawn)


@dataclass(frozen=True)
class Series:
    """Percents, quarter by quarter; None where nothing was counted."""

    name: str
    values: Sequence[float | None]


def over_quarters(labels: Sequence[str], series: Sequence[Series], *, title: str) -> str:
    """Lines of rates over quarters: the first solid with discs, the second dashed with squares."""
    left, right, top, plot_height, plot_width = 40, 120, 14, 120, 380
    told = [value for each in series for value in each.values if value is not None]
    floor = min(90.0, math.floor(min(told, default=90.0) / 10) * 10)
    gaps = max(1, len(labels) - 1)

    def x(n: int) -> float:
        return left + (plot_width * n / gaps if len(labels) > 1 else plot_width / 2)

    def y(value: float) -> float:
        return top + plot_height * (100 - value) / (100 - floor)

    drawn = []
    ticks = 5 if floor == 90 else 4
    for n in range(ticks + 1):
        value = floor + (100 - floor) * n / ticks
        drawn.append(_line(left, y(value), left + plot_width, y(value), LINE, "c-line", 0.7))
        drawn.append(_text(left - 6, y(value) + 3, f"{value:g}", anchor="end", size=9, fill=QUIET))
    for n, label in enumerate(labels):
        drawn.append(_text(x(n), top + plot_height + 15, label, anchor="middle", size=9))
    # Names at the ends of their lines, apart from each other.
    ends: list[float] = []
    looks = ((FIRST, "c-first", ""), (SECOND, "c-second", "5 3"))
    for each, (colour, style, dash) in zip(series, looks, strict=False):
        points = [(x(n), y(v)) for n, v in enumerate(each.values) if v is not None]
        if not points:
            continue
        if len(points) > 1:
            drawn.append(_path(points, colour, style, dash))
        for px, py in points:
            drawn.append(_point(px, py, colour, style, is_square=bool(dash)))
        last = [value for value in each.values if value is not None][-1]
        at = points[-1][1] + 3
        while any(abs(at - other) < 13 for other in ends):
            at += 1
        ends.append(at)
        name = f"{each.name} {math.floor(last * 10) / 10:g} %"
        drawn.append(
            _text(points[-1][0] + 10, at, name, fill=colour, style=style, strong=True, size=10)
        )
    return _svg(left + plot_width + right, top + plot_height + 24, title, drawn)


@dataclass(frozen=True)
class Circuit:
    """Its insulation (the worst of the three, MΩ), quarter by quarter."""

    name: str
    values: Sequence[float | None]


def of_circuits(
    circuits: Sequence[Circuit], limit: float | None, *, title: str, limit_word: str
) -> str:
    """A small chart each, all to the same logarithmic scale, the limit as a dashed line."""
    across, width, height = 4, 140, 74
    told = [v for each in circuits for v in each.values if v is not None and v > 0]
    least = min([*told, limit or 1.0], default=1.0) / 1.6
    most = max([*told, (limit or 1.0) * 2], default=10.0) * 1.6
    rows = math.ceil(len(circuits) / across)

    def y(value: float, top: float) -> float:
        share = math.log(max(value, least) / least) / math.log(most / least)
        return top + 52 - 34 * share

    drawn = []
    for n, each in enumerate(circuits):
        left, top = (n % across) * width, (n // across) * height
        drawn.append(_text(left + 4, top + 11, _cut(each.name, 18), size=9, strong=True))
        gaps = max(1, len(each.values) - 1)
        if limit:
            at = y(limit, top)
            drawn.append(_line(left + 4, at, left + 98, at, BAD, "c-bad-line", 0.9, "3 2"))
        points = [
            (left + 8 + 86 * i / gaps, y(value, top))
            for i, value in enumerate(each.values)
            if value is not None
        ]
        if len(points) > 1:
            drawn.append(_path(points, FIRST, "c-first", ""))
        for px, py in points:
            drawn.append(_point(px, py, FIRST, "c-first", is_square=False, radius=1.9))
        known = [value for value in each.values if value is not None]
        if known:
            drawn.append(
                _text(left + 101, points[-1][1] + 3, f"{known[-1]:.4g}", size=9, strong=True)
            )
    foot = rows * height + 8
    drawn.append(_line(4, foot - 3, 26, foot - 3, BAD, "c-bad-line", 0.9, "3 2"))
    drawn.append(_text(31, foot, limit_word, size=9, fill=QUIET, style="c-quiet"))
    return _svg(across * width, foot + 6, title, drawn)


def falling(
    history: Sequence[Mapping[str, float]], most: int
) -> list[tuple[str, list[float | None]]]:
    """Circuits that were measured at least twice, those that fell most first."""
    now = history[-1] if history else {}
    found = []
    for name in now:
        values = [quarter.get(name) for quarter in history]
        known = [value for value in values if value is not None]
        if len(known) > 1:
            fell = known[-1] / known[0] if known[0] > 0 else 1.0
            found.append((fell, name, values))
    found.sort(key=lambda each: (each[0], each[1]))
    return [(name, values) for _, name, values in found[:most]]


# --- what they are drawn with -------------------------------------------------------------------


def _svg(width: float, height: float, title: str, drawn: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}" stroke="none">'
        f"<title>{escape(title)}</title>{''.join(drawn)}</svg>"
    )


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: float = 10.5,
    fill: str = INK,
    style: str = "c-ink",
    strong: bool = False,
) -> str:
    weight = ' font-weight="700"' if strong else ""
    look = "c-quiet" if fill == QUIET else style
    return (
        f'<text class="{look}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" '
        f'text-anchor="{anchor}"{weight}>{escape(words)}</text>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, style: str) -> str:
    edge = f' stroke="{QUIET}" stroke-width="0.8"' if fill == "none" else ""
    return (
        f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:g}" fill="{fill}"{edge}/>'
    )


def _line(
    x: float,
    y: float,
    to_x: float,
    to_y: float,
    colour: str,
    style: str,
    width: float,
    dash: str = "",
) -> str:
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="{style}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" '
        f'stroke="{colour}" stroke-width="{width:g}"{broken}/>'
    )


def _path(points: Sequence[tuple[float, float]], colour: str, style: str, dash: str) -> str:
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    broken = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline class="{style}-line" points="{told}" fill="none" stroke="{colour}" '
        f'stroke-width="1.8"{broken}/>'
    )


def _point(
    x: float, y: float, colour: str, style: str, *, is_square: bool, radius: float = 3.0
) -> str:
    if is_square:
        return (
            f'<rect class="{style}-open" x="{x - radius:.1f}" y="{y - radius:.1f}" '
            f'width="{2 * radius:g}" height="{2 * radius:g}" fill="#ffffff" stroke="{colour}" '
            'stroke-width="1.4"/>'
        )
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>'


def _width(words: str, size: float) -> float:
    return sum(size if letter > "⺀" else size * 0.56 for letter in words)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
