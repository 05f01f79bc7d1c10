"""A database of its own, for tests that need real connections and real commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from tickets.migrations import upgrade


@asynccontextmanager
async def own_database(server: str) -> AsyncIterator[str]:
    """At the newest migration, dropped afterwards, whoever is still connected."""
    name = f"own_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(f"{server}/postgres")
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8')
        await upgrade(f"{server}/{name}")
        yield f"{server}/{name}"
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()
