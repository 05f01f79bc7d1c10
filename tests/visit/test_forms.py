"""The acts as forms, with pictures; what is refused is shown again with everything in it."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.visit import make_jpeg
from tickets.loan.models import Settlement
from tickets.media import Photo
from tickets.sla.models import Act
from tickets.ticket.models import Ticket, TicketPhoto
from tickets.visit.models import Measurement, Part, Position, Work
from tickets.visit.rules import MEASURED

H = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
REPAIR = {"result": "fixed", "cause": "C_PRODUCT", "work": "Driver replaced", "on_site": "true"}


async def count(session: AsyncSession, model: Any) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_repair_with_parts_and_pictures_is_recorded_and_leads_back(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/tickets/{ticket.ref}/repair",
        data=REPAIR
        | {
            "next": f"/round/{ticket.ref}?done=repair",
            "key": str(uuid4()),
            "part_name": ["Driver 60 W", "", "Connector"],
            "part_quantity": ["1", "1", "2.5"],
            "part_old_serial": ["D-1", "", ""],
            "part_new_serial": ["D-2", "", ""],
        },
        files=[
            ("photos", ("before.jpg", make_jpeg(colour="red"), "image/jpeg")),
            ("photos", ("after.jpg", make_jpeg(colour="green"), "image/jpeg")),
            ("photos", ("", b"", "application/octet-stream")),
        ],
    )
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/round/{ticket.ref}?done=repair"
    parts = (await session.scalars(select(Part).order_by(Part.id))).all()
    assert [(p.name, str(p.quantity), p.new_serial) for p in parts] == [
        ("Driver 60 W", "1.000", "D-2"),
        ("Connector", "2.500", None),
    ]
    act = (await session.scalars(select(Act))).one()
    assert act.on_site
    assert await count(session, TicketPhoto) == 2


async def test_the_same_form_sent_twice_is_one_act(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    for _ in range(2):
        answer = await client.post(
            f"/tickets/{ticket.ref}/repair",
            data=REPAIR | {"key": "6f6f0b3e-0a55-4b0e-9d2a-0f6f4c1d9a11", "part_name": "Driver"},
        )
        assert answer.status_code == 303
    assert [await count(session, model) for model in (Act, Work, Part)] == [1, 1, 1]


async def test_a_refused_repair_keeps_what_was_typed_and_the_pictures(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    typed = {
        "result": "temporary",
        "cause": "C_THIRD",
        "work": "Bridged <script>alert(1)</script>",
        "part_name": ["Cable 3×6"],
        "part_quantity": ["12"],
        "next": f"/round/{ticket.ref}",
    }
    url = f"/tickets/{ticket.ref}/repair"
    answer = await client.post(url, data=typed, files={"photos": ("a.jpg", make_jpeg())})
    assert answer.status_code == 422
    html = answer.text
    assert "A temporary repair needs the day until which it holds." in html
    assert "Bridged &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html
    assert 'value="Cable 3×6"' in html
    assert re.search(r'value="C_THIRD"\s+selected', html)
    assert re.search(r'value="temporary"\s+checked', html)
    assert 'name="on_site" value="true">' in html  # it was not ticked
    kept = re.search(r'name="photo_ids" value="([0-9a-f-]{36})"', html)
    assert kept is not None
    assert await count(session, Act) == 0
    again = await client.post(url, data=typed | {"photo_ids": kept[1], "expires_on": "2099-01-01"})
    assert again.status_code == 303
    attached = (await session.scalars(select(TicketPhoto))).one()
    assert (str(attached.photo_id), attached.act) == (kept[1], "repair")


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"<svg onload=alert(1)>", 415, "This file is not a photo."),
        (make_jpeg() + bytes(26 * 1024 * 1024), 413, "A photo may have at most 25 MB."),
    ],
)
async def test_a_picture_that_cannot_be_taken_costs_nothing_else(
    session: AsyncSession,
    as_role: SignedIn,
    ticket: Ticket,
    content: bytes,
    status: int,
    sentence: str,
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/tickets/{ticket.ref}/repair",
        data=REPAIR | {"work": "A long story"},
        files=[("photos", ("a.jpg", make_jpeg())), ("photos", ("b.jpg", content))],
    )
    assert answer.status_code == status
    assert sentence in answer.text
    assert "A long story" in answer.text
    assert answer.text.count('name="photo_ids"') == 1  # the good one is kept
    assert await count(session, Act) == 0


async def test_too_many_pictures_at_once_are_refused(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    sent = [("photos", (f"{n}.jpg", b"x")) for n in range(21)]
    answer = await client.post(f"/tickets/{ticket.ref}/arrival", files=sent)
    assert answer.status_code == 422
    assert "At most 20 photos at a time, please." in answer.text
    assert await count(session, Photo) == 0


async def test_an_arrival_keeps_the_position_the_phone_gave(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/tickets/{ticket.ref}/arrival",
        data={"lat": "39.9042", "lon": "116.4074", "accuracy_m": "8"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{ticket.ref}")
    position = (await session.scalars(select(Position))).one()
    assert (position.lat, position.lon, position.accuracy_m) == (39.9042, 116.4074, 8)


async def test_without_a_position_one_arrives_as_well(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/tickets/{ticket.ref}/arrival", data={"lat": "", "lon": "", "accuracy_m": "", "at": ""}
    )
    assert answer.status_code == 303
    assert await count(session, Position) == 0


async def test_the_time_is_that_of_the_project(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, now: datetime
) -> None:
    client = await as_role("hotline")
    at = (now - H).replace(second=0, microsecond=0)
    typed = at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    answer = await client.post(
        f"/tickets/{ticket.ref}/made_safe", data={"at": typed, "note": "off"}
    )
    assert answer.status_code == 303
    assert (await session.scalars(select(Act))).one().at == at


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("2999-01-01T00:00", "This instant lies in the future."),
        ("2001-01-01T00:00", "This instant lies before the report."),
        ("yesterday", "This is not a date and time."),
        ("0001-01-01T00:00", "This is not a date and time."),
    ],
)
async def test_a_time_that_cannot_be_is_said_at_its_field(
    as_role: SignedIn, ticket: Ticket, at: str, sentence: str
) -> None:
    client = await as_role("technician")
    answer = await client.post(f"/tickets/{ticket.ref}/arrival", data={"at": at})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{at}"' in answer.text


async def test_the_second_of_two_people_gets_a_sentence(as_role: SignedIn, ticket: Ticket) -> None:
    client = await as_role("technician")
    url = f"/tickets/{ticket.ref}/made_safe"
    assert (await client.post(url, data={"note": "off"})).status_code == 303
    answer = await client.post(url, data={"note": "my own words"})
    assert answer.status_code == 409
    assert "It has already been made safe." in answer.text
    assert "my own words" in answer.text


@pytest.mark.parametrize(
    "row",
    [
        {"part_name": "Driver", "part_quantity": "many"},
        {"part_name": "Driver", "part_quantity": "-1"},
        {"part_name": "", "part_new_serial": "X-1"},
        {"part_name": "Driver", "part_unit_price": "1e99"},
    ],
)
async def test_a_part_that_cannot_be_is_shown_again(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket, row: dict[str, str]
) -> None:
    client = await as_role("technician")
    answer = await client.post(f"/tickets/{ticket.ref}/repair", data=REPAIR | row)
    assert answer.status_code == 422
    for text in row.values():
        assert f'value="{text}"' in answer.text
    assert await count(session, Act) == 0


async def test_a_measure_and_a_refusal_are_recorded_from_forms(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    measure = await client.post(
        f"/tickets/{ticket.ref}/measures",
        data={"description": "Generator", "key": str(uuid4())},
        files={"photos": ("a.jpg", make_jpeg())},
    )
    assert measure.status_code == 303
    refusal = await client.post(
        f"/tickets/{ticket.ref}/substitution_declined", data={"by": "Director Wang"}
    )
    assert refusal.status_code == 303
    assert await count(session, Settlement) == 2
    nobody = await client.post(
        f"/tickets/{ticket.ref}/substitution_declined", data={"note": "no, thanks"}
    )
    assert nobody.status_code == 422
    assert "no, thanks" in nobody.text


async def test_a_form_of_another_house_is_refused(as_role: SignedIn, ticket: Ticket) -> None:
    client = await as_role("technician")
    del client.headers["x-csrf"]
    answer = await client.post(f"/tickets/{ticket.ref}/arrival", data={"csrf": "guess"})
    assert answer.status_code == 403


async def test_measurements_and_photos_of_before_and_after_come_by_the_form(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    answer = await client.post(
        f"/tickets/{ticket.ref}/repair",
        data=REPAIR
        | {
            "measure_name": ["insulation", "leakage", "Ripple", ""],
            "measure_unit": ["MΩ", "mA", "%", ""],
            "measure_before": ["0.02", "", "", ""],
            "measure_after": ["12", "", "3", ""],
        },
        files=[
            ("photos_before", ("a.jpg", make_jpeg(colour="red"), "image/jpeg")),
            ("photos_after", ("b.jpg", make_jpeg(colour="green"), "image/jpeg")),
        ],
    )
    assert answer.status_code == 303, answer.text
    kept = (await session.scalars(select(Measurement).order_by(Measurement.id))).all()
    assert [(m.name, m.unit) for m in kept] == [("insulation", "MΩ"), ("Ripple", "%")]
    moments = await session.scalars(select(Photo.moment).order_by(Photo.moment))
    assert list(moments) == ["after", "before"]


async def test_a_measurement_that_cannot_be_is_shown_again(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("technician")
    rows = {"measure_name": ["lux", "Ripple"], "measure_unit": ["lx", ""]}
    typed = rows | {"measure_before": ["bright", ""], "measure_after": ["7.5", ""]}
    answer = await client.post(f"/tickets/{ticket.ref}/repair", data=REPAIR | typed)
    assert answer.status_code == 422
    for kept in ('value="bright"', 'value="7.5"', 'value="Ripple"', "This is not a number."):
        assert kept in answer.text
    assert await count(session, Measurement) == 0


async def test_the_desk_writes_measurements_down_too(
    session: AsyncSession, as_role: SignedIn, ticket: Ticket
) -> None:
    client = await as_role("hotline_lead")
    html = (await client.get(f"/tickets/{ticket.ref}")).text
    assert html.count('name="measure_before"') == len(MEASURED)
    names = list(MEASURED)
    answer = await client.post(
        f"/tickets/{ticket.ref}/repair",
        data=REPAIR
        | {
            "measure_name": names,
            "measure_unit": [MEASURED[name].unit for name in names],
            "measure_before": ["0.5", *[""] * (len(names) - 1)],
            "measure_after": ["20", *[""] * (len(names) - 1)],
        },
    )
    assert answer.status_code == 303, answer.text
    (found,) = await session.scalars(select(Measurement))
    assert (found.name, found.unit) == ("insulation", "MΩ")
    assert (found.before, found.after) == (Decimal("0.5"), Decimal(20))
