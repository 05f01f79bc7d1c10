"""Labels: where they lie, what a scanner reads, what stands on them, who gets them."""

import pickle
import re
import runpy
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncSession

from tests.asset.test_label import _stranger
from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tickets import papers
from tickets.asset import rules
from tickets.papers import codes
from tickets.project.models import Project
from tickets.refusals import Invalid

LONG = "沿江音乐广场主入口东侧第三组喷泉水下彩色投光灯（含支架与防水接头）喆堃镕㛃䶮"


@pytest.mark.parametrize("sheet", rules.SHEETS.values(), ids=lambda sheet: sheet.code)
def test_every_label_lies_on_its_paper_and_on_no_other(sheet: rules.Sheet) -> None:
    places = [sheet.place(n) for n in range(sheet.places)]
    assert len(set(places)) == sheet.places
    for x, y in places:
        assert x >= 0
        assert y >= 0
        assert x + sheet.label_width <= sheet.width + 1e-6
        assert y + sheet.label_height <= sheet.height + 1e-6
    for n, (x, y) in enumerate(places):
        for a, b in places[n + 1 :]:
            apart = abs(x - a) >= sheet.label_width or abs(y - b) >= sheet.label_height - 1e-6
            assert apart, sheet.code


def test_positions_are_those_of_the_paper_in_millimetres() -> None:
    sheet = rules.sheet_of("A4-63x38")
    assert [sheet.place(n) for n in (0, 2, 3, 20)] == [
        (7.25, 15.15),
        (139.25, 15.15),
        (7.25, 53.25),
        (139.25, 243.75),
    ]


@pytest.mark.parametrize("sheet", rules.SHEETS.values(), ids=lambda sheet: sheet.code)
def test_a_code_is_coarse_enough_or_the_paper_is_refused(sheet: rules.Sheet) -> None:
    for correction in "MQ":
        modules = len(codes.matrix("https://desk.example.com/q/ABCDEFGHJK", correction))
        try:
            module = rules.module_of(sheet, modules)
        except Invalid:
            continue
        assert module >= 0.4
        side = (modules + 2 * codes.QUIET) * module
        assert side <= sheet.label_height - 2 * rules.PAD
        assert side <= sheet.label_width / 2


def test_the_quiet_zone_is_the_same_on_paper_and_in_the_picture() -> None:
    assert rules.QUIET == codes.QUIET == 4


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_an_outline_holds_exactly_what_is_dark(matrix: list[list[bool]]) -> None:
    """Counted as a renderer does: a module is dark when a ray from it crosses the path oddly."""
    path = codes.outline([[int(cell) for cell in row] for row in matrix])
    edges = []
    for loop in filter(None, path.split("Z")):
        corners = [
            tuple(map(int, word[1:].split()))
            for word in loop.replace("M", "L").replace("L", "|L").split("|")
            if word.strip()
        ]
        edges += [(corners[n - 1], corner) for n, corner in enumerate(corners)]
    upright = [(a[0], *sorted((a[1], b[1]))) for a, b in edges if a[0] == b[0]]
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in edges)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            at_x, at_y = x + codes.QUIET + 0.5, y + codes.QUIET + 0.5
            crossed = sum(edge > at_x and low < at_y < high for edge, low, high in upright)
            assert crossed % 2 == is_dark


@pytest.fixture
async def street(session: AsyncSession) -> Project:
    """A cabinet with a circuit of 30 lamps, long and rare names among them, and one retired."""
    project = await make_project(session, name="滨江夜景一期")
    box = await make_asset(session, project=project, code="DB01", name="南门配电箱", kind="BOX")
    circuit = await make_asset(
        session, project=project, code="DB01-L1", name="一回路", kind="CIRC", parent=box
    )
    for n in range(1, 31):
        name = (
            LONG
            if n % 3 == 0
            else "Supercalifragilisticexpialidociousfloodlightsetting"
            if n % 3 == 1
            else "投光灯"
        )
        await make_asset(session, project=project, code=f"L-{n:03}", name=name, parent=circuit)
    await make_asset(session, project=project, code="A-0", name="别处的灯")
    return project


def printed(job: bytes, ppi: int = 300) -> list[Image.Image]:
    """The pages of a job as a printer of so many dots puts them down."""
    child = runpy.run_path(str(Path(papers.__file__).with_name("child.py")))
    with tempfile.TemporaryDirectory() as folder:
        told = pickle.loads(job)
        child["laid"](told, folder)
        made = child["compiled"](told, folder, format="png", ppi=ppi)
    pages = made if isinstance(made, list) else [made]
    return [Image.open(BytesIO(page)).convert("L") for page in pages]


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is given to the child, besides being set."""
    given: list[bytes] = []
    real = papers._set

    async def kept(name: str, job: bytes) -> bytes:
        given.append(job)
        return await real(name, job)

    monkeypatch.setattr(papers, "_set", kept)
    return given


@pytest.mark.parametrize(
    ("sheet", "correction"),
    [("A4-63x38", "Q"), ("A4-48x25-44", "M"), ("A4-99x38", "M"), ("60x40", "Q")],
)
async def test_every_code_is_read_where_it_should_lie(
    street: Project, as_role: SignedIn, jobs: list[bytes], sheet: str, correction: str
) -> None:
    desk = await as_role("hotline")
    address = f"/projects/{street.code}/labels.pdf"
    asked = {"sheet": sheet, "first": "3" if "A4" in sheet else "1", "correction": correction}
    answer = await desk.get(address, params=asked | {"of": "DB01", "order": "tree"})
    assert answer.status_code == 200, answer.text
    laid = rules.sheet_of(sheet)
    pages = printed(jobs[0])
    assert len(pages) == rules.sheets_needed(laid, 32, int(asked["first"]))
    read: list[str] = []
    dots = 300 / 25.4
    for page in pages:
        found = {}
        for code in zxingcpp.read_barcodes(page):
            middle = (code.position.top_left.x + code.position.bottom_right.x) / 2 / dots
            height = (code.position.top_left.y + code.position.bottom_right.y) / 2 / dots
            place = next(
                n
                for n in range(laid.places)
                if laid.place(n)[0] <= middle <= laid.place(n)[0] + laid.label_width / 2 + 1
                and laid.place(n)[1] <= height <= laid.place(n)[1] + laid.label_height
            )
            found[place] = code.text
        read += [found[place] for place in sorted(found)]
        if page is pages[0]:
            assert min(found) == int(asked["first"]) - 1
    assert len(read) == 32
    assert len(set(read)) == 32
    assert all("/q/T" in text for text in read)


async def test_what_stands_on_them_is_whole_and_in_their_face(
    street: Project, as_role: SignedIn
) -> None:
    desk = await as_role("hotline")
    answer = await desk.get(f"/projects/{street.code}/labels.pdf", params={"sheet": "100x70"})
    reader = PdfReader(BytesIO(answer.content))
    assert len(reader.pages) == 33
    text = "\n".join(page.extract_text() for page in reader.pages).replace(" ", "")
    assert "滨江夜景一期" in text
    assert "喆堃镕㛃䶮" in text.replace("\n", "")
    assert "L-030" in text
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (100, 70)
    for page in reader.pages[:3]:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            under = font.get_object()["/DescendantFonts"][0].get_object()
            assert "NotoSansSC" in under["/BaseFont"]


@pytest.mark.parametrize("sheet", ["A4-48x25-44", "A4-70x37", "60x40"])
async def test_nothing_runs_over_the_edge_of_a_label(
    street: Project, as_role: SignedIn, jobs: list[bytes], sheet: str
) -> None:
    """Without lines to cut along, what lies between two labels stays white."""
    desk = await as_role("hotline")
    answer = await desk.get(f"/projects/{street.code}/labels.pdf", params={"sheet": sheet})
    assert answer.status_code == 200, answer.text
    laid, dots = rules.sheet_of(sheet), 200 / 25.4
    for page in printed(jobs[0], ppi=200):
        for n in range(laid.places):
            x, y = laid.place(n)
            right = (x + laid.label_width - 0.4) * dots
            below = (y + laid.label_height - 0.4) * dots
            strip = (round(right), round(y * dots), round(right + 2), round(below))
            floor = (round(x * dots), round(below), round(right), round(below + 2))
            for box in (strip, floor):
                assert page.crop(box).getextrema() == (255, 255), (sheet, n, box)


async def test_the_order_of_the_walk_goes_down_the_tree(
    session: AsyncSession, street: Project, as_role: SignedIn, jobs: list[bytes]
) -> None:
    desk = await as_role("hotline")
    for order, first in (("code", "A-0"), ("tree", "A-0")):
        await desk.get(f"/projects/{street.code}/labels.pdf", params={"order": order})
        facts = pickle.loads(jobs[-1])["inputs"]["facts"]
        assert facts.index(f'"code": "{first}"') < facts.index('"code": "DB01"')
    far = await make_asset(session, project=street, code="Z-BOX", name="箱", kind="BOX")
    await make_asset(session, project=street, code="B-9", name="灯", parent=far)
    await desk.get(f"/projects/{street.code}/labels.pdf", params={"order": "tree"})
    facts = pickle.loads(jobs[-1])["inputs"]["facts"]
    assert facts.index('"L-030"') < facts.index('"Z-BOX"') < facts.index('"B-9"')


async def test_the_page_says_how_many_and_keeps_what_was_chosen(
    session: AsyncSession, street: Project, as_role: SignedIn
) -> None:
    desk = await as_role("hotline")
    home = f"/projects/{street.code}/labels"
    assert "33 labels" in (await desk.get(home)).text
    assert "31 labels" in (await desk.get(home, params={"of": "DB01-L1"})).text
    assert "1 labels" in (await desk.get(home, params={"of": "DB01", "alone": "true"})).text
    assert "10 labels" in (await desk.get(home, params={"q": "喷泉水下"})).text
    wrong = await desk.get(f"{home}.pdf", params={"first": "99", "order": "tree", "kind": "BOX"})
    assert wrong.status_code == 422
    assert "This paper has places 1 to 21." in wrong.text
    assert 'value="99"' in wrong.text
    assert '<option value="tree" selected>' in wrong.text
    assert 'name="kind" value="BOX"' in wrong.text
    for asked in ({"first": "x"}, {"sheet": "A9"}, {"order": "z"}, {"part": "7"}):
        assert (await desk.get(f"{home}.pdf", params=asked)).status_code == 422, asked
    assert (await desk.get(home, params={"of": "NOPE"})).status_code == 404


async def test_what_is_retired_gets_none(
    session: AsyncSession, street: Project, as_role: SignedIn, now: Any
) -> None:
    lamp = await make_asset(session, project=street, code="OLD", name="旧灯")
    lamp.retired_at = now
    await session.flush()
    desk = await as_role("hotline")
    home = f"/projects/{street.code}/labels"
    assert "33 labels" in (await desk.get(home)).text
    alone = await desk.get(home, params={"of": "OLD", "alone": "true"})
    assert "There is nothing to label." in alone.text
    made = await desk.get(f"{home}.pdf", params={"of": "OLD", "alone": "true"})
    assert made.status_code == 422


async def test_who_does_not_see_the_project_gets_no_labels(
    session: AsyncSession, street: Project, browser_of: SignedIn
) -> None:
    other = await make_project(session)
    person = await make_person(session, role="technician", project_id=other.id)
    stranger = await browser_of(person)
    for address in ("labels", "labels.pdf"):
        assert (await stranger.get(f"/projects/{street.code}/{address}")).status_code == 404


async def test_without_a_public_address_it_is_said_before_printing(
    street: Project, as_role: SignedIn, jobs: list[bytes]
) -> None:
    desk = await as_role("hotline")
    page = (await desk.get(f"/projects/{street.code}/labels")).text
    assert "The house has not been told its public address." in page
    await desk.get(f"/projects/{street.code}/labels.pdf")
    text, _ = next(iter(pickle.loads(jobs[0])["codes"].values()))
    assert re.match(r"https?://[^/]+/q/T\d+", text)


async def test_a_stranger_reads_it_in_his_own_language(
    session: AsyncSession, street: Project
) -> None:
    lamp = await make_asset(session, project=street)
    client = _stranger()
    page = f"/q/{lamp.public_id}"
    english = await client.get(page, headers={"Accept-Language": "fr, en-GB;q=0.8, zh;q=0.1"})
    assert "Please call us" in english.text
    chinese = await client.get(page, headers={"Accept-Language": "zh-TW,en;q=0.5"})
    assert "Please call us" not in chinese.text
    assert lamp.code not in chinese.text
    for nonsense in ("", "*", "en;q=zz", ",,,", "x" * 5000):
        assert (await client.get(page, headers={"Accept-Language": nonsense})).status_code == 200
