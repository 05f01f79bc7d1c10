"""Photos in pieces: how large, how many at once, and which piece comes next."""

import re
from datetime import timedelta
from typing import Final

from tickets.refusals import Invalid, Refused, TooLarge, TooOften

PIECE: Final = 1024 * 1024
MOST_BYTES: Final = 25 * 1024 * 1024  # of one photo, as with those that come whole
MOST_OPEN: Final = 200  # a week's photos of one man without a line
MOST_OPEN_BYTES: Final = 500 * 1024 * 1024
KEPT: Final = timedelta(days=7)  # since the last piece

_SHA256: Final = re.compile("[0-9a-f]{64}")


def check_new(size: int, sha256: str, *, open_count: int, open_bytes: int) -> None:
    """`open_…`: what he has begun and not finished, this one not counted."""
    if not _SHA256.fullmatch(sha256):
        raise Invalid("sha256", "A SHA-256 is 64 hexadecimal digits, in small letters.")
    if size > MOST_BYTES:
        raise TooLarge("A photo may have at most {megabytes} MB.", megabytes=MOST_BYTES >> 20)
    if open_count >= MOST_OPEN or open_bytes + size > MOST_OPEN_BYTES:
        raise TooOften("Too many of your photos are half sent; these come first.", retry_after=60)


def check_piece(*, received: int, size: int, offset: int, length: int) -> None:
    """The next piece begins where the last one ended."""
    if offset != received:
        raise Refused("This piece does not begin where the last one ended; ask where to go on.")
    if length == 0:
        raise Invalid("body", "This piece is empty.")
    if length > PIECE:
        raise TooLarge("A piece has at most {kilobytes} KiB.", kilobytes=PIECE >> 10)
    if offset + length > size:
        raise Invalid("body", "This is more than was announced.")
