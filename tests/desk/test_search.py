"""The search over everything: what finds what, in which order, for whom, at what cost."""

import html
import re
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import SignedIn
from tests.desk.test_board import statements
from tests.makers.asset import make_asset
from tests.makers.project import make_contact, make_owner, make_project
from tests.makers.staff import make_person
from tests.makers.ticket import make_ticket
from tickets.desk.queries.search import Noun
from tickets.desk.queries.search.rank import Fit, fit_of, fit_of_number, taken
from tickets.grams import grams, is_spelt_in, wanted
from tickets.project.models import Project

H = timedelta(hours=1)
HIT = re.compile(r'<a class="hit" href="([^"]+)"')


async def found(browser: AsyncClient, q: str) -> list[str]:
    """The addresses of what the page shows, in its order."""
    answer = await browser.get("/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return [html.unescape(address) for address in HIT.findall(answer.text)]


@pytest.fixture
async def town(session: AsyncSession, now: datetime) -> Project:
    """Two projects of two owners, a few things in each, a caller in each; one ticket, by 张伟."""
    owner = await make_owner(session, name="杭州滨江城投集团")
    music = await make_project(session, code="BJ-01", name="音乐广场夜景", owner=owner)
    quay = await make_project(
        session, code="QJ-02", name="钱江码头", owner=await make_owner(session, name="钱江港务")
    )
    box = await make_asset(
        session, project=music, code="DB0042", name="南门配电箱", kind="BOX", location="解放路口"
    )
    await make_asset(
        session, project=music, code="L-0420", name="Floodlight X7", parent=box, location="喷泉北侧"
    )
    await make_asset(session, project=quay, code="DB0042", name="趸船控制柜", kind="BOX")
    await make_asset(session, project=quay, code="DB00421", name="岸电箱", kind="BOX")
    # Both halves of `flood`, but apart: only its slices are there.
    await make_asset(session, project=quay, code="Q-1", name="flox loox oodx")
    zhang = await make_contact(
        session, project=music, name="张伟", phone="13812345678", is_named=False
    )
    ticket = await make_ticket(
        session,
        project=music,
        now=now,
        reported_at=now - H,
        description="整排不亮，有人被绊倒",
        place="开元路",
        assets=("DB0042",),
        reporter_name=None,
        reporter_phone=None,
    )
    ticket.reporter_id = zhang.id
    await make_contact(session, project=quay, name="王芳", phone="13900005678", is_named=False)
    await session.commit()
    return music


DB42 = "/projects/BJ-01/assets/DB0042"
OTHER42 = "/projects/QJ-02/assets/DB0042"


@pytest.mark.parametrize(
    ("q", "hits"),
    [
        ("音乐广场", ["T", "/projects/BJ-01"]),
        ("乐广", ["T", "/projects/BJ-01"]),  # any two characters
        ("yygc", ["T", "/projects/BJ-01"]),  # pinyin initials, 乐 read yuè
        ("YYGC", ["T", "/projects/BJ-01"]),
        ("ｙｙｇｃ", ["T", "/projects/BJ-01"]),  # full width
        ("ylgc", ["T", "/projects/BJ-01"]),  # 乐 read lè
        ("南门", ["T", DB42]),
        ("nmpdx", ["T", DB42]),
        ("解放", [DB42]),  # by its place
        ("喷泉 北侧", ["/projects/BJ-01/assets/L-0420"]),
        ("Floodl", ["/projects/BJ-01/assets/L-0420"]),  # Latin by its beginning
        ("l-04", ["/projects/BJ-01/assets/L-0420"]),  # a code half typed
        ("DB0042", ["T", DB42, OTHER42, "/projects/QJ-02/assets/DB00421"]),  # exact, then prefix
        ("ＤＢ００４２", ["T", DB42, OTHER42, "/projects/QJ-02/assets/DB00421"]),
        ("0421", ["/projects/QJ-02/assets/DB00421"]),  # codes by part
        ("BJ-01 南门", ["T", DB42]),  # the first word is the project
        ("整排", ["T"]),
        ("kyl", ["T"]),  # 开元路, its place
        ("yrbbd", []),  # 有人被绊倒 was said: nobody types initials of a sentence
        ("城投", ["/projects/BJ-01", "/projects/BJ-01"]),  # the owner and his project
        ("qjgw", ["/projects/QJ-02", "/projects/QJ-02"]),
        ("flood", ["/projects/BJ-01/assets/L-0420"]),  # what only has its slices is none
        ("张伟", ["C", "T"]),
        ("张", ["C", "T"]),  # one character
        ("zw", ["C", "T"]),
        ("13812345678", ["C", "T"]),
        ("+86 138-1234-5678", ["C", "T"]),
        ("345678", ["C", "T"]),
        ("678", []),  # three digits of a telephone name nobody
        ("没有", []),
        ("zzqx", []),
        ("' OR 1=1 --", []),
        ("%", []),
        ("%%%", []),
        ("___", []),
        ("\\", []),
        ("{}", []),
        ("灯\0泡", []),
        ("a" * 5000, []),
        ("音乐" * 2000, []),
        ("   ", []),
        ("", []),
    ],
)
async def test_what_finds_what(town: Project, as_role: SignedIn, q: str, hits: list[str]) -> None:
    desk = await as_role("hotline")
    told = [
        {"tickets": "T", "callers": "C"}.get(address.split("/")[1], address)
        for address in await found(desk, q)
    ]
    # Of several nouns the test minds no order; within one it does.
    assert sorted(told) == sorted(hits)
    for beginning in ("/projects/", "T", "C"):
        assert [t for t in told if t.startswith(beginning)] == [
            h for h in hits if h.startswith(beginning)
        ]


async def test_the_last_four_digits_find_a_caller_and_are_shown_masked(
    town: Project, as_role: SignedIn
) -> None:
    desk = await as_role("hotline")
    page = (await desk.get("/search?q=5678")).text
    assert "138****5678" in page
    assert "139****5678" in page
    assert "13812345678" not in page
    (address, *_) = [a for a in await found(desk, "13812345678") if a.startswith("/callers/")]
    caller = (await desk.get(address)).text
    assert "张伟" in caller
    assert "整排不亮" in caller
    assert "13812345678" not in caller


async def test_what_is_open_comes_first_and_the_exact_reference_before_all(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, code="RV-01", name="Riverside")
    made = [
        await make_ticket(
            session, project=project, now=now, reported_at=now - n * H, description="桥墩灯带闪烁"
        )
        for n in (1, 2, 3, 4)
    ]
    for ticket in made[:2]:
        ticket.is_open, ticket.status = False, "closed"
    made[1].grams = sorted({*made[1].grams, *grams(made[3].ref)})  # a duplicate named in it
    await session.commit()
    desk = await as_role("hotline")
    refs = [address.rpartition("/")[2] for address in await found(desk, "桥墩")]
    assert refs == [made[n].ref for n in (3, 2, 0, 1)]
    assert (await found(desk, made[3].ref.lower()))[0] == f"/tickets/{made[3].ref}"


async def test_what_has_it_in_latin_comes_before_what_has_its_initials(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="RV-01", name="Riverside")
    await make_asset(session, project=project, code="A1", name="地面下")  # dmx
    await make_asset(session, project=project, code="B1", name="解码器 DMX512")
    await session.commit()
    desk = await as_role("hotline")
    assert await found(desk, "dmx") == ["/projects/RV-01/assets/B1", "/projects/RV-01/assets/A1"]


async def test_nobody_finds_what_he_may_not_see(
    session: AsyncSession, town: Project, browser_of: SignedIn
) -> None:
    elsewhere = await make_project(session, code="XX-09", name="别处")
    manager = await browser_of(await make_person(session, role="manager", project_id=town.id))
    technician = await browser_of(
        await make_person(session, role="technician", project_id=elsewhere.id)
    )
    owner = await browser_of(await make_person(session, role="owner", project_id=town.id))
    assert DB42 in await found(manager, "DB0042")
    assert OTHER42 not in await found(manager, "DB0042")
    assert [a for a in await found(manager, "5678") if "callers" in a] != []
    assert await found(manager, "王芳") == []
    assert await found(manager, "钱江") == []
    for q in ("DB0042", "音乐广场", "张伟", "5678", "整排", "城投", "zw", "BJ-01 南门"):
        assert await found(technician, q) == []
    assert DB42 in await found(owner, "DB0042")
    assert OTHER42 not in await found(owner, "DB0042")
    assert [a[:9] for a in await found(owner, "整排")] == ["/tickets/"]
    # An owner's person learns of no caller, and of no ticket by its caller.
    for q in ("张伟", "13812345678", "5678", "zw"):
        assert await found(owner, q) == []


async def test_a_caller_of_elsewhere_does_not_exist(
    session: AsyncSession, town: Project, browser_of: SignedIn, as_role: SignedIn
) -> None:
    (address, *_) = [
        a for a in await found(await as_role("hotline"), "王芳") if a.startswith("/callers/")
    ]
    manager = await browser_of(await make_person(session, role="manager", project_id=town.id))
    assert (await manager.get(address)).status_code == 404
    assert (await manager.get("/callers/2147483646")).status_code == 404
    assert (await (await as_role("owner")).get(address)).status_code in (403, 404)


async def test_a_retired_thing_comes_last_and_says_so(
    session: AsyncSession, as_role: SignedIn, now: datetime
) -> None:
    project = await make_project(session, code="RV-01", name="Riverside")
    old = await make_asset(session, project=project, code="A1", name="桥头射灯")
    old.retired_at = now
    await make_asset(session, project=project, code="B1", name="桥头射灯")
    await session.commit()
    desk = await as_role("hotline")
    assert await found(desk, "桥头") == ["/projects/RV-01/assets/B1", "/projects/RV-01/assets/A1"]
    assert (await desk.get("/search?q=桥头")).text.count("chip superseded") == 1


async def test_much_is_counted_as_far_as_thirty_and_said_to_be_more(
    session: AsyncSession, as_role: SignedIn
) -> None:
    project = await make_project(session, code="RV-01", name="Riverside")
    for n in range(31):
        await make_asset(session, project=project, code=f"PX{n:04}", name="桥头射灯")
    await session.commit()
    desk = await as_role("hotline")
    page = (await desk.get("/search?q=桥头射灯")).text
    assert "30+" in re.sub(r"\s", "", page)
    assert len(HIT.findall(page)) == 15
    few = (await desk.get("/search/found?q=桥头射灯")).text
    assert "20+" in re.sub(r"\s", "", few)
    assert few.count('role="option"') == 6  # five, and the way to all of them


async def test_one_statement_whatever_is_found(
    town: Project, as_role: SignedIn, connection: AsyncConnection
) -> None:
    desk = await as_role("hotline")
    await desk.get("/search?q=warm")
    for path in ("/search", "/search/found"):
        for q in ("没有", "DB0042", "音乐", "5678", "BJ-01 南门", "a b c"):
            with statements(connection) as said:
                await desk.get(f"{path}?q={quote(q)}")
            assert len(said) == 2, said  # who asks, and what there is
        with statements(connection) as said:
            await desk.get(f"{path}?q=")
        assert len(said) == 1


async def test_an_empty_search_says_what_can_be_typed(as_role: SignedIn) -> None:
    desk = await as_role("hotline")
    assert "initials in pinyin" in (await desk.get("/search")).text
    nothing = (await desk.get("/search?q=%3Cscript%3E")).text
    assert "Nothing is found for “&lt;script&gt;”" in nothing
    assert (await desk.get("/search/found?q=")).text.strip() == ""


async def test_every_staff_page_has_the_box(as_role: SignedIn) -> None:
    lead, technician = await as_role("hotline_lead"), await as_role("technician")
    for browser, path in ((lead, "/desk"), (lead, "/projects"), (technician, "/round")):
        page = (await browser.get(path)).text
        assert 'action="/search"' in page
        assert 'href="/search"' in page


@pytest.mark.parametrize(
    ("q", "code", "name", "fit"),
    [
        ("db03", "DB03", "x", Fit.EXACT),
        ("db0", "DB03", "x", Fit.BEGINS),
        ("b03", "DB03", "x", Fit.PART),
        ("南门", "DB03", "南门配电箱", Fit.NAMED),
        ("配电", "DB03", "南门配电箱", Fit.WORDS),
        ("db03 配电", "DB03", "南门配电箱", Fit.WORDS),
        ("pdx", "DB03", "南门配电箱", Fit.SPELT),
        ("db03 pdx", "DB03", "南门配电箱", Fit.SPELT),
        ("pdxx", "DB03", "南门配电箱", None),
    ],
)
def test_the_better_fit_is_known(q: str, code: str, name: str, fit: Fit | None) -> None:
    assert fit_of(taken(q), code, name) is fit


@pytest.mark.parametrize(
    ("q", "fit"),
    [
        ("13812345678", Fit.EXACT),
        ("+86 138 1234 5678", Fit.EXACT),
        ("5678", Fit.BEGINS),
        ("1234", Fit.PART),
        ("9999", None),
    ],
)
def test_a_number_is_known_by_its_end(q: str, fit: Fit | None) -> None:
    assert fit_of_number(taken(q), "13812345678") is fit


def test_what_is_kept_of_chinese_is_what_is_asked_for() -> None:
    kept = set(grams("北京音乐广场", "张伟", "重庆大厦"))
    for q in ("yygc", "ylgc", "bjy", "zw", "cqd", "zqd", "qds", "qdx"):
        assert set(wanted(q)) <= kept, q
    assert is_spelt_in("cqdx", "重庆大厦")
    assert is_spelt_in("cqds", "重庆大厦")
    assert not is_spelt_in("cqyy", "重庆大厦 音乐")  # not across what stands between


def test_the_nouns_stand_in_their_order() -> None:
    assert [noun.name for noun in sorted(Noun)] == ["TICKET", "ASSET", "PROJECT", "OWNER", "CALLER"]
