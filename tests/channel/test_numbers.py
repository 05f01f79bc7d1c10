"""No phone number that somebody typed leaves the house; the numbers of tickets and lamps do."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.channel.conftest import make_channel, make_notice
from tests.makers.staff import make_person
from tickets.channel.models import Sending
from tickets.channel.rules import masked, masked_in
from workers.post import public_url, send_notices


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("打 13812341234 找王工", "打 138****1234 找王工"),
        ("电话13812345678，急", "电话138****5678，急"),
        ("tel:13812345678", "tel:138****5678"),
        ("+8613812345678", "+86138****5678"),
        ("008613812345678", "0086138****5678"),
        ("8613812345678", "86138****5678"),
        ("+86 138 1234 5678", "+86 138****5678"),
        ("+86-138-1234-5678", "+86-138****5678"),
        ("(+86)13812345678", "(+86)138****5678"),
        ("(+86) 138-1234-5678", "(+86) 138****5678"),
        ("013812345678", "0138****5678"),
        ("138-1234-5678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("138.1234.5678", "138****5678"),
        ("138 - 1234 - 5678", "138****5678"),
        ("138–1234–5678", "138****5678"),
        ("138\u00a01234\u00a05678", "138****5678"),
        ("138-12345678", "138****5678"),
        ("1381234-5678", "138****5678"),
        ("138 123 45678", "138****5678"),
        ("1381 2345 678", "138****5678"),
        ("13812 345 678", "138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("13812345678/13912345678", "138****5678/139****5678"),
        ("北门 2 13812345678", "北门 2 138****5678"),
        ("0571-88881234", "0571-****1234"),
        ("(010) 8888 1234", "(010) ****1234"),
        ("+86 10 88881234", "+86 10 ****1234"),
    ],
)
def test_a_number_somebody_typed_leaves_the_house_masked(typed: str, told: str) -> None:
    assert masked(typed) == told


@pytest.mark.parametrize(
    "typed",
    [
        "T-20261124-0001",
        "T-20261124-0001 T-20261124-0002",
        "T-20261124-0571 88881234",
        "BJ-01-L0138, BJ-01-L0139",
        "灯 138 2026-11-24 08:00",
        "灯杆 1301-0045-012",
        "L-0571-88881234",
        "2026-11-24 13:30",
        "24 Nov 2026 17:00",
        "20261124173015123",
        "138 盏，1234 米，5678 元",
        "138\n1234\n5678",
        "138123456789",
        "12812345678",
        "400-800-1234",
    ],
)
def test_numbers_of_tickets_and_lamps_and_dates_stay(typed: str) -> None:
    assert masked(typed) == typed


GAP = st.sampled_from(["", " ", "-", " - ", ".", "·"])


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), GAP, GAP, st.sampled_from(["", "+86", "86 "])
)
def test_however_it_is_grouped_four_of_its_digits_are_gone(
    number: str, first: str, second: str, before: str
) -> None:
    typed = f"{before}{number[:3]}{first}{number[3:7]}{second}{number[7:]}"
    assert masked(f"北门，{typed} 王") == f"北门，{before}{number[:3]}****{number[7:]} 王"


def test_what_leads_to_the_ticket_stays_whole_in_a_template() -> None:
    link = "https://desk.example/tickets/13812345678"
    told = masked_in({"ref": "13812345678", "link": link, "place": "13812345678", "count": 3})
    assert told == {"ref": "13812345678", "link": link, "place": "138****5678", "count": 3}


async def test_a_number_typed_as_a_place_leaves_by_no_channel_and_the_links_stay(
    session: AsyncSession, now: datetime
) -> None:
    person = await make_person(session, role="manager")
    person.email, person.phone = "m@example.com", "13700000000"
    for kind in ("email", "wecom", "sms", "http"):
        await make_channel(session, kind, url="http://127.0.0.1:1/")
    key = "aA-13812345678-bB"
    facts: dict[str, Any] = {"place": "北门 138-1234-5678", "project": "+86 138 1234 5678"}
    for template in ("ticket.opened", "alert.climbed"):
        more = {"promise": "response", "unheard_for": 600.0}
        await make_notice(
            session,
            person,
            template=template,
            reach="everywhere",
            answer_key=key if template == "ticket.opened" else None,
            facts=facts | more,
        )
    await session.commit()
    await send_notices({})
    told = list(await session.scalars(select(Sending).order_by(Sending.seq)))
    assert len(told) == 8
    for sending in told:
        words = f"{sending.subject}\n{sending.body}\n{sending.variables}"
        assert "138****5678" in words
        for typed in ("138-1234-5678", "138 1234 5678", "1381234"):
            assert typed not in words.replace(key, "")
        assert sending.variables["ref"] == "T-20261124-0001"
        assert sending.variables["link"] == f"{public_url()}/tickets/T-20261124-0001"
    answers = [line for s in told for line in s.body.splitlines() if "/a/" in line]
    assert len(answers) == 2  # to himself alone, by e-mail and SMS
    assert all(line.endswith(f"{public_url()}/a/{key}") for line in answers)
