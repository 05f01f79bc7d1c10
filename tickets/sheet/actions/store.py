"""Where sheets lie between being sent in and being carried out: the house's store of files."""

from collections.abc import AsyncIterator
from pathlib import Path

import obstore

from tickets.media import store
from tickets.refusals import Missing


def sent_in(load_id: int) -> str:
    return f"sheets/{load_id}/sent"


def result_of(load_id: int, locale: str) -> str:
    return f"sheets/{load_id}/{locale}.xlsx"


async def put(path: Path, name: str) -> None:
    await obstore.put_async(store(), name, path)


async def fetch(name: str, path: Path) -> None:
    with path.open("wb") as file:
        async for chunk in read(name):
            file.write(chunk)


async def read(name: str) -> AsyncIterator[bytes]:
    try:
        found = await obstore.get_async(store(), name)
    except FileNotFoundError:
        raise Missing("This file is not in the store.") from None
    async for chunk in found.stream(min_chunk_size=1 << 20):
        yield bytes(chunk)
