"""What a label's code opens, and for whom."""

from datetime import datetime
from importlib import import_module
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets.settings import settings


def _stranger() -> AsyncClient:
    from tickets.app import create_app

    return AsyncClient(transport=ASGITransport(create_app()), base_url="http://test")


async def test_staff_come_to_the_asset(session: AsyncSession, as_role: SignedIn) -> None:
    project = await make_project(session, code="P1")
    asset = await make_asset(session, project=project, code="1#箱")
    client = await as_role("technician")
    answer = await client.get(f"/q/{asset.public_id.lower()}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/projects/P1/assets/1%23%E7%AE%B1"


async def test_anybody_else_reads_the_project_and_the_hotline_and_nothing_more(
    session: AsyncSession, browser_of: Any
) -> None:
    project = await make_project(session, code="P1", name="Riverside", hotline="0571-1234")
    other = await make_project(session, code="P2", name="Elsewhere")
    asset = await make_asset(
        session, project=project, code="SECRET", name="Hidden", location="Basement"
    )
    theirs = await make_asset(session, project=other)
    stranger = _stranger()
    owner = await browser_of(await make_person(session, role="owner", project_id=other.id))
    for client in (stranger, owner):
        page = await client.get(f"/q/{asset.public_id}")
        assert page.status_code == 200
        assert "Riverside" in page.text
        assert "0571-1234" in page.text
        for hidden in ("SECRET", "Hidden", "Basement", "/projects/P1", "Sign out"):
            assert hidden not in page.text
    assert settings().hotline in (await stranger.get(f"/q/{theirs.public_id}")).text
    await stranger.aclose()


async def test_an_unknown_label_is_said_to_be_unknown(session: AsyncSession) -> None:
    stranger = _stranger()
    for code in ("0000000000", "x", "a%00b", "%27;--", "灯" * 50, "z" * 5000):
        assert (await stranger.get(f"/q/{code}")).status_code == 404
    await stranger.aclose()


async def test_a_retired_assets_label_still_says_whom_to_call(
    session: AsyncSession, now: datetime
) -> None:
    project = await make_project(session, name="Riverside", hotline="0571-1234")
    asset = await make_asset(session, project=project)
    asset.retired_at = now
    await session.commit()
    stranger = _stranger()
    page = (await stranger.get(f"/q/{asset.public_id}", headers={"accept-language": "en"})).text
    assert "not in use any more" in page
    assert 'href="tel:0571-1234"' in page
    await stranger.aclose()


async def test_an_unknown_label_names_no_project_but_the_house(session: AsyncSession) -> None:
    stranger = _stranger()
    answer = await stranger.get("/q/0000000000", headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert "This label is not known here" in answer.text
    assert f"tel:{settings().hotline}" in answer.text
    assert "Accept-Language" in answer.headers["vary"]
    await stranger.aclose()


async def test_who_tries_one_label_after_the_other_waits_and_a_known_one_still_opens(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = import_module("tickets.staff.actions.sign_in")
    monkeypatch.setattr(counts, "UNKNOWN_LABELS", 3)
    asset = await make_asset(session, project=await make_project(session))
    await session.commit()
    stranger = _stranger()
    told = [(await stranger.get(f"/q/000000000{n}")).status_code for n in range(5)]
    assert told == [404, 404, 404, 429, 429]
    assert (await stranger.get(f"/q/{asset.public_id}")).status_code == 200
    await stranger.aclose()
