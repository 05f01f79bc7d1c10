"""Codes to scan (ISO/IEC 18004), drawn as one SVG path each.

Run in the child too, by its path: it imports segno and nothing of ours.
"""

from collections.abc import Sequence

import segno

QUIET = 4  # modules of white around a code


def matrix(text: str, correction: str) -> Sequence[Sequence[int]]:
    """`correction` is M or Q; a higher one is not taken where there is room, so that the codes
    of one sheet are all of one size."""
    made: Sequence[Sequence[int]] = segno.make_qr(text, error=correction, boost_error=False).matrix
    return made


def picture(text: str, correction: str) -> bytes:
    """SVG, the quiet zone included."""
    dark = matrix(text, correction)
    size = len(dark) + 2 * QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path fill-rule="evenodd" d="{outline(dark)}"/></svg>'
    ).encode()


def outline(matrix: Sequence[Sequence[int]]) -> str:
    """The dark of a code as one SVG path around it, quiet zone included: no seams between modules.

    Edges are walked with the dark at their right hand; filled by the even-odd rule, so that a
    corner where two dark modules meet may be turned either way.
    """
    size = len(matrix)

    def dark(x: int, y: int) -> bool:
        return 0 <= x < size and 0 <= y < size and bool(matrix[y][x])

    after: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y in range(size):
        for x in range(size):
            if not dark(x, y):
                continue
            if not dark(x, y - 1):
                after.setdefault((x, y), []).append((x + 1, y))
            if not dark(x + 1, y):
                after.setdefault((x + 1, y), []).append((x + 1, y + 1))
            if not dark(x, y + 1):
                after.setdefault((x + 1, y + 1), []).append((x, y + 1))
            if not dark(x - 1, y):
                after.setdefault((x, y + 1), []).append((x, y))
    told = []
    while after:
        start = at = next(iter(after))
        corners = [start]
        while True:
            ways = after[at]
            to = ways.pop()
            if not ways:
                del after[at]
            at = to
            if at == start:
                break
            corners.append(at)
        told.append(_loop(corners))
    return "".join(told)


def _loop(corners: Sequence[tuple[int, int]]) -> str:
    """Only where it turns."""
    kept = [
        at
        for n, at in enumerate(corners)
        if len({corners[n - 1][0], at[0], corners[(n + 1) % len(corners)][0]}) > 1
        and len({corners[n - 1][1], at[1], corners[(n + 1) % len(corners)][1]}) > 1
    ]
    words = " ".join(f"L{x + QUIET} {y + QUIET}" for x, y in kept)
    return f"M{words[1:]}Z"
