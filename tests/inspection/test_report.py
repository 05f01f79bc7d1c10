"""The report the owner sees: what stands on it, that it never changes, who may see it."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from httpx import AsyncClient
from pypdf import PdfReader
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.inspection import (
    ROWS,
    make_begun,
    make_instrument,
    make_photo,
    make_report,
    make_town,
    usual,
)
from tests.makers.project import make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.events import Event
from tickets.inspection import actions
from tickets.inspection.models import Inspection, InspectionReport, ReportHandover, Training
from tickets.inspection.rules import Rate, Result
from tickets.inspection.rules.charts import (
    Bar,
    Circuit,
    Series,
    by_section,
    falling,
    of_circuits,
    over_quarters,
)
from tickets.media import Photo
from tickets.project.models import Project
from tickets.staff.models import Person
from tickets.staff.queries import who_is
from tickets.staff.rules import Who
from tickets.ticket.models import Ticket, TicketPhoto

RARE = "喆堃镕㛃䶮"
BrowserOf = Callable[[Person], Awaitable[AsyncClient]]
VISITS = [datetime(2026, month, 20, 2, tzinfo=UTC) for month in (3, 6, 9)]


@dataclass
class Inspected:
    """Three quarters; the third with two safety findings, one other and a place out of reach."""

    project: Project
    who: Who
    person: Person
    inspection: Inspection
    report: InspectionReport


@pytest.fixture
async def inspected(session: AsyncSession) -> Inspected:
    owner = await make_owner(session, name="江城市城市管理局")
    project = await make_project(
        session,
        code="BJ-9",
        name=f"滨江夜景{RARE}",
        owner=owner,
        accepted_on=date(2026, 1, 10),
        hotline="400-820-1234",
        terms={"sampling_percent": 50},
    )
    await make_town(session, project)
    person = await make_person(session, role="manager", name="赵喆堃", locale="zh-CN")
    who = who_is(person)
    tool = await make_instrument(session, serial="J-2208", until=date(2026, 8, 1))
    for number, low in ((1, 18.0), (2, 6.0)):
        measured = [Result("CAB-03", "PX-01-1", values=(30.0, low, 25.0))]
        at = VISITS[number - 1]
        await make_report(session, who, project, number, at=at, others=measured, lit=21 - number)
    at = VISITS[2]
    inspection, lined = await make_begun(session, who, project, 3, at=at)
    found = [
        Result(
            "CAB-03",
            "PX-01-1",
            values=(2.1, 0.31, 1.7),
            note="接头浸水",
            photos=(await make_photo(session, who, colour="navy"),),
            instrument=tool.id,
        ),
        Result("POL-01", "PX-01-2", values=(6.2,)),
        Result("LUM-04", "PX-01-1", verdict="fail", note="鸟粪"),
        Result("LUM-08", "PX-01-2", verdict="not_accessible", note="脚手架遮挡"),
        Result(
            "EFF-04",
            "QY-1",
            verdict="pass",
            photos=(await make_photo(session, who, colour="teal"),),
        ),
    ]
    everything = [*usual(lined, tool=tool.id), *found]
    await actions.check(session, who, inspection.id, everything, now=at + timedelta(hours=1))
    await actions.choose_rows(
        session,
        who,
        inspection.id,
        ROWS,
        note="8 月 12 日台风过境，提前断电。",
        suggestions="修剪树木，遮挡 14 盏灯。",
        now=at + timedelta(hours=1),
    )
    ticket = await session.scalar(
        select(Ticket).where(Ticket.project_id == project.id).order_by(Ticket.id)
    )
    assert ticket is not None
    after = await make_photo(session, who, colour="green", moment="after")
    session.add(TicketPhoto(ticket_id=ticket.id, photo_id=after, act="repair"))
    await make_ticket(
        session, project=project, now=at, reported_at=datetime(2026, 8, 3, tzinfo=UTC)
    )
    signature = await make_photo(session, who, colour="gray")
    inspection, report = await actions.sign(
        session,
        who,
        inspection.id,
        signed_by="李总工",
        signature=signature,
        now=at + timedelta(hours=2),
    )
    return Inspected(project, who, person, inspection, report)


async def fetched(client: AsyncClient, path: str) -> bytes:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


def read(made: bytes) -> str:
    """Without spaces and line ends: a table breaks where it must."""
    pages = PdfReader(BytesIO(made), strict=True).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def squeezed(words: str) -> str:
    return re.sub(r"\s", "", words)


def plain(html: str) -> str:
    """What a reader of the page sees."""
    body = html.partition('<article class="report"')[2].partition("</article>")[0]
    shown = re.sub(r"<[^>]*>", "", body)
    return squeezed(shown.replace("&#34;", '"').replace("&amp;", "&").replace("&#39;", "'"))


# --- what stands on it --------------------------------------------------------------------------


async def test_the_paper_says_what_the_database_says(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    said = read(await fetched(client, f"/inspections/{inspected.inspection.id}/report.pdf"))
    facts, report = inspected.report.facts, inspected.report
    tickets = await session.scalars(select(Ticket).where(Ticket.project_id == inspected.project.id))
    refs = [ticket.ref for ticket in tickets]
    assert len(refs) == 3  # the two of safety, and the one reported
    for words in (
        "季度全面检查报告",
        inspected.project.name,
        "江城市城市管理局",
        "2026年7月11日至2026年10月10日",
        "第3季度，自2026年1月10日起算；保障天数92天",
        report.number,
        report.checksum,
        "李总工",
        "赵喆堃",
        "发现安全问题2个，其中2个尚未解决。",
        "J-2208",
        "使用时已过有效期",
        "2.1/0.31/1.7MΩ；要求≥0.5MΩ",
        "接头浸水",
        "脚手架遮挡",
        "6.2°",
        "台风过境，提前断电",
        "遮挡14盏灯",
        "检查时",
        "修复后",
        *refs,
    ):
        assert squeezed(words) in said, words
    for name in ("lit", "coverage", "passed", "intact"):
        part, whole = facts["rates"][name]
        assert f"{part}/{whole}" in said
        assert squeezed(f"{Rate(part, whole).in_words().split(' (')[0]}") in said
    drawn = len(facts["lines"])
    assert f"全部{drawn + facts['left_out']}项中实查{drawn}项" in said
    assert facts["left_out"] > 0


async def test_every_measured_value_stands_beside_its_limit(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    page = (
        await fetched(client, f"/inspections/{inspected.inspection.id}/report?lang=en")
    ).decode()
    lines = [line for line in inspected.report.facts["lines"] if line["values"] and line["limit"]]
    assert len(lines) > 10
    said = plain(page)
    for line in lines:
        assert squeezed(line["limit"]) in said, line
        for value in line["values"]:
            assert f"{value:.6g}".replace("-", "−") in said


async def test_the_page_says_what_the_paper_says(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    home = f"/inspections/{inspected.inspection.id}"
    for lang in ("zh-CN", "en"):
        paper = read(await fetched(client, f"{home}/report.pdf?lang={lang}"))
        html = (await fetched(client, f"{home}/report?lang={lang}")).decode()
        cells = re.findall(r"<td[^>]*>(.*?)</td>", html, re.S)
        assert len(cells) > 200
        for each in cells:
            # A cell of the page is broken by the paper at its own places; its words are the same.
            for words in re.sub(r"<[^>]*>", "\n", each).split("\n"):
                told = squeezed(words.replace("&#34;", '"').replace("&#39;", "'"))
                assert told.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") in paper


async def test_what_failed_stands_line_by_line_and_what_passed_in_one(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    said = read(await fetched(client, f"/inspections/{inspected.inspection.id}/report.pdf"))
    assert "2项中合格1项" in said  # POL-01: one pole leans
    assert "2项中合格2项" in said  # POL-02 passed at both
    assert "无法检查" in said
    assert "带“※”的限值尚未与标准原文核对" in said


async def test_the_face_is_inside_and_rare_characters_are_drawn(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    made = await fetched(client, f"/inspections/{inspected.inspection.id}/report.pdf")
    for character in RARE:
        assert character in read(made)
    names = set()
    for page in PdfReader(BytesIO(made)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            under = font.get_object()["/DescendantFonts"][0].get_object()
            described = under["/FontDescriptor"].get_object()
            assert any(name in described for name in ("/FontFile2", "/FontFile3"))
            names.add(str(under["/BaseFont"]))
    assert names
    assert all("NotoSansSC" in name for name in names), names


async def test_photos_are_printed_no_larger_than_they_are_looked_at(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    made = await fetched(client, f"/inspections/{inspected.inspection.id}/report.pdf")
    found = [image for page in PdfReader(BytesIO(made)).pages for image in page.images]
    sizes = sorted(image.image.size for image in found if image.image)
    # Taken at 1600 x 1200: as built; when found, after the repair; and the signature as drawn.
    assert sizes == [(320, 240), (640, 480), (640, 480), (1600, 1200)]


async def test_the_paper_is_sound_pdf(
    browser_of: BrowserOf, inspected: Inspected, tmp_path: Path
) -> None:
    client = await browser_of(inspected.person)
    made = await fetched(client, f"/inspections/{inspected.inspection.id}/report.pdf")
    pages = len(PdfReader(BytesIO(made), strict=True).pages)
    assert pages > 5
    assert f"{pages}/{pages}" in read(made)  # page x / y
    file = tmp_path / "report.pdf"
    file.write_bytes(made)
    program = shutil.which("qpdf")
    if program is not None:  # where it is installed (.ci/browser); pypdf has read it strictly
        done = subprocess.run([program, "--check", file], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


# --- it never changes ---------------------------------------------------------------------------


async def test_it_is_the_same_bytes_whatever_has_changed_since(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    path = f"/inspections/{inspected.inspection.id}/report.pdf?version=1"
    first = await fetched(client, path)
    inspected.project.name = "别的名字"
    inspected.inspection.note = "别的天气"
    await session.execute(update(Ticket).values(status="closed", is_open=False))
    await session.flush()
    assert await fetched(client, path) == first
    api = f"/api/v1/inspections/{inspected.inspection.id}/report.pdf"
    assert await fetched(client, api) == first


async def test_set_anew_it_is_the_same_paper(
    session: AsyncSession, inspected: Inspected, photo_folder: Path
) -> None:
    """Were the store lost, the facts would give the same bytes again."""
    first = await actions.printed(session, inspected.report, "zh-CN")
    for kept in (photo_folder / "papers").iterdir():
        kept.unlink()
    assert await actions.printed(session, inspected.report, "zh-CN") == first


async def test_anybody_can_reckon_the_checksum_from_what_the_api_gives(
    browser_of: BrowserOf, inspected: Inspected
) -> None:
    """As docs/inspection-report.md says it."""
    client = await browser_of(inspected.person)
    answer = (await client.get(f"/api/v1/inspections/{inspected.inspection.id}/report")).json()
    told = json.dumps(answer["facts"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(told.encode()).hexdigest() == answer["checksum"]
    assert answer["checksum"] == inspected.report.checksum


async def test_a_correction_is_a_new_version_that_names_the_old_one(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    home = f"/inspections/{inspected.inspection.id}"
    old = await fetched(client, f"{home}/report.pdf")
    who, id_ = inspected.who, inspected.inspection.id
    at = VISITS[2] + timedelta(days=2)
    await actions.open_correction(session, who, id_, reason="PX-01-2 误记", now=at)
    again = [Result("POL-01", "PX-01-2", values=(2.6,))]
    await actions.check(session, who, id_, again, now=at)
    _, report = await actions.sign(
        session, who, id_, signed_by="李总工", signature=None, now=at + timedelta(hours=1)
    )
    said = read(await fetched(client, f"{home}/report.pdf"))
    assert report.number.endswith("V2")
    assert f"替代{inspected.report.number}" in said
    assert "更正原因：PX-01-2误记" in said
    assert await fetched(client, f"{home}/report.pdf?version=1") == old
    page = (await fetched(client, f"{home}/report?version=1")).decode()
    assert "已由第 2 版更正" in page
    assert page.count('aria-current="page"') >= 1


async def test_a_signed_report_cannot_be_changed_in_the_database(
    session: AsyncSession, inspected: Inspected
) -> None:
    for statement in (
        "UPDATE inspection_report SET signed_by = 'x' WHERE id = :id",
        "DELETE FROM inspection_report WHERE id = :id",
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            async with session.begin_nested():
                await session.execute(text(statement), {"id": inspected.report.id})


# --- who may see it -----------------------------------------------------------------------------


async def test_the_page_takes_the_same_statements_however_long_it_is(
    session: AsyncSession,
    browser_of: BrowserOf,
    inspected: Inspected,
    connection: AsyncConnection,
) -> None:
    client = await browser_of(inspected.person)
    other = await make_project(session, code="BJ-10", accepted_on=date(2026, 1, 10))
    short, _ = await make_report(session, inspected.who, other, 1, at=VISITS[0])
    counts = []
    for inspection in (short, inspected.inspection):
        with statements(connection) as asked:
            await fetched(client, f"/inspections/{inspection.id}/report")
        counts.append(len(asked))
    # Who asks, the inspection, its report, its versions; the signature where one was drawn.
    assert counts == [4, 5]


async def test_another_owners_person_sees_nothing(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    other = await make_project(session)
    stranger = await browser_of(await make_person(session, role="owner", project_id=other.id))
    digest = inspected.report.facts["findings"][0]["photos"][0]
    home = f"/inspections/{inspected.inspection.id}"
    for path in ("report", "report.pdf", f"photos/{digest}", f"photos/{digest}/small"):
        assert (await stranger.get(f"{home}/{path}")).status_code == 404, path


async def test_photos_are_given_only_where_the_report_shows_them(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    client = await browser_of(inspected.person)
    home = f"/inspections/{inspected.inspection.id}"
    facts = inspected.report.facts
    signed = await session.get(Photo, inspected.report.signature_id)
    assert signed is not None
    finding = next(each for each in facts["findings"] if each["after"])
    for digest in (finding["photos"][0], finding["after"][0], signed.sha256):
        answer = await client.get(f"{home}/photos/{digest}/small")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert f"/photos/{digest}" in (await client.get(f"{home}/report")).text
    foreign = await make_photo(session, inspected.who, colour="pink")
    photo = await session.get(Photo, foreign)
    assert photo is not None
    assert (await client.get(f"{home}/photos/{photo.sha256}")).status_code == 404


async def given(session: AsyncSession, inspected: Inspected, now: datetime) -> str:
    handed = await actions.hand_over(
        session, inspected.who, inspected.inspection.id, received_by="王科", how="link", now=now
    )
    assert handed.link is not None
    return handed.link


async def test_whoever_has_the_link_reads_it_until_it_ends(
    session: AsyncSession, as_role: SignedIn, inspected: Inspected, now: datetime
) -> None:
    client = await as_role("technician")
    client.cookies.clear()
    link = await given(session, inspected, now)
    answer = await client.get(link, headers={"accept-language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "季度全面检查报告" in answer.text
    assert "王科" in answer.text
    assert "/desk" not in answer.text  # nothing of the house around it
    made = await fetched(client, f"{link}/report.pdf?lang=zh-CN")
    assert made == await actions.printed(session, inspected.report, "zh-CN")
    digest = inspected.report.facts["findings"][0]["photos"][0]
    assert (await client.get(f"{link}/photos/{digest}/small")).status_code == 200
    await session.execute(update(ReportHandover).values(link_ends_at=now - timedelta(days=1)))
    for path in ("", "/report.pdf", f"/photos/{digest}"):
        ended = await client.get(f"{link}{path}")
        assert ended.status_code == 410, path
        assert RARE not in ended.text


async def test_a_receipt_is_confirmed_once_and_looking_confirms_nothing(
    session: AsyncSession, as_role: SignedIn, inspected: Inspected, now: datetime
) -> None:
    client = await as_role("technician")
    client.cookies.clear()
    link = await given(session, inspected, now)
    await client.get(link)
    handover = await session.scalar(select(ReportHandover))
    assert handover is not None
    assert handover.opened_at is None
    for _ in range(2):
        answer = await client.post(link)
        assert (answer.status_code, answer.headers["location"]) == (303, link)
    await session.refresh(handover)
    assert handover.opened_at is not None
    told = (await session.scalars(select(Event).where(Event.kind == "inspection.received"))).all()
    assert len(told) == 1
    assert told[0].facts["handover_id"] == handover.id
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.post(link, headers=foreign)).status_code == 403


async def test_who_tries_one_unknown_link_after_the_other_waits(
    as_role: SignedIn, session: AsyncSession
) -> None:
    client = await as_role("technician")
    client.cookies.clear()
    answers = [(await client.get(f"/r/nothing-{n}")).status_code for n in range(61)]
    assert answers[:60] == [404] * 60
    assert answers[60] == 429


# --- over the quarters --------------------------------------------------------------------------


async def test_insulation_is_held_against_the_quarters_before(inspected: Inspected) -> None:
    trend = inspected.report.facts["trend"]
    assert [each["number"] for each in trend] == [1, 2, 3]
    assert [each["insulation"].get("PX-01-1") for each in trend] == [18.0, 6.0, 0.31]
    assert [each["rates"]["lit"] for each in trend] == [[40, 40], [38, 40], [40, 40]]


async def test_what_was_found_before_is_still_open_next_time(
    session: AsyncSession, inspected: Inspected
) -> None:
    at = datetime(2026, 12, 20, 2, tzinfo=UTC)
    _, report = await make_report(session, inspected.who, inspected.project, 4, at=at)
    assert {each["item"] for each in report.facts["earlier"]} == {"CAB-03", "POL-01", "LUM-04"}
    assert inspected.report.facts["to_settle"] is None
    # The last of the cover: what is open must be settled before it ends.
    assert len(report.facts["to_settle"]) == 3
    said = read(await actions.printed(session, report, "en"))
    assert "Tobesettledbeforethecoverends" in said
    for each in report.facts["to_settle"]:
        assert each["ticket"] in said


def test_charts_say_in_words_and_shapes_what_colours_say() -> None:
    bars = [Bar("A & B", 5, 2, 1, 0), Bar("C", 3, 0, 0, 4)]
    drawn = by_section(bars, ["passed", "failed", "out", "rest"], title="<sections>")
    assert "&lt;sections&gt;" in drawn
    assert "A &amp; B" in drawn
    assert "5/8 · failed 2" in drawn
    assert "url(#c-failed)" in drawn  # hatched, not only red
    lines = over_quarters(
        ["2026-04", "2026-07"],
        [Series("lit", [97.5, 88.0]), Series("coverage", [None, 100.0])],
        title="rates",
    )
    assert 'stroke-dasharray="5 3"' not in lines  # a single point is no line
    assert "lit 88 %" in lines
    assert "coverage 100 %" in lines
    assert ">80<" in lines  # the axis begins below what fell
    one = of_circuits([Circuit("K1", [18.0, None, 0.31])], 0.5, title="t", limit_word="limit 0.5")
    assert "0.31" in one
    assert "limit 0.5" in one
    for drawing in (drawn, lines, one):
        assert "style=" not in drawing  # a strict page takes none
        assert "NaN" not in drawing


def test_circuits_that_fell_most_come_first() -> None:
    history = [{"K1": 10.0, "K2": 8.0, "K3": 5.0}, {"K1": 9.0}, {"K1": 9.5, "K2": 0.8, "K4": 2.0}]
    assert falling(history, 9) == [("K2", [8.0, None, 0.8]), ("K1", [10.0, 9.0, 9.5])]
    assert falling([], 9) == []
    assert falling(history, 1) == [("K2", [8.0, None, 0.8])]


# --- the training's record ----------------------------------------------------------------------


async def test_the_record_of_a_training_names_who_was_taught_what(
    session: AsyncSession, browser_of: BrowserOf, inspected: Inspected
) -> None:
    sheet = await make_photo(session, inspected.who, colour="khaki")
    training = Training(
        project_id=inspected.project.id,
        held_on=date(2026, 2, 3),
        place="管理用房二楼",
        topics=["daily", "灯光秀切换"],
        trainer="周工",
        attendees="王科\n刘䶮",
        questions="问：如何断电？\n答：先拉总闸。",
        sheet_id=sheet,
        by_id=inspected.person.id,
    )
    session.add(training)
    await session.flush()
    client = await browser_of(inspected.person)
    made = await fetched(client, f"/trainings/{training.id}/record.pdf")
    said = read(made)
    for words in (
        "培训记录",
        "2026年2月3日",
        "管理用房二楼",
        "日常使用",
        "灯光秀切换",
        "周工",
        "王科",
        "刘䶮",
        "先拉总闸",
        "实到人数：2",
        "签到表",
    ):
        assert words in said, words
    assert len(PdfReader(BytesIO(made)).pages[-1].images) == 1
    training.sheet_id = None
    await session.flush()
    assert "签到表" not in read(await fetched(client, f"/trainings/{training.id}/record.pdf"))
    assert (await client.get("/trainings/999999/record.pdf")).status_code == 404
