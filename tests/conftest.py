"""A database per run built by the migrations, a rollback per test, and people at the door."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.makers.staff import make_person
from tickets import db, embedded
from tickets.migrations import upgrade
from tickets.project import actions as projects
from tickets.staff import signed_in
from tickets.staff.models import Person, SignIn

# `make proof` asks every property for many more examples than a merge has time for.
hypothesis.settings.register_profile(
    "asked",
    max_examples=int(os.environ.get("AFTERGLOW_EXAMPLES", "100")),
    deadline=None,
    # What decides on a merge is the same each time; `make proof` and people look for more.
    derandomize="CI" in os.environ and "AFTERGLOW_EXAMPLES" not in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # a machine may be
)
hypothesis.settings.load_profile("asked")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL, named or embedded: its URL without a database."""
    named = os.environ.get("TICKETS_TEST_SERVER")
    if named:
        yield named
        return
    with embedded.postgres(Path(tmp_path_factory.mktemp("pg")), durable=False) as url:
        yield url.rpartition("/")[0]


@pytest.fixture(scope="session")
async def database(server: str) -> AsyncIterator[str]:
    """A database of this run alone, at the newest migration."""
    name = f"test_{os.getpid()}"
    admin = await asyncpg.connect(f"{server}/postgres")
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8')
    url = f"{server}/{name}"
    await upgrade(url)
    yield url
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture(scope="session")
async def connection(database: str) -> AsyncIterator[AsyncConnection]:
    engine = db.connect(database)
    async with engine.connect() as connection:
        await connection.begin()
        yield connection
        await connection.rollback()
    await engine.dispose()


@pytest.fixture
async def session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """Everything a test does, even through the web, is one savepoint that is rolled back."""
    savepoint = await connection.begin_nested()
    db._sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
    async with db._sessions() as session:
        yield session
    await savepoint.rollback()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


SignedIn = Callable[..., Awaitable[AsyncClient]]


@pytest.fixture(autouse=True)
def nobody_follows() -> Iterator[None]:
    """An app names who follows the covers; the next test may have none."""
    yield
    projects.follow_covers()


@pytest.fixture
async def browser_of(
    session: AsyncSession,
) -> AsyncIterator[Callable[[Person], Awaitable[AsyncClient]]]:
    """A browser in which somebody is signed in; its posts carry the CSRF header."""
    from tickets.app import create_app

    app = create_app()
    opened: list[AsyncClient] = []

    async def sign_in(person: Person) -> AsyncClient:
        key = f"session-of-{person.id}"
        session.add(
            SignIn(
                key_hash=signed_in.hashed(key),
                person_id=person.id,
                seen_at=datetime.now(UTC),  # the row's own default is when the whole run began
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
        await session.commit()
        client = AsyncClient(
            transport=ASGITransport(app),
            base_url="http://test",
            cookies={signed_in.COOKIE: key},
            headers={"x-csrf": signed_in.csrf_of(key)},
        )
        opened.append(client)
        return client

    yield sign_in
    for client in opened:
        await client.aclose()


@pytest.fixture
async def as_role(
    session: AsyncSession, browser_of: Callable[[Person], Awaitable[AsyncClient]]
) -> Callable[[str], Awaitable[AsyncClient]]:
    """`client = await as_role("manager")`: a fresh person of that role, everywhere, signed in."""

    async def signed(role: str) -> AsyncClient:
        return await browser_of(await make_person(session, role=role))

    return signed
