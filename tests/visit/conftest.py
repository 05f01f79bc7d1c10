"""What every test of a visit has: photos in a folder of its own, a project in warranty, a fault."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore
from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers.project import make_project
from tests.makers.ticket import make_ticket
from tickets import media
from tickets.project.models import Project
from tickets.ticket.models import Ticket


@pytest.fixture(autouse=True)
def photo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(media, "store", lambda: LocalStore(tmp_path))
    return tmp_path


@pytest.fixture
async def project(session: AsyncSession) -> Project:
    return await make_project(session, accepted_on=date(2026, 10, 1))


@pytest.fixture
async def ticket(session: AsyncSession, project: Project, now: datetime) -> Ticket:
    return await make_ticket(
        session, project=project, now=now, reported_at=now - timedelta(hours=3)
    )
