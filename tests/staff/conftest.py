"""Somebody nobody knows yet, at the door."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession


@pytest.fixture
async def stranger(session: AsyncSession) -> AsyncIterator[AsyncClient]:
    from tickets.app import create_app

    async with AsyncClient(
        transport=ASGITransport(create_app()), base_url="http://test", headers={"accept": "*/*"}
    ) as client:
        yield client
