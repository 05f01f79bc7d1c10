"""The way of a quarter over the API: planned with its cover, checked, signed, handed over."""

from datetime import date, datetime, timedelta
from typing import Any

from httpx import AsyncClient

from tests.conftest import SignedIn

Json = dict[str, Any]


async def project(client: AsyncClient, code: str, accepted_on: date, **more: Any) -> Json:
    answer = await client.post(
        "/api/v1/projects",
        json={
            "code": code,
            "name": "滨江夜景",
            "owner": {"name": "城管局", "contact": "王科", "phone": "13800000001"},
            "accepted_on": accepted_on.isoformat(),
            **more,
        },
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def inspections(client: AsyncClient, code: str, **asked: Any) -> list[Json]:
    answer = await client.get("/api/v1/inspections", params={"project": code, **asked})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_quarter_from_the_plan_to_the_owner(as_role: SignedIn, now: datetime) -> None:
    client = await as_role("manager")
    await project(client, "JC-1", now.date() - timedelta(days=20))
    quarters = await inspections(client, "JC-1")
    assert [each["quarter"] for each in quarters] == [1, 2, 3, 4]
    assert {each["state"] for each in quarters} == {"planned"}
    first = quarters[0]["id"]
    told = await client.post(
        f"/api/v1/inspections/{first}/results",
        json={
            "results": [
                {"item": "BOX-01", "verdict": "pass"},
                {"item": "POL-01", "value": 6.5, "unit": "°"},
            ]
        },
    )
    assert told.status_code == 201, told.text
    assert [each["verdict"] for each in told.json()["results"]] == ["pass", "fail"]
    assert told.json()["results"][1]["ticket"].startswith("T-")
    signed = await client.post(f"/api/v1/inspections/{first}/signature", json={"signed_by": "李工"})
    assert signed.status_code == 201, signed.text
    assert (signed.json()["state"], signed.json()["version"]) == ("signed", 1)
    handed = await client.post(
        f"/api/v1/inspections/{first}/handover", json={"received_by": "王科", "how": "printed"}
    )
    assert handed.status_code == 201, handed.text
    assert handed.json()["inspection"]["state"] == "handed_over"
