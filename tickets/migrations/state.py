"""Which revision a database is at, without running anything."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def revision_of(connection: AsyncConnection) -> str | None:
    """None for a database in which nothing was ever made."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
