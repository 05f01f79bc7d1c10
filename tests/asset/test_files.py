"""Photos and documents of an asset: told by their bytes, cleaned, downloaded, taken away."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from obstore.store import LocalStore
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.asset import make_asset
from tests.makers.project import make_project
from tests.makers.staff import make_person
from tests.makers.visit import make_jpeg
from tickets import media
from tickets.asset.models import AssetChange, AssetFile
from tickets.asset.rules import MOST_BYTES, clean_name, ending_of

HOME = "/projects/P1/assets/L1"
PDF = b"%PDF-1.7\n%fake, as far as we look\n"


def office(folder: str, *more: str) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as parts:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            parts.writestr(name, "<x/>")
    return out.getvalue()


@pytest.fixture(autouse=True)
def store_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "store", lambda: LocalStore(tmp_path))


@pytest.mark.parametrize(
    ("content", "name", "ending"),
    [
        (PDF, "x.pdf", "pdf"),
        (office("word"), "x.docx", "docx"),
        (office("xl"), "x", "xlsx"),
        (office("ppt"), "x.pptx", "pptx"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 100, "老表.XLS", "xls"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "x.exe", "doc"),
        (b"<html><script>alert(1)</script>", "x.pdf", None),
        (b"MZ" + office("word"), "x.docx", None),
        (b"\n" + PDF, "x.pdf", None),
        (b"PK\x03\x04 nothing", "x.docx", None),
        (office("META-INF"), "x.docx", None),
        (b"", "x.pdf", None),
    ],
)
def test_what_it_is_its_bytes_say(content: bytes, name: str, ending: str | None) -> None:
    assert ending_of(content, name) == ending


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("合格证.pdf", "合格证.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\li\\报告.PDF", "报告.pdf"),
        ("gpj.exe\u202efdp.pdf", "gpj.exefdp.pdf"),
        ("a\u200b\x00b\r\nc\u2028.pdf", "abc.pdf"),
        ('x"; filename="y.html', "x_; filename=_y.html.pdf"),
        ("x.pdf.exe", "x.pdf.exe.pdf"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        (".pdf", "document.pdf"),
        ("长" * 300 + ".pdf", "长" * 100 + ".pdf"),
    ],
)
def test_a_name_is_cleaned_and_ends_as_what_it_is(name: str, kept: str) -> None:
    assert clean_name(name, "pdf") == kept


async def _ready(session: AsyncSession) -> None:
    project = await make_project(session, code="P1")
    await make_asset(session, project=project, code="L1")


async def test_documents_are_kept_as_they_came_and_only_downloaded(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await _ready(session)
    client = await as_role("manager")
    # A page hidden in a PDF: whoever opens it gets a download in a sandbox, nothing runs.
    polyglot = PDF + b"<html><script>alert(document.domain)</script></html>"
    answer = await client.post(f"{HOME}/files", files={"file": ("..\\图纸\u202e.html", polyglot)})
    assert answer.status_code == 303, answer.text
    kept = (await session.scalars(select(AssetFile))).one()
    assert (kept.name, kept.size, kept.photo_id) == ("图纸.html.pdf", len(polyglot), None)
    got = await client.get(f"{HOME}/files/{kept.id}")
    assert got.content == polyglot
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"
    said = got.headers["content-disposition"]
    assert said.startswith("attachment; filename=\"__.html.pdf\"; filename*=UTF-8''%E5%9B%BE")
    assert (await client.get(f"{HOME}/files/{kept.id}/small")).status_code == 404
    assert "图纸.html.pdf" in (await client.get(HOME)).text


async def test_a_photo_loses_what_rides_along(session: AsyncSession, as_role: SignedIn) -> None:
    await _ready(session)
    client = await as_role("manager")
    both = [("file", ("a.jpg", make_jpeg() + office("word"))), ("file", ("b.docx", office("word")))]
    assert (await client.post(f"{HOME}/files", files=both)).status_code == 303
    photo, document = (await session.scalars(select(AssetFile).order_by(AssetFile.id))).all()
    assert (photo.name, document.name) == ("a.jpg", "b.docx")
    got = await client.get(f"{HOME}/files/{photo.id}")
    assert got.headers["content-type"] == "image/jpeg"
    assert b"PK\x03\x04" not in got.content
    assert b"SecretPhone" not in got.content
    assert (await client.get(f"{HOME}/files/{photo.id}/small")).status_code == 200
    assert f'{HOME}/files/{photo.id}/small"' in (await client.get(HOME)).text


async def test_what_is_no_document_is_refused_and_nothing_of_it_kept(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await _ready(session)
    client = await as_role("manager")
    good = ("file", ("b.docx", office("word")))
    for content, status in (
        (b"<script>alert(1)</script>", 415),
        (b"\xff\xd8\xff no photo", 415),
        (b"", 422),
        (b"%PDF-" + b"\0" * MOST_BYTES, 413),
    ):
        files = [good, ("file", ("a.pdf", content))]
        answer = await client.post(f"{HOME}/files", files=files)
        assert answer.status_code == status, answer.text[:200]
        assert 'role="alert"' in answer.text
    assert (await client.post(f"{HOME}/files", data={"file": ""})).status_code == 422
    assert list(await session.scalars(select(AssetFile))) == []


async def test_what_was_removed_is_nowhere_but_in_the_history(
    session: AsyncSession, as_role: SignedIn
) -> None:
    await _ready(session)
    client = await as_role("manager")
    await client.post(f"{HOME}/files", files={"file": ("a.pdf", PDF)})
    kept = (await session.scalars(select(AssetFile))).one()
    assert (await client.post(f"{HOME}/files/{kept.id}/removal")).status_code == 303
    assert (await client.get(f"{HOME}/files/{kept.id}")).status_code == 404
    assert (await client.post(f"{HOME}/files/{kept.id}/removal")).status_code == 404
    told = await session.execute(
        select(AssetChange.what, AssetChange.fields).order_by(AssetChange.id)
    )
    assert [tuple(row) for row in told] == [
        ("filed", {"file": [None, "a.pdf"]}),
        ("unfiled", {"file": ["a.pdf", None]}),
    ]
    page = (await client.get(HOME)).text
    assert "File removed" in page
    assert "/files/" + str(kept.id) not in page


async def test_who_reads_assets_reads_their_files_and_no_others(
    session: AsyncSession, browser_of: SignedIn, as_role: SignedIn
) -> None:
    await _ready(session)
    other = await make_project(session, code="P2")
    await make_asset(session, project=other, code="L1")
    writer = await as_role("manager")
    await writer.post(f"{HOME}/files", files={"file": ("a.pdf", PDF)})
    kept = (await session.scalars(select(AssetFile))).one()
    reader = await as_role("technician")
    assert (await reader.get(f"{HOME}/files/{kept.id}")).status_code == 200
    assert (await reader.post(f"{HOME}/files", files={"file": ("a.pdf", PDF)})).status_code == 403
    assert (await reader.post(f"{HOME}/files/{kept.id}/removal")).status_code == 403
    stranger = await browser_of(await make_person(session, role="owner", project_id=other.id))
    assert (await stranger.get(f"{HOME}/files/{kept.id}")).status_code == 404
    # Its number under another asset's address is no way in.
    wrong = await stranger.get(f"/projects/P2/assets/L1/files/{kept.id}")
    assert wrong.status_code == 404
    assert (await reader.get(f"{HOME}/files/99999999999")).status_code == 422
