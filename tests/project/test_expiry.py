"""质保期满通知: the screen and the paper say the same, and what was handed over is kept."""

import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.project import make_acceptance, make_contract, make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.project.models import ExpiryNotice, Project

RARE = "喆堃镕㛃䶮"


def words_of(pdf: bytes) -> str:
    """All its text without blanks: the reader puts them between scripts."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def fonts_of(pdf: bytes) -> list[Any]:
    """Every font's descriptor, of all pages."""
    found = []
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            for each in font.get_object()["/DescendantFonts"]:
                found.append(each.get_object()["/FontDescriptor"].get_object())
    return found


async def filled(session: AsyncSession, now: Any) -> Project:
    owner = await make_owner(session, name=f"{RARE}文旅公司")
    project = await make_project(session, code="滨江-01", name="滨江夜景", owner=owner)
    project.hotline = "010-5550-0100"
    row = await make_acceptance(
        session,
        project=project,
        batch="主桥",
        accepted_on=date(2024, 2, 29),
        months=12,
        months_by_kind={"LUM": 24},
    )
    row.retention_on, row.retention_amount = date(2027, 3, 1), Decimal("128000.50")
    await make_contract(
        session,
        project=project,
        number="甲-7",
        starts_on=now.date() - timedelta(10),
        ends_on=date(2036, 5, 4),
        parts="owner",
    )
    await make_ticket(session, project=project, now=now, place="3 号码头")
    return project


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh-CN",
            [
                "质保期满通知",
                f"致：{RARE}文旅公司",
                "2025年2月28日",
                "2026年2月28日",
                "质保金128,000.50元于2027年3月1日到期",
                "维护合同甲-7",
                "2036年5月4日",
                "包工不包料",
                "代为办理",
                "先报价",
                "3号码头",
                "010-5550-0100",
                "业主签收（盖章）",
            ],
        ),
        (
            "en",
            [
                "Noticeoftheendofthewarranty",
                f"To:{RARE}文旅公司",
                "28February2025",
                "28February2026",
                "128,000.50yuan,fallsdueon1March2027",
                "Labourisincluded,partsarecharged.",
                "boughtonyourbehalf",
                "Receivedbytheowner(seal)",
            ],
        ),
    ],
)
async def test_screen_and_paper_say_the_same(
    session: AsyncSession, as_role: SignedIn, now: Any, lang: str, words: list[str]
) -> None:
    project = await filled(session, now)
    client = await as_role("manager")
    path = f"/projects/{project.code}/expiry_notice"
    screen = await client.get(path, params={"lang": lang})
    assert screen.status_code == 200
    shown = re.sub(r"\s", "", re.sub(r"<[^>]+>", "", screen.text))
    paper = await client.get(f"{path}.pdf", params={"lang": lang})
    assert paper.headers["content-type"] == "application/pdf"
    printed = words_of(paper.content)
    for each in words:
        assert each in shown, each
        assert each in printed, each


async def test_its_fonts_are_embedded_and_rare_characters_are_drawn(
    session: AsyncSession, as_role: SignedIn, now: Any
) -> None:
    project = await filled(session, now)
    client = await as_role("manager")
    paper = await client.get(f"/projects/{project.code}/expiry_notice.pdf?lang=zh-CN")
    fonts = fonts_of(paper.content)
    assert fonts
    for font in fonts:
        assert "NotoSansSC" in font["/FontName"]
        assert "/FontFile2" in font or "/FontFile3" in font
    # Extracted by the font's own map, which knows no square.
    for character in RARE:
        assert character in words_of(paper.content)


async def test_what_was_handed_over_is_kept_as_it_read(
    session: AsyncSession, as_role: SignedIn, browser_of: Any, now: Any
) -> None:
    project = await filled(session, now)
    client = await as_role("manager")
    path = f"/projects/{project.code}/expiry_notice"
    form = {"handed_on": now.date().isoformat(), "received_by": "王工", "how": "post"}
    for wrong in (
        {"handed_on": (now.date() + timedelta(3)).isoformat()},
        {"received_by": " "},
        {"how": "by pigeon"},
    ):
        refused = await client.post(f"{path}?lang=zh-CN", data=form | wrong)
        assert refused.status_code == 422, wrong
        assert "Record the handing over" in refused.text
        assert f'value="{(form | wrong)["handed_on"]}"' in refused.text
    assert not list(await session.scalars(select(ExpiryNotice)))
    done = await client.post(f"{path}?lang=zh-CN", data=form)
    assert done.status_code == 303
    notice = (await session.scalars(select(ExpiryNotice))).one()
    page = (await client.get(done.headers["location"])).text
    assert "by post or courier, to 王工" in page
    event = (await session.scalars(select(Event).where(Event.kind == "project.expiry_told"))).one()
    assert "王工" not in str(event.facts)
    # Whatever changes afterwards, for the owner, too, and for nobody else's.
    project.name = "Another name"
    await session.flush()
    kept = f"/projects/{project.code}/expiry_notices/{notice.id}.pdf"
    owner = await browser_of(await make_person(session, role="owner", project_id=project.id))
    paper = await owner.get(kept)
    assert paper.status_code == 200
    assert "滨江夜景" in words_of(paper.content)
    other = await make_project(session)
    stranger = await browser_of(await make_person(session, role="owner", project_id=other.id))
    assert (await stranger.get(kept)).status_code == 404
    wrong_home = f"/projects/{other.code}/expiry_notices/{notice.id}.pdf"
    assert (await client.get(wrong_home)).status_code == 404


async def test_without_an_acceptance_there_is_nothing_to_tell(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await make_project(session, code="P1")
    client = await as_role("manager")
    answer = await client.get("/projects/P1/expiry_notice")
    assert answer.status_code == 409
    assert "no warranty ends" in answer.text
    assert (await client.get("/projects/P1/covers")).status_code == 200
