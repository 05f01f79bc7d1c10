"""Coming in by name and password, staying, and leaving."""

from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.settings import Settings
from tickets.staff import actions
from tickets.staff.keys import csrf_of, hashed
from tickets.staff.models import FailedSignIn, Person, SignIn
from tickets.staff.rules import IDLE, Grant, Role
from tickets.staff.signed_in import COOKIE

SECRET = "long grass 9"


@pytest.fixture
async def wang(session: AsyncSession, now: datetime) -> Person:
    person = await actions.add_person(
        session,
        login="Wang",
        name="值班员小王",
        password=SECRET,
        roles=[Grant(Role.HOTLINE)],
        locale="en",
        now=now,
    )
    await session.commit()
    return person


def _typed(**fields: str) -> dict[str, str]:
    return {"login": "wang", "password": SECRET, "next": "/"} | fields


async def test_the_right_password_opens_a_session_whose_key_is_kept_as_a_hash_only(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    answer = await stranger.post("/login", data=_typed(), headers={"user-agent": "Firefox"})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/"
    key = stranger.cookies[COOKIE]
    row = (await session.scalars(select(SignIn).where(SignIn.person_id == wang.id))).one()
    assert row.key_hash == hashed(key)
    assert key not in row.key_hash
    assert row.agent == "Firefox"
    assert timedelta(days=29) < row.expires_at - datetime.now(UTC) <= timedelta(days=30)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    start = await stranger.get("/")
    assert start.headers["location"] == "/desk"


async def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence_and_are_counted(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    wrong = await stranger.post("/login", data=_typed(password="wrong one"))
    unknown = await stranger.post("/login", data=_typed(login="nobody"))
    for answer in (wrong, unknown):
        assert answer.status_code == 401
        assert "登录名或密码不正确" in answer.text
        assert COOKIE not in answer.cookies
    assert "wrong one" not in wrong.text
    assert 'value="wang"' in wrong.text
    kept = select(FailedSignIn.key).order_by(FailedSignIn.id)
    assert set(await session.scalars(kept)) == {
        "login:wang",
        "login:nobody",
        "address:127.0.0.1",
    }


async def test_five_wrong_guesses_close_the_name_for_a_while_even_for_the_right_password(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    for _ in range(5):
        assert (await stranger.post("/login", data=_typed(password="wrong"))).status_code == 401
    closed = await stranger.post("/login", data=_typed())
    assert closed.status_code == 429
    assert 0 < int(closed.headers["retry-after"]) <= 15 * 60 + 1
    assert COOKIE not in closed.cookies
    await session.execute(update(FailedSignIn).values(at=FailedSignIn.at - timedelta(minutes=16)))
    await session.commit()
    assert (await stranger.post("/login", data=_typed())).status_code == 303
    left = select(func.count()).where(FailedSignIn.key == "login:wang")
    assert await session.scalar(left) == 0


async def test_an_address_that_guesses_at_many_names_is_slowed_down_too(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    for number in range(20):
        await stranger.post("/login", data=_typed(login=f"guess{number}", password="wrong"))
    assert (await stranger.post("/login", data=_typed())).status_code == 429


@pytest.mark.parametrize(
    ("field", "value"), [("login", "nul\0"), ("login", ""), ("password", ""), ("login", "x" * 201)]
)
async def test_what_cannot_be_a_name_gets_a_sentence(
    stranger: AsyncClient, wang: Person, field: str, value: str
) -> None:
    answer = await stranger.post("/login", data=_typed() | {field: value})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


async def test_odd_passwords_are_only_wrong(stranger: AsyncClient, wang: Person) -> None:
    for odd in ("a\0b", "\u202e", "'; --", "<script>alert(1)</script>"):
        answer = await stranger.post("/login", data=_typed(password=odd))
        assert answer.status_code in (401, 429)
        assert "<script>alert" not in answer.text


async def test_another_site_cannot_sign_somebody_in(stranger: AsyncClient, wang: Person) -> None:
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        for path in ("/login", "/locale"):
            answer = await stranger.post(path, data=_typed(locale="en"), headers=headers)
            assert answer.status_code == 403, (path, headers)
    ours = {"origin": "http://test", "sec-fetch-site": "same-origin"}
    assert (await stranger.post("/login", data=_typed(), headers=ours)).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/tickets?late=true", "/tickets?late=true"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
        ("/logout", "/"),
    ],
)
async def test_it_goes_on_where_one_wanted_to_go_and_never_to_another_site(
    stranger: AsyncClient, wang: Person, wanted: str, given: str
) -> None:
    answer = await stranger.post("/login", data=_typed(next=wanted))
    assert answer.headers["location"] == given


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(stranger: AsyncClient) -> None:
    answer = await stranger.get("/people?q=a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/people%3Fq%3Da"
    fragment = await stranger.get("/account", headers={"hx-request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["hx-redirect"] == "/login"


async def test_signing_out_ends_the_session_on_the_server(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    key = stranger.cookies[COOKIE]
    out = await stranger.post("/logout", data={"csrf": csrf_of(key)})
    assert out.headers["location"] == "/login"
    replayed = await stranger.get("/account", headers={"cookie": f"{COOKIE}={key}"})
    assert replayed.headers["location"] == "/login?next=/account"


async def test_signing_out_everywhere_closes_every_browser(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    first = stranger.cookies[COOKIE]
    stranger.cookies.clear()
    await stranger.post("/login", data=_typed())
    second = stranger.cookies[COOKIE]
    assert first != second
    await stranger.post("/account/sign_outs", data={"csrf": csrf_of(second)})
    stranger.cookies.clear()
    for key in (first, second):
        page = await stranger.get("/account", headers={"cookie": f"{COOKIE}={key}"})
        assert page.is_redirect


async def test_a_session_ends_after_a_week_unused_and_after_thirty_days_anyhow(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    row = (await session.scalars(select(SignIn).where(SignIn.person_id == wang.id))).one()
    assert (await stranger.get("/account")).status_code == 200
    row.seen_at = datetime.now(UTC) - IDLE - timedelta(seconds=1)
    await session.commit()
    assert (await stranger.get("/account")).is_redirect
    row.seen_at = datetime.now(UTC)
    row.expires_at = datetime.now(UTC)
    await session.commit()
    assert (await stranger.get("/account")).is_redirect


async def test_last_seen_is_noted_every_few_minutes_not_at_every_request(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    row = (await session.scalars(select(SignIn).where(SignIn.person_id == wang.id))).one()
    before = row.seen_at
    await stranger.get("/account")
    await session.refresh(row)
    assert row.seen_at == before
    row.seen_at = before - timedelta(minutes=6)
    await session.commit()
    await stranger.get("/account")
    await session.refresh(row)
    assert row.seen_at > before


async def test_a_forged_form_changes_nothing(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    for forged in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "雨"}):
        answer = await stranger.post("/account/sign_outs", data=forged)
        assert answer.status_code == 403
    api = await stranger.post("/api/v1/projects", json={"code": "X"})
    assert api.status_code == 403
    assert (await stranger.get("/account")).status_code == 200


async def test_the_own_password_is_changed_with_the_old_one_and_other_browsers_are_out(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    await stranger.post("/login", data=_typed())
    other = stranger.cookies[COOKIE]
    stranger.cookies.clear()
    await stranger.post("/login", data=_typed())
    csrf = csrf_of(stranger.cookies[COOKIE])
    form = {"csrf": csrf, "current": SECRET, "password": "tall trees 7", "again": "tall trees 7"}
    for wrong, status in (
        ({"current": "guess"}, 422),
        ({"again": "another"}, 422),
        ({"password": "wang", "again": "wang"}, 422),
    ):
        answer = await stranger.post("/account/password", data=form | wrong)
        assert answer.status_code == status
        assert "tall trees" not in answer.text
    kept = select(func.count()).where(FailedSignIn.key == "login:wang")
    assert await session.scalar(kept) == 1
    changed = await stranger.post("/account/password", data=form)
    assert changed.headers["location"] == "/account?changed=password"
    assert (await stranger.get("/account")).status_code == 200
    stranger.cookies.clear()
    assert (await stranger.get("/account", headers={"cookie": f"{COOKIE}={other}"})).is_redirect
    assert (await stranger.post("/login", data=_typed())).status_code == 401
    again = await stranger.post("/login", data=_typed(password="tall trees 7"))
    assert again.status_code == 303


async def test_the_language_is_kept_in_the_browser_before_and_with_the_person_after(
    session: AsyncSession, stranger: AsyncClient, wang: Person
) -> None:
    assert "登录名" in (await stranger.get("/login")).text
    chosen = await stranger.post("/locale", data={"locale": "en", "next": "/login"})
    assert chosen.headers["location"] == "/login"
    assert "Sign-in name" in (await stranger.get("/login")).text
    await stranger.post("/login", data=_typed())
    csrf = csrf_of(stranger.cookies[COOKIE])
    answer = await stranger.post("/account/locale", data={"csrf": csrf, "locale": "zh-CN"})
    assert answer.headers["location"] == "/account"
    await session.refresh(wang)
    assert wang.locale == "zh-CN"
    assert "我的账户" in (await stranger.get("/account")).text
    odd = await stranger.post("/account/locale", data={"csrf": csrf, "locale": "xx"})
    assert odd.status_code == 422


@pytest.mark.parametrize(
    ("knobs", "is_secure"),
    [
        (Settings(public_url="https://desk.example"), True),
        (Settings(public_url="http://desk.example"), False),
        (Settings(secure_cookies=True), True),
        (Settings(public_url="https://desk.example", secure_cookies=False), False),
    ],
)
async def test_the_cookie_keeps_to_https_where_there_is_https(
    stranger: AsyncClient,
    wang: Person,
    monkeypatch: pytest.MonkeyPatch,
    knobs: Settings,
    is_secure: bool,
) -> None:
    monkeypatch.setattr("tickets.staff.web.session.settings", lambda: knobs)
    answer = await stranger.post("/login", data=_typed())
    assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure
