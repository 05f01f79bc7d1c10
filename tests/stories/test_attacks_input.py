"""Input that no program of ours would send: a sentence, never a broken page."""

from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_project
from tests.makers.ticket import make_ticket

NUL = "%00"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/tickets/%00",
        "/api/v1/tickets/a%00b/events",
        "/tickets/%00",
        "/tickets/a%00b/live",
        "/round/%00",
        "/desk/call?opened=%00",
        "/desk/call?joined=a%00b",
    ],
)
async def test_no_ticket_has_a_name_with_nul(as_role: SignedIn, address: str) -> None:
    client = await as_role("manager")
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/tickets?q=%00",
        "/api/v1/tickets?project=a%00b",
        "/api/v1/tickets?asset=%00",
        "/api/v1/tickets?technician=%00",
        "/desk/call?q=a%00b",
        "/desk/call?phone=a%00b",
        "/tickets?technician=a%00b",
        "/tickets?q=a%00b",
    ],
)
async def test_nul_in_an_address_is_not_our_fault(as_role: SignedIn, address: str) -> None:
    client = await as_role("manager")
    assert (await client.get(address)).status_code in (200, 422)


@pytest.mark.parametrize("text", ["\u202e\u202e", "\ufeff", "\u200e \u2066"])
async def test_what_only_turns_the_writing_round_says_nothing(
    session: AsyncSession, as_role: SignedIn, now: datetime, text: str
) -> None:
    project = await make_project(session)
    ticket = await make_ticket(session, project=project, now=now)
    client = await as_role("manager")
    answer = await client.post(f"/api/v1/tickets/{ticket.ref}/notes", json={"text": text})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "text", "message": "This is needed."}]
