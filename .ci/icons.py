"""Draws the app's icons (192, 512 px, plain, maskable) after icon.svg: `python .ci/icons.py`.

Maskable icons keep what matters inside the middle 80 %, as launchers cut the rest to their shape.
"""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "static" / "icons"
NIGHT, GLOW = "#1d2433", "#f2b84b"
FINE = 4  # drawn larger, then made smaller: smooth edges
# Of icon.svg, in its 32 units: the rays' two ends.
RAYS = (
    ((16, 4.5), (16, 7.7)),
    ((16, 24.3), (16, 27.5)),
    ((4.5, 16), (7.7, 16)),
    ((24.3, 16), (27.5, 16)),
    ((7.9, 7.9), (10.1, 10.1)),
    ((21.9, 21.9), (24.1, 24.1)),
    ((24.1, 7.9), (21.9, 10.1)),
    ((10.1, 21.9), (7.9, 24.1)),
)


def icon(size: int, *, is_maskable: bool) -> Image.Image:
    side = size * FINE
    image = Image.new("RGBA", (side, side), NIGHT if is_maskable else (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    scale = side / 32 * (0.72 if is_maskable else 1)
    edge = (side - 32 * scale) / 2
    if not is_maskable:
        pen.rounded_rectangle((0, 0, side - 1, side - 1), 7 * scale, fill=NIGHT)

    def at(x: float, y: float) -> tuple[float, float]:
        return edge + x * scale, edge + y * scale

    def dot(x: float, y: float, radius: float) -> None:
        pen.ellipse((*at(x - radius, y - radius), *at(x + radius, y + radius)), fill=GLOW)

    dot(16, 16, 5.4)
    for begin, end in RAYS:
        pen.line((*at(*begin), *at(*end)), fill=GLOW, width=round(2.2 * scale))
        dot(*begin, 1.1)
        dot(*end, 1.1)
    return image.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    for size in (192, 512):
        for kind in ("", "-maskable"):
            path = FOLDER / f"icon{kind}-{size}.png"
            icon(size, is_maskable=bool(kind)).convert("RGBA").quantize(32).save(
                path, optimize=True
            )
