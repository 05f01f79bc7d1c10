"""What many assets are found by, written at once."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_FOUND_BY: Final = """
UPDATE asset a SET grams = string_to_array(g.grams, ' ')
  FROM unnest(CAST(:ids AS integer[]), CAST(:grams AS text[])) AS g (id, grams) WHERE a.id = g.id
"""


async def found_by(session: AsyncSession, told: Sequence[tuple[int, Sequence[str]]]) -> None:
    """`told` are ids and slices. One statement: each would wake the triggers of the register."""
    await session.execute(
        text(_FOUND_BY),
        {"ids": [id_ for id_, _ in told], "grams": [" ".join(slices) for _, slices in told]},
    )
