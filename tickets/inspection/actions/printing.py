"""A signed report on paper: set once in each language, kept, and given out as those bytes."""

import asyncio
from collections.abc import Iterable, Set

import obstore
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import media
from tickets.inspection.models import InspectionReport
from tickets.inspection.rules.paper import on_paper
from tickets.media import Photo
from tickets.papers import paper
from tickets.refusals import Missing

ABREAST = 8
PRINTED = 640  # pixels: 200 to the inch at half the width of a page


async def printed(session: AsyncSession, report: InspectionReport, locale: str) -> bytes:
    """The PDF. It is found by its checksum and its language; nothing overwrites it."""
    path = f"papers/{report.checksum}-{locale}-{report.version}.pdf"
    try:
        found = await obstore.get_async(media.store(), path)
        return bytes(await found.bytes_async())
    except FileNotFoundError:
        pass
    facts = on_paper(report, locale)
    pictures = await _pictures(facts["pictures"], frozenset(facts["large"]))
    if report.signature_id is not None:
        signed = await session.get(Photo, report.signature_id)
        if signed is not None:
            pictures["signature.jpg"] = await media.read(signed)
    facts["pictures"] = sorted(pictures)
    made = await paper(
        "inspection_report", facts, locale=locale, pictures=pictures, at=report.signed_at
    )
    try:
        await obstore.put_async(media.store(), path, made, mode="create")
    except FileExistsError:  # another has just set it
        found = await obstore.get_async(media.store(), path)
        return bytes(await found.bytes_async())
    return made


async def _pictures(digests: Iterable[str], large: Set[str]) -> dict[str, bytes]:
    """Those the store still has, as large as print shows them, by their names on the paper."""
    gate = asyncio.Semaphore(ABREAST)

    async def read(digest: str) -> bytes | None:
        async with gate:
            try:
                if digest in large:
                    return await media.scaled(digest, PRINTED)
                return await media.read(Photo(sha256=digest), small=True)
            except Missing:
                return None

    wanted = list(dict.fromkeys(digests))
    found = await asyncio.gather(*(read(digest) for digest in wanted))
    return {
        f"{digest}.jpg": content
        for digest, content in zip(wanted, found, strict=True)
        if content is not None
    }
