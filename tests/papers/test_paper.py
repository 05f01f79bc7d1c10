"""Papers: set by a child, the same bytes each time, in a face that is inside them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tickets import papers
from tickets.refusals import Refused

AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
LETTER = """#import "paper.typ": *
#show: paper.with(title: facts.title, foot: say("Sign out"))
= #facts.title
#facts.text
#day("2026-02-28")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of templates with the house's own ground in it."""
    (tmp_path / "paper.typ").write_text((papers.FOLDER / "paper.typ").read_text())
    (tmp_path / "letter.typ").write_text(LETTER)
    monkeypatch.setattr(papers, "FOLDER", tmp_path)
    papers.said_in.cache_clear()
    yield tmp_path
    papers.said_in.cache_clear()


async def letter(text: str = "喆 堃 镕 㛃 䶮", *, locale: str = "zh-CN") -> bytes:
    facts = {"title": "质保期满通知", "text": text}
    return await papers.paper("letter", facts, locale=locale, at=AT)


def read(made: bytes) -> str:
    """Without spaces: a little room stands between Chinese and figures."""
    pages = PdfReader(BytesIO(made)).pages
    return "\n".join(page.extract_text() for page in pages).replace(" ", "")


async def test_its_words_are_the_readers_and_rare_characters_are_there(folder: Path) -> None:
    chinese, english = read(await letter()), read(await letter(locale="en"))
    for character in "喆堃镕㛃䶮":
        assert character in chinese
    assert "2026年2月28日" in chinese
    assert "退出" in chinese
    assert "28February2026" in english
    assert "Signout" in english


async def test_its_face_is_inside_it_and_no_other(folder: Path) -> None:
    reader = PdfReader(BytesIO(await letter()))
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in fonts.values():
        under = font.get_object()["/DescendantFonts"][0].get_object()
        assert "NotoSansSC" in under["/BaseFont"]
        described = under["/FontDescriptor"].get_object()
        assert any(name in described for name in ("/FontFile2", "/FontFile3"))


async def test_the_same_facts_at_the_same_instant_are_the_same_bytes(folder: Path) -> None:
    assert await letter() == await letter()


async def test_what_somebody_typed_is_never_typst(folder: Path) -> None:
    typed = '#read("/etc/passwd") *x* $ \\ " `'
    assert typed.replace(" ", "") in read(await letter(typed))


async def test_a_picture_is_reached_by_its_name(folder: Path) -> None:
    (folder / "letter.typ").write_text('#import "paper.typ": *\n#image("pictures/a.svg")')
    papers.said_in.cache_clear()
    picture = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    )
    made = await papers.paper("letter", {}, locale="en", pictures={"a.svg": picture}, at=AT)
    assert made.startswith(b"%PDF")


async def test_one_that_cannot_be_set_is_refused_with_a_sentence(folder: Path) -> None:
    (folder / "letter.typ").write_text('#import "paper.typ": *\n#facts.nothing')
    papers.said_in.cache_clear()
    with pytest.raises(Refused, match="could not be made"):
        await letter()


async def test_one_that_takes_for_ever_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "letter.typ").write_text(
        '#import "paper.typ": *\n#let x = 0\n#while true { x = calc.rem(x + 1, 7) }'
    )
    papers.said_in.cache_clear()
    monkeypatch.setattr(papers, "LONGEST", timedelta(seconds=1))
    began = asyncio.get_running_loop().time()
    with pytest.raises(Refused):
        await letter()
    assert asyncio.get_running_loop().time() - began < 5


async def test_many_at_once_are_all_made(folder: Path) -> None:
    made = await asyncio.gather(*(letter(f"第{n}份") for n in range(8)))
    assert [f"第{n}份" in read(each) for n, each in enumerate(made)] == [True] * 8


async def test_without_its_face_nothing_is_set_in_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "FONTS", folder / "fonts")
    with pytest.raises(Refused):
        await letter()
