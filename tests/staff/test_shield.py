"""What every answer wears, how much may be sent, and what is said when we break."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tickets import pages

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "path",
    ["/login", "/", "/nowhere", "/api/v1/nowhere", "/api/v1/tickets", "/api/v1/docs", "/account"],
)
async def test_every_kind_of_answer_wears_the_headers(stranger: AsyncClient, path: str) -> None:
    answer = await stranger.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "camera=(self)" in answer.headers["permissions-policy"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


async def test_a_file_named_by_its_digest_is_kept_for_ever(stranger: AsyncClient) -> None:
    kept = await stranger.get(pages.asset_url("app.css"))
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    asked = await stranger.get("/static/app.css")
    assert asked.headers["cache-control"] == "no-cache"
    gone = await stranger.get("/static/nothing.css?v=1")
    assert gone.status_code == 404
    assert gone.headers["cache-control"] == "no-cache"


async def test_our_pages_hold_no_inline_script_or_style(
    as_role: Callable[[str], Awaitable[AsyncClient]], stranger: AsyncClient
) -> None:
    admin = await as_role("admin")
    for client, path in ((stranger, "/login"), (stranger, "/api/v1/docs"), (admin, "/account")):
        html = (await client.get(path)).text
        assert "<script>" not in html
        assert " style=" not in html
        assert "<style" not in html
        assert " onclick=" not in html


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/login"])
async def test_sixty_megabytes_are_refused_with_a_sentence(
    stranger: AsyncClient, path: str
) -> None:
    answer = await stranger.post(path, content=b"x" * (60 * MIB))
    assert answer.status_code == 413
    assert "MiB" in answer.text
    assert answer.headers["content-security-policy"]
    if path.startswith("/api/"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 413


async def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_while_it_streams(
    as_role: Callable[[str], Awaitable[AsyncClient]],
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(60):
            sent += 1
            yield b"x" * MIB

    manager = await as_role("manager")
    answer = await manager.post(
        "/api/v1/tickets", content=endless(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413, answer.text
    assert answer.json()["status"] == 413
    assert sent < 5


async def test_a_fault_of_ours_is_one_sentence_without_a_trace(
    session: AsyncSession,
) -> None:
    from tickets.app import create_app

    app = create_app()

    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    app.router.routes.clear()
    app.add_api_route("/broken-page", broken)
    app.add_api_route("/api/v1/broken", broken)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        page = await client.get("/broken-page")
        problem = await client.get("/api/v1/broken")
    assert page.status_code == problem.status_code == 500
    for answer in (page, problem):
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert json.loads(problem.text)["status"] == 500
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_request_may_bring_its_own_id_but_no_line_break(stranger: AsyncClient) -> None:
    brought = await stranger.get("/login", headers={"x-request-id": "proxy-0001-abc"})
    assert brought.headers["x-request-id"] == "proxy-0001-abc"
    tricked = await stranger.get("/login", headers={"x-request-id": "a b {evil}"})
    assert tricked.headers["x-request-id"] != "a b {evil}"


async def test_https_is_remembered_by_browsers(session: AsyncSession) -> None:
    from tickets.app import create_app

    async with AsyncClient(
        transport=ASGITransport(create_app()), base_url="https://test"
    ) as client:
        assert "max-age=" in (await client.get("/login")).headers["strict-transport-security"]
    async with AsyncClient(transport=ASGITransport(create_app()), base_url="http://test") as client:
        assert "strict-transport-security" not in (await client.get("/login")).headers
