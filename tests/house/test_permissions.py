"""Every route names its verb, and the table role × verb is what the doors obey (rules.md §11)."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute, Mount, Route

from tests.makers.staff import make_person
from tickets.app import create_app
from tickets.staff import signed_in
from tickets.staff.models import SignIn
from tickets.staff.rules import MAY, PERMISSIONS, Role, Verb

# What anybody may open: the door itself, a label's public page, and what machines ask.
PUBLIC = {
    "GET /api/v1/docs",
    "GET /api/v1/openapi.json",
    "GET /a/{key}",
    "GET /healthz",
    "HEAD /healthz",
    "HEAD /readyz",
    "GET /login",
    "GET /manifest.webmanifest",
    "GET /metrics",
    "GET /phone/{version}/{name}",  # the phone's modules: nothing but code
    "GET /q/{public_id}",
    "GET /readyz",
    "GET /sw.js",
    "POST /a/{key}",
    "GET /r/{key}",  # a report by a link that ends: its 192 random bits are the key
    "GET /r/{key}/photos/{digest}",
    "GET /r/{key}/photos/{digest}/small",
    "GET /r/{key}/report.pdf",
    "GET /rota/{secret}.ics",  # the secret is the key
    "POST /locale",
    "POST /login",
    "POST /r/{key}",
}


def _verbs(dependant: Dependant) -> Iterator[Verb]:
    verb = getattr(dependant.call, "verb", None)
    if verb is not None:
        yield verb
    for inner in dependant.dependencies:
        yield from _verbs(inner)


def _walk(routes: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, str, list[Verb]]]:
    """Method, path and verbs of every route; FastAPI keeps an included router as one entry."""
    for route in routes:
        if isinstance(route, Mount):
            assert route.path == "/static", f"nobody guards what is mounted at {route.path}"
        elif isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, before + route.path, list(_verbs(route.dependant))
        elif isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, before + route.path, []
        else:
            router = getattr(route, "original_router", None)
            assert router is not None, f"this test does not understand {route!r}"
            context = getattr(route, "include_context", None)
            yield from _walk(router.routes, before + (context.prefix if context else ""))


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app()


def _routes(app: FastAPI) -> list[tuple[str, str, list[Verb]]]:
    return list(_walk(app.routes))


def test_every_route_names_one_verb_or_is_public(app: FastAPI) -> None:
    unguarded = {f"{method} {path}" for method, path, verbs in _routes(app) if not verbs}
    assert unguarded <= PUBLIC, "routes without a verb"
    several = {f"{m} {p}" for m, p, verbs in _routes(app) if len(set(verbs)) > 1}
    assert several == set(), "routes with more than one verb"
    assert len(_routes(app)) > 20


def test_the_table_holds_every_verb_and_nothing_else() -> None:
    assert set(MAY) == set(Verb)
    assert all(roles for roles in MAY.values())
    assert all(Role.ADMIN in MAY[verb] for verb in Verb), "an admin is also a manager"
    assert {role for roles in MAY.values() for role in roles} == set(Role)


def test_an_owners_person_only_looks() -> None:
    looks = {"read", "use"}
    assert {verb.split(".")[1] for verb in Verb if Role.OWNER in MAY[verb]} <= looks


@pytest.fixture
async def at_the_door(session: AsyncSession, app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


async def _key(session: AsyncSession, role: Role) -> str:
    person = await make_person(session, role=role)
    if role is Role.INTEGRATION:
        person.permissions = [verb.value for verb in PERMISSIONS]
    key = f"permission-{role}"
    session.add(
        SignIn(
            key_hash=signed_in.hashed(key),
            person_id=person.id,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    )
    await session.commit()
    return key


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "2147483647", path)


@pytest.mark.parametrize("role", list(Role))
async def test_the_doors_obey_the_table(
    session: AsyncSession, app: FastAPI, at_the_door: AsyncClient, role: Role
) -> None:
    """Whoever lacks the verb is told so at the door; whoever has it is never sent away for his
    role (the thing may be missing, the form empty: that is another answer)."""
    key = await _key(session, role)
    headers = {"x-csrf": signed_in.csrf_of(key), "cookie": f"{signed_in.COOKIE}={key}"}
    wrong: list[str] = []
    for method, path, verbs in _routes(app):
        if not verbs or path in ("/logout", "/account/sign_outs"):
            continue  # leaving is tried in tests/staff
        answer = await at_the_door.request(method, _filled(path), headers=headers)
        if role in MAY[verbs[0]]:
            is_right = answer.status_code != 401 and not (
                answer.status_code == 403 and "Your role does not allow this" in answer.text
            )
            is_right = is_right and not answer.headers.get("location", "").startswith("/login")
        else:
            # A body that is read first may be malformed before the role is looked at.
            is_right = answer.status_code == 403
        if not is_right:
            wrong.append(f"{method} {path} {verbs[0]}: {answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


async def test_nobody_comes_in_without_saying_who_he_is(
    session: AsyncSession, app: FastAPI, at_the_door: AsyncClient
) -> None:
    wrong: list[str] = []
    for method, path, verbs in _routes(app):
        if not verbs:
            continue
        answer = await at_the_door.request(method, _filled(path))
        if path.startswith("/api/"):
            is_right = answer.status_code == 401 and "www-authenticate" in answer.headers
        else:
            is_right = answer.headers.get("location", "").startswith("/login")
        if not is_right:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


async def test_a_signed_in_browser_needs_the_proof_of_our_own_page_for_every_change(
    session: AsyncSession, app: FastAPI, at_the_door: AsyncClient
) -> None:
    key = await _key(session, Role.ADMIN)
    headers = {"cookie": f"{signed_in.COOKIE}={key}"}
    wrong: list[str] = []
    for method, path, verbs in _routes(app):
        if not verbs or method == "GET":
            continue
        answer = await at_the_door.request(method, _filled(path), headers=headers)
        forged = await at_the_door.request(
            method, _filled(path), headers=headers | {"x-csrf": "0" * 64}
        )
        if (answer.status_code, forged.status_code) != (403, 403):
            wrong.append(f"{method} {path}: {answer.status_code} {forged.status_code}")
    assert wrong == []
