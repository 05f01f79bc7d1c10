"""Photos in pieces: gone on with where the line broke, one photo in the end, and nothing else."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import SignedIn
from tests.makers.visit import make_jpeg
from tickets.media import Photo
from tickets.visit import rules
from tickets.visit.models import Upload, UploadPiece
from workers.sweeps import forget_leftovers

MIB = 1024 * 1024


def large() -> bytes:
    """A JPEG with as many bytes as a camera makes, in three pieces."""
    content = make_jpeg(width=800, height=600)
    return content + b"\0" * (2 * MIB + 1000 - len(content))


async def begun(client: AsyncClient, content: bytes, **more: Any) -> Response:
    told = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return await client.post("/api/v1/uploads", json=told | {"key": str(uuid4())} | more)


async def push(client: AsyncClient, upload: str, offset: int, piece: bytes) -> Response:
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    return await client.patch(f"/api/v1/uploads/{upload}", content=piece, headers=headers)


async def whole(client: AsyncClient, upload: str, content: bytes) -> dict[str, Any]:
    offset = (await client.get(f"/api/v1/uploads/{upload}")).json()["offset"]
    answer = None
    while offset < len(content):
        answer = await push(client, upload, offset, content[offset : offset + MIB])
        assert answer.status_code == 200, answer.text
        offset = answer.json()["offset"]
    assert answer is not None
    told: dict[str, Any] = answer.json()
    return told


async def count(session: AsyncSession, model: Any) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_three_pieces_become_one_photo_like_any_other(
    as_role: SignedIn, session: AsyncSession
) -> None:
    client, content = await as_role("technician"), large()
    answer = await begun(client, content, moment="before")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["offset"], answer.json()["photo"]) == (0, None)
    upload = answer.json()["id"]
    done = await whole(client, upload, content)
    assert done["photo"]
    assert (await client.get(f"/photos/{done['photo']}")).status_code == 200
    photo = (await session.scalars(select(Photo))).one()
    assert (str(photo.id), photo.moment) == (done["photo"], "before")
    assert await count(session, UploadPiece) == 0


async def test_it_goes_on_where_the_line_broke_under_the_same_key(
    as_role: SignedIn, session: AsyncSession
) -> None:
    client, content, key = await as_role("technician"), large(), str(uuid4())
    upload = (await begun(client, content, key=key)).json()["id"]
    assert (await push(client, upload, 0, content[:MIB])).json()["offset"] == MIB
    again = (await begun(client, content, key=key)).json()
    assert (again["id"], again["offset"]) == (upload, MIB)
    done = await whole(client, upload, content)
    # The answer was lost: asked again in any way, it is the same photo.
    assert (await begun(client, content, key=key)).json() == done
    assert (await push(client, upload, 2 * MIB, content[2 * MIB :])).json() == done
    assert (await client.get(f"/api/v1/uploads/{upload}")).json() == done
    files = {"file": ("a.jpg", content)}
    sent_whole = await client.post("/api/v1/photos", files=files, data={"key": key})
    assert sent_whole.json()["id"] == done["photo"]
    assert await count(session, Photo) == 1


@pytest.mark.parametrize(
    ("offset", "length", "status"),
    [
        (MIB, MIB, 409),  # one left out
        (0, 0, 422),
        (0, MIB + 1, 413),
        (-1, MIB, 422),
        (1, MIB, 409),
    ],
)
async def test_a_piece_that_does_not_fit_is_refused(
    as_role: SignedIn, session: AsyncSession, offset: int, length: int, status: int
) -> None:
    client, content = await as_role("technician"), large()
    upload = (await begun(client, content)).json()["id"]
    answer = await push(client, upload, offset, (content * 2)[:length])
    assert answer.status_code == status, answer.text
    assert (await client.get(f"/api/v1/uploads/{upload}")).json()["offset"] == 0
    assert await count(session, UploadPiece) == 0


async def test_more_than_was_announced_is_refused(as_role: SignedIn) -> None:
    client = await as_role("technician")
    upload = (await begun(client, b"x" * 100)).json()["id"]
    assert (await push(client, upload, 0, b"x" * 101)).status_code == 422
    bare = await client.patch(f"/api/v1/uploads/{upload}", content=b"x")
    assert bare.status_code == 422
    assert bare.json()["errors"][0]["field"] == "Upload-Offset"


async def test_what_arrived_otherwise_than_it_was_is_refused_and_may_begin_anew(
    as_role: SignedIn, session: AsyncSession
) -> None:
    client, content, key = await as_role("technician"), large(), str(uuid4())
    upload = (await begun(client, content, key=key)).json()["id"]
    wrong = b"?" + content[1:]
    for at in (0, MIB):
        await push(client, upload, at, wrong[at : at + MIB])
    answer = await push(client, upload, 2 * MIB, wrong[2 * MIB :])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "sha256"
    assert await count(session, Photo) == 0
    assert (await client.delete(f"/api/v1/uploads/{upload}")).status_code == 204
    assert (await client.get(f"/api/v1/uploads/{upload}")).status_code == 404
    fresh = (await begun(client, content, key=key)).json()
    assert (fresh["offset"], fresh["id"] != upload) == (0, True)
    assert (await whole(client, fresh["id"], content))["photo"]
    assert (await client.delete(f"/api/v1/uploads/{fresh['id']}")).status_code == 409


async def test_what_is_no_photo_is_refused_when_it_is_whole(as_role: SignedIn) -> None:
    client, content = await as_role("technician"), b"no photo at all"
    upload = (await begun(client, content)).json()["id"]
    assert (await push(client, upload, 0, content)).status_code == 415


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"sha256": "X" * 64}, 422, "sha256"),
        ({"sha256": "ab"}, 422, "sha256"),
        ({"size": 0}, 422, "size"),
        ({"size": 25 * MIB + 1}, 413, None),
        ({"key": "one"}, 422, "key"),
        ({"moment": "dusk"}, 422, "moment"),
    ],
)
async def test_what_cannot_be_begun(
    as_role: SignedIn, more: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await begun(await as_role("technician"), b"x", **more)
    assert answer.status_code == status
    if field:
        assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_key_is_one_photo_of_one_person(as_role: SignedIn) -> None:
    key = str(uuid4())
    mine, other = await as_role("technician"), await as_role("technician")
    upload = (await begun(mine, b"one", key=key)).json()["id"]
    for answer in (await begun(mine, b"two", key=key), await begun(other, b"one", key=key)):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "key"
    assert (await other.get(f"/api/v1/uploads/{upload}")).status_code == 404
    assert (await push(other, upload, 0, b"one")).status_code == 404


async def test_too_many_unfinished_ones_wait(
    as_role: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.visit.rules.upload.MOST_OPEN", 3)
    client = await as_role("technician")
    keys = [str(uuid4()) for _ in range(4)]
    answers = [await begun(client, b"x", key=key) for key in keys]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert (await begun(client, b"x", key=keys[0])).status_code == 201  # known already
    assert (await begun(await as_role("technician"), b"x")).status_code == 201


async def test_what_nobody_goes_on_with_is_forgotten_after_a_week(
    as_role: SignedIn, session: AsyncSession
) -> None:
    client, content = await as_role("technician"), large()
    for days in (6, 8):
        upload = (await begun(client, content)).json()["id"]
        await push(client, upload, 0, content[:MIB])
        kept = await session.get_one(Upload, upload, populate_existing=True)
        kept.touched_at = datetime.now(UTC) - timedelta(days=days)
        await session.commit()
    assert await forget_leftovers({}) == 1
    assert (await count(session, Upload), await count(session, UploadPiece)) == (1, 1)
    assert timedelta(days=7) == rules.KEPT


async def test_the_owners_people_send_no_pieces(as_role: SignedIn) -> None:
    assert (await begun(await as_role("owner"), b"x")).status_code == 403
