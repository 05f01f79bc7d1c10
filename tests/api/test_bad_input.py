"""What comes in by mistake or malice gets a sentence in problem+json: never a 5xx, never a page."""

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.conftest import Door

CALL = {
    "project": "PJ-1",
    "fault": "OUT_ONE",
    "description": "dark",
    "reporter": {"name": "Ms Li", "phone": "13800001234"},
}


@pytest.fixture
async def api(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"{door.address}/api/v1", headers=door.headers, timeout=60
    ) as client:
        yield client


def problem(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """It is one of these refusals, in the one shape there is, with a sentence in it."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"].endswith((".", "。")), told
    assert "Traceback" not in answer.text
    assert "sqlalchemy" not in answer.text
    return told


def fields(told: dict[str, Any]) -> list[str]:
    assert all(error["message"] for error in told["errors"])
    return [error["field"] for error in told["errors"]]


async def opened(api: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await api.post("/tickets", json=CALL | more)
    assert answer.status_code == 201, answer.text
    ticket: dict[str, Any] = answer.json()
    return ticket


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reported_at", "{soon}"),
        ("reported_at", "2026-11-20T08:00:00"),  # naive
        ("reported_at", "0001-01-01T00:00:00+14:00"),  # before the first instant
        ("reported_at", "9999-12-31T23:59:59-14:00"),  # after the last
        ("reported_at", "9999-12-31T23:59:59Z"),
        ("reported_at", "-271821-04-20T00:00:00Z"),
        ("reported_at", "yesterday"),
        ("reported_at", {"at": 1}),
        ("fault", "NO_SUCH"),
        ("fault", None),
        ("kind", "wish"),
        ("severity", "S0"),
        ("main_equipment", "maybe"),
        ("channel", "pigeon"),
        ("assets", ["L01", "NOT-THERE"]),
        ("assets", "L01"),
        ("assets", [["L01"]]),
        ("assets", ["L01"] * 201),
        ("description", ""),
        ("description", " \n\t "),
        ("description", "\u202e\u2066\u200f"),  # nothing but direction
        ("description", "NUL \0 inside"),
        ("description", 10**400),
        ("description", "x" * 10_001),
        ("photos", ["not-an-id"]),
        ("photos", [str(uuid4())]),
        ("reporter", {"name": "Ms Li", "phone": "'; DROP TABLE ticket; --"}),
        ("reporter", {"name": "\0", "phone": "13800001234"}),
        ("reporter", []),
        ("unheard_of", 1),
    ],
)
async def test_what_cannot_be_is_named_by_its_field(
    api: httpx.AsyncClient, field: str, value: Any
) -> None:
    if value == "{soon}":
        value = (datetime.now(UTC) + timedelta(minutes=3)).isoformat()
    content = json.dumps(CALL | {field: value})  # NUL travels as \u0000
    answer = await api.post(
        "/tickets", content=content, headers={"content-type": "application/json"}
    )
    assert any(name.split(".")[0] == field for name in fields(problem(answer, 422)))


async def test_what_is_wrong_is_said_in_our_own_words(api: httpx.AsyncClient) -> None:
    """Those of a library stand in no catalogue."""
    refused = [
        await api.get("/tickets?late=maybe"),
        await api.post("/tickets", json=[]),
        await api.post("/tickets", json=CALL | {"assets": "L01"}),
        await api.post("/tickets", json=CALL | {"description": 7}),
        await api.post("/tickets", json=CALL | {"reporter": 7}),
    ]
    for answer in refused:
        for error in problem(answer, 422)["errors"]:
            assert "nput should" not in error["message"], error


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z"])
async def test_a_programs_zero_is_no_report(api: httpx.AsyncClient, at: str) -> None:
    """Kept, it could be shown in no list again: not every zone has such a day."""
    answer = await api.post("/tickets", json=CALL | {"reported_at": at})
    assert fields(problem(answer, 422)) == ["reported_at"]


async def test_nobody_is_promised_for_the_end_of_time(api: httpx.AsyncClient) -> None:
    ticket = await opened(api)
    answer = await api.post(
        f"/tickets/{ticket['ref']}/response", json={"expected_at": "9999-12-31T23:59:59Z"}
    )
    assert fields(problem(answer, 422)) == ["expected_at"]


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE ticket; --",
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% raw %} %(name)s {places} \\x00 $1 ${jndi:x}",
        "灯🏮灭了 Ω≈ç√ e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f466",
        "%s%s%n \\ ' \" ` & | ;",
        "a\r\nX-Evil: 1",
    ],
)
async def test_whatever_is_said_is_kept_as_it_was_said(api: httpx.AsyncClient, text: str) -> None:
    ticket = await opened(api, description=text, place=text.replace("\r\n", " "))
    found = (await api.get("/tickets", params={"q": text})).status_code
    assert found == 200
    again = (await api.get(f"/tickets/{ticket['ref']}")).json()
    assert again["ref"] == ticket["ref"]
    noted = await api.post(f"/tickets/{ticket['ref']}/notes", json={"text": text})
    assert noted.status_code == 201
    diary = (await api.get(f"/tickets/{ticket['ref']}/events")).json()["items"]
    kept = next(event["facts"]["text"] for event in diary if event["kind"] == "ticket.noted")
    assert kept == unicodedata.normalize("NFC", text).replace("\r", "")


async def test_text_turned_round_is_turned_back(api: httpx.AsyncClient) -> None:
    ticket = await opened(api)
    await api.post(
        f"/tickets/{ticket['ref']}/notes", json={"text": "pay \u202e0001\u202c \u2067yuan\u2069"}
    )
    diary = (await api.get(f"/tickets/{ticket['ref']}/events")).json()["items"]
    assert diary[-1]["facts"]["text"] == "pay 0001 yuan"


async def test_a_description_of_a_megabyte_is_too_large(api: httpx.AsyncClient) -> None:
    problem(await api.post("/tickets", json=CALL | {"description": "灯" * 350_000}), 413)
    told = problem(await api.post("/tickets", json=CALL | {"description": "x" * 1_000_000}), 422)
    assert fields(told) == ["description"]


async def test_a_megabyte_without_a_length_is_too_large(api: httpx.AsyncClient) -> None:
    async def drops() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    problem(
        await api.post("/tickets", content=drops(), headers={"content-type": "application/json"}),
        413,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"a"',
        b"1e999",
        b"NaN",
        b'{"project": "PJ-1"',
        b'{"project": "\xff\xfe"}',
        b"\xff\xfe\x00",
        b'{"project": "\\ud800"}',
        b'{"description": "\\udfff\\ud800", "project": "PJ-1"}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"project": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"reporter":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"project": ' + b"9" * 100_000 + b"}",
        b'{"project": 1' + b"0" * 5_000 + b"}",
        "\ufeff{}".encode(),
        "{}".encode("utf-16"),
    ],
    ids=lambda content: repr(content[:24])[2:-1],
)
async def test_what_is_no_json_or_no_ticket_is_refused(
    api: httpx.AsyncClient, content: bytes
) -> None:
    answer = await api.post(
        "/tickets", content=content, headers={"content-type": "application/json"}
    )
    problem(answer, 400, 422)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=x",
     "application/x-www-form-urlencoded", "a/b/c"],
)  # fmt: skip
async def test_another_content_type_is_never_our_fault(
    api: httpx.AsyncClient, content_type: str
) -> None:
    for path in ("/tickets", "/photos"):
        answer = await api.post(
            path, content=b'{"project": "PJ-1"}', headers={"content-type": content_type}
        )
        problem(answer, 400, 415, 422)


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg onload=alert(1)>", b"\xff\xd8\xff\xe0" + b"\0" * 500, b"%PDF-1.4"],
    ids=["empty", "gif", "svg", "a jpeg's first bytes", "pdf"],
)
async def test_a_photo_that_is_no_photo_is_refused(api: httpx.AsyncClient, content: bytes) -> None:
    answer = await api.post("/photos", files={"file": ("a.jpg", content, "image/jpeg")})
    problem(answer, 415, 422)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "9" * 40}, "limit"),
        ({"limit": "1e2"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "garbage"}, "cursor"),
        ({"cursor": "'; --"}, "cursor"),
        ({"cursor": "\0"}, "cursor"),
        ({"cursor": "bnVsbA"}, "cursor"),  # null
        ({"cursor": "WzEsMl0"}, "cursor"),  # [1,2]
        ({"cursor": "WyIyMDI2LTAxLTAxIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMF0"}, "cursor"),
        ({"cursor": "灯" * 100}, "cursor"),
        ({"cursor": "x" * 401}, "cursor"),
        ({"from": "2026-11-20T08:00:00"}, "from"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"status": "sleeping"}, "status"),
        ({"severity": "S9"}, "severity"),
        ({"technician": "nobody-here"}, "technician"),
        ({"technician": "\0"}, "technician"),
        ({"technician": "9" * 30}, "technician"),
        ({"late": "perhaps"}, "late"),
        ({"q": "x" * 201}, "q"),
    ],
)
async def test_a_list_asked_for_wrongly_names_the_parameter(
    api: httpx.AsyncClient, params: dict[str, str], field: str
) -> None:
    told = problem(await api.get("/tickets", params=params), 422)
    assert any(name.split(".")[0] == field for name in fields(told))


@pytest.mark.parametrize("name", ["q", "project", "asset"])
@pytest.mark.parametrize("text", ["\0", "%", "_%_", "\\", "'", "🏮", "\ufeff", "a\u202eb", "%00"])
async def test_any_text_may_be_searched_for(api: httpx.AsyncClient, name: str, text: str) -> None:
    for path in ("/tickets", "/projects", "/projects/PJ-1/assets"):
        answer = await api.get(path, params={name: text})
        if answer.status_code != 200:
            problem(answer, 422)


@pytest.mark.parametrize(
    "raw",
    ["%00", "a%2Fb", "..%2F..%2Fetc%2Fpasswd", "%F0%9F%8F%AE", "%FF%FE", "%E2%80%AE", "'%3B--",
     "%20", "9" * 1000, "T-20261123-99999999999999999999", "T-99999999-0001",
     "%25", "null", "a" * 3000],
)  # fmt: skip
async def test_a_name_nobody_has_is_not_found(api: httpx.AsyncClient, raw: str) -> None:
    for path in (f"/tickets/{raw}", f"/tickets/{raw}/events", f"/projects/{raw}",
                 f"/projects/PJ-1/assets/{raw}"):  # fmt: skip
        problem(await api.get(path), 404)
    problem(await api.post(f"/tickets/{raw}/arrival", json={}), 404)
    problem(await api.post(f"/projects/{raw}/terms", json={"response_minutes": 30}), 404)


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("response", {"at": "{soon}"}, "at"),
        ("response", {"at": "2001-01-01T00:00:00Z"}, "at"),  # before the report
        ("response", {"at": "2026-11-20T08:00:00"}, "at"),
        ("response", {"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ("response", {"phone_time": "9999-12-31T23:59:59-14:00"}, "phone_time"),
        ("response", {"technician": "nobody-here"}, "technician"),
        ("response", {"technician": 10**30}, "technician"),
        ("assignment", {"technician": -(10**30)}, "technician"),
        ("assignment", {"technician": "wei", "version": "x"}, "version"),
        ("arrival", {"position": {"lat": 91, "lon": 0}}, "position"),
        ("arrival", {"position": {"lat": "NaN", "lon": 0}}, "position"),
        ("arrival", {"signature": str(uuid4())}, "photos"),
        ("repair", {"work": "x", "cause": "C_MOON"}, "cause"),
        ("repair", {"work": "x", "result": "temporary", "cause": "C_PRODUCT"}, "expires_on"),
        ("repair", {"work": "x", "cause": "C_PRODUCT", "result": "gone"}, "result"),
        ("repair", {"work": "x", "parts": [{"name": "p", "quantity": 10**30}]}, "parts"),
        ("repair", {"work": "x", "parts": [{"name": "p", "unit_price": "1e400"}]}, "parts"),
        ("callbacks", {"outcome": "works", "rating": 10**30}, "rating"),
        ("closure", {"outcome": "whatever"}, "outcome"),
        ("cancellation", {"reason": "  "}, "reason"),
        ("made_safe", {}, "note"),
    ],
)
async def test_an_act_that_cannot_be_names_the_field(
    api: httpx.AsyncClient, verb: str, body: dict[str, Any], field: str
) -> None:
    ticket = await opened(api)
    if body.get("at") == "{soon}":
        body = {"at": (datetime.now(UTC) + timedelta(minutes=3)).isoformat()}
    told = problem(await api.post(f"/tickets/{ticket['ref']}/{verb}", json=body), 422)
    assert any(name.split(".")[0] == field for name in fields(told)), told
    after = (await api.get(f"/tickets/{ticket['ref']}")).json()
    assert after["status"] == "open"
    assert all(clock["state"] == "running" for clock in after["clocks"])


@pytest.mark.parametrize("version", [2**31, 2**63, -(10**30)])
async def test_a_version_beyond_all_numbers_is_only_stale(
    api: httpx.AsyncClient, version: int
) -> None:
    ticket = await opened(api)
    body = {"technician": "wei", "version": version}
    problem(await api.post(f"/tickets/{ticket['ref']}/assignment", json=body), 409, 422)
    body = {"name": "Another", "version": version}
    problem(await api.patch("/projects/PJ-2", json=body), 409, 422)


async def test_an_act_out_of_order_is_refused(api: httpx.AsyncClient) -> None:
    path = f"/tickets/{(await opened(api))['ref']}"
    problem(await api.post(f"{path}/closure", json={"confirmed_by": "Ms Li"}), 409)
    problem(await api.post(f"{path}/callbacks", json={"outcome": "works"}), 409)
    repair = {"on_site": True, "cause": "C_PRODUCT", "work": "new driver"}
    assert (await api.post(f"{path}/repair", json=repair)).status_code == 200
    problem(await api.post(f"{path}/repair", json=repair), 409)
    problem(await api.post(f"{path}/cancellation", json={"reason": "too late"}), 409)


async def test_an_act_on_a_closed_ticket_is_refused(api: httpx.AsyncClient) -> None:
    path = f"/tickets/{(await opened(api))['ref']}"
    repair = {"on_site": True, "cause": "C_PRODUCT", "work": "new driver"}
    assert (await api.post(f"{path}/repair", json=repair)).status_code == 200
    closed = await api.post(f"{path}/closure", json={"confirmed_by": "Ms Li"})
    assert closed.json()["status"] == "closed"
    for verb, body in {
        "assignment": {"technician": "wei"},
        "response": {},
        "made_safe": {"note": "guarded"},
        "arrival": {},
        "repair": repair,
        "callbacks": {"outcome": "works"},
        "closure": {"confirmed_by": "Ms Li"},
        "cancellation": {"reason": "no"},
        "main_equipment": {"main_equipment": "yes"},
        "measures": {"description": "lamps on poles"},
        "substitution_declined": {"by": "Ms Li"},
    }.items():
        problem(await api.post(f"{path}/{verb}", json=body), 409)
    assert (await api.get(path)).json() == closed.json()
    noted = await api.post(f"{path}/notes", json={"text": "still readable"})
    assert noted.status_code == 201


@pytest.mark.parametrize("key", ["", "1", "x" * 36, "0" * 33, "\xff"])
async def test_a_key_that_is_no_uuid_is_refused(api: httpx.AsyncClient, key: str) -> None:
    answer = await api.post("/tickets", json=CALL, headers={b"idempotency-key": key.encode()})
    assert fields(problem(answer, 422)) == ["Idempotency-Key"]


async def test_a_key_used_for_another_body_is_refused(api: httpx.AsyncClient) -> None:
    key = {"idempotency-key": str(uuid4())}
    assert (await api.post("/tickets", json=CALL, headers=key)).status_code == 201
    again = await api.post("/tickets", json=CALL | {"description": "else"}, headers=key)
    assert fields(problem(again, 422)) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer \xff\xfe", "Bearer " + "x" * 6000],
)
async def test_who_is_not_known_gets_nothing(api: httpx.AsyncClient, authorization: str) -> None:
    answer = await api.get("/tickets", headers={b"authorization": authorization.encode("latin-1")})
    problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_method_or_path_that_is_not_there_has_its_sentence(api: httpx.AsyncClient) -> None:
    problem(await api.delete("/tickets"), 405)
    problem(await api.put("/tickets/T-1", json={}), 405)
    problem(await api.get("/nowhere"), 404)


async def test_nothing_went_wrong_behind_the_answers(door: Door) -> None:
    said = door.log.read_text(errors="replace")
    assert "a request failed" not in said
    assert "Traceback" not in said
