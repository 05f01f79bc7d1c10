"""Photos: what is taken, what is refused, what is left of it, and who sees it."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.visit import make_jpeg, make_png
from tickets import media
from tickets.media import Photo, develop
from tickets.refusals import TooLarge, WrongType

ZONE = "Asia/Shanghai"


async def send(client: AsyncClient, content: bytes, name: str = "a.jpg", **more: str) -> str:
    answer = await client.post("/api/v1/photos", files={"file": (name, content)}, data=more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_photo_is_kept_and_shown_to_who_brought_it(as_role: SignedIn) -> None:
    client = await as_role("technician")
    photo = await send(client, make_jpeg())
    answer = await client.get(f"/photos/{photo}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    small = Image.open(BytesIO((await client.get(f"/photos/{photo}/small")).content))
    assert max(small.size) == 320


async def test_nobody_else_sees_a_photo_that_is_on_no_ticket(as_role: SignedIn) -> None:
    photo = await send(await as_role("technician"), make_jpeg())
    other = await as_role("technician")
    assert (await other.get(f"/photos/{photo}")).status_code == 404
    assert (await other.get(f"/photos/{uuid4()}")).status_code == 404


async def test_the_owners_people_add_no_photos(as_role: SignedIn) -> None:
    owner = await as_role("owner")
    answer = await owner.post("/api/v1/photos", files={"file": ("a.jpg", make_jpeg())})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7 " + bytes(2000),
        b"GIF89a" + bytes(200),
        make_jpeg()[:900],
        b"\xff\xd8\xff\xe0" + bytes(5000),
        b"\x89PNG\r\n\x1a\n" + bytes(5000),
    ],
)
async def test_a_file_that_is_no_photo_is_refused(as_role: SignedIn, content: bytes) -> None:
    client = await as_role("technician")
    answer = await client.post("/api/v1/photos", files={"file": ("a.jpg", content)})
    assert answer.status_code == 415
    assert answer.json()["detail"] == "This file is not a photo."


async def test_sixty_megabytes_are_refused(as_role: SignedIn) -> None:
    client = await as_role("technician")
    content = make_jpeg() + bytes(60 * 1024 * 1024)
    answer = await client.post("/api/v1/photos", files={"file": ("a.jpg", content)})
    assert answer.status_code == 413


@pytest.mark.parametrize(("width", "height"), [(7072, 7072), (10_000, 10_000), (14_000, 14_000)])
def test_a_small_file_with_too_many_pixels_is_refused(width: int, height: int) -> None:
    bomb = make_png(width=width, height=height, mode="1")
    assert len(bomb) < media.MAX_BYTES
    with pytest.raises(TooLarge):
        develop(bomb, ZONE)


def test_a_photo_of_the_largest_phone_camera_is_taken() -> None:
    picture = develop(make_jpeg(width=8160, height=6120), ZONE)
    assert (picture.width, picture.height) == (2560, 1920)


def test_nothing_but_the_picture_is_left() -> None:
    """A place, a camera, a comment, a second file behind the first: none rides along."""
    sent = make_jpeg(comment=b"<script>alert(1)</script>") + b"PK\x03\x04<html>evil"
    picture = develop(sent, ZONE)
    for kept in (picture.large, picture.small):
        assert b"Exif" not in kept
        assert b"script" not in kept
        assert b"evil" not in kept
        assert not Image.open(BytesIO(kept)).getexif()


def test_a_photo_taken_upright_stands_upright() -> None:
    turned = develop(make_jpeg(width=640, height=480, orientation=6), ZONE)
    assert (turned.width, turned.height) == (480, 640)
    upright = Image.open(BytesIO(turned.large))
    corner = upright.getpixel((470, 10))
    assert isinstance(corner, tuple)
    assert min(corner) > 200  # its top left has become its top right


def test_what_showed_through_becomes_white() -> None:
    picture = Image.open(BytesIO(develop(make_png(), ZONE).large))
    assert picture.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("taken", "offset", "at"),
    [
        ("2026:11:20 10:00:00", None, datetime(2026, 11, 20, 2, tzinfo=UTC)),
        ("2026:11:20 10:00:00", "+09:00", datetime(2026, 11, 20, 1, tzinfo=UTC)),
        ("2026:11:20 10:00:00", "-05:30", datetime(2026, 11, 20, 15, 30, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None, None),
        ("yesterday", "+99:99", None),
        (None, None, None),
    ],
)
def test_the_shutters_instant_is_kept(
    taken: str | None, offset: str | None, at: datetime | None
) -> None:
    assert develop(make_jpeg(taken=taken, offset=offset), ZONE).taken_at == at


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode: str) -> None:
    assert develop(make_png(mode=mode), ZONE).width == 64


def test_a_webp_is_taken() -> None:
    out = BytesIO()
    Image.new("RGB", (50, 40), "red").save(out, "WEBP")
    assert develop(out.getvalue(), ZONE).height == 40


def test_a_format_nobody_photographs_in_is_refused() -> None:
    out = BytesIO()
    Image.new("RGB", (50, 40), "red").save(out, "TIFF")
    with pytest.raises(WrongType):
        develop(out.getvalue(), ZONE)


async def test_the_same_key_twice_is_one_photo(as_role: SignedIn, session: AsyncSession) -> None:
    client = await as_role("technician")
    key = str(uuid4())
    first = await send(client, make_jpeg(), key=key)
    assert await send(client, make_jpeg(), key=key) == first
    assert await session.scalar(select(func.count()).select_from(Photo)) == 1


async def test_a_key_names_one_photo_only(as_role: SignedIn) -> None:
    client = await as_role("technician")
    key = str(uuid4())
    await send(client, make_jpeg(), key=key)
    answer = await client.post(
        "/api/v1/photos", files={"file": ("a.jpg", make_jpeg(colour="red"))}, data={"key": key}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "key"


async def test_a_delivery_repeated_by_the_network_is_one_photo(as_role: SignedIn) -> None:
    client = await as_role("technician")
    name = {"Idempotency-Key": str(uuid4())}
    answers = [
        await client.post("/api/v1/photos", files={"file": ("a.jpg", make_jpeg())}, headers=name)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replay"] == "true"


async def test_a_photo_lost_from_the_store_is_missing(
    as_role: SignedIn, photo_folder: Path
) -> None:
    client = await as_role("technician")
    photo = await send(client, make_jpeg())
    for file in photo_folder.rglob("*.jpg"):
        file.unlink()
    assert (await client.get(f"/photos/{photo}")).status_code == 404


async def test_the_same_picture_is_stored_once(as_role: SignedIn, photo_folder: Path) -> None:
    client = await as_role("technician")
    assert await send(client, make_jpeg()) != await send(client, make_jpeg())
    assert len(list(photo_folder.rglob("*.jpg"))) == 2  # the large one and the small one


def test_the_store_may_be_a_folder_or_a_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tickets.settings import Settings

    monkeypatch.undo()
    for url, kind in (
        (str(tmp_path / "new"), "LocalStore"),
        (f"file://{tmp_path}/other", "LocalStore"),
        ("s3://bucket/folder", "S3Store"),
    ):
        monkeypatch.setattr(media, "settings", lambda url=url: Settings(storage_url=url))
        assert type(media.store.__wrapped__()).__name__ == kind
