"""Alembic's entry: connect, lock out a second migrator, run."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from tickets.db import Base
from tickets.migrations import load_tables

MIGRATING = 7205759403792793600  # any number; two migrators at once would trip over each other


load_tables()


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATING})"))
        context.run_migrations()


async def main() -> None:
    _, _, rest = context.config.attributes["url"].partition("://")
    engine = create_async_engine(f"postgresql+asyncpg://{rest}", poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
