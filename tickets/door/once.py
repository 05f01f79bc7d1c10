"""One request, one transaction; a POST that names itself is done once.

`DoorRoute` commits after the answer is made and before it leaves, with the idempotency record
inside (docs/decisions/0002).
"""

import hashlib
import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy import LargeBinary, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from tickets import db
from tickets.refusals import Invalid
from tickets.words import N_


class Answered(db.Base):
    """A POST that named itself (`Idempotency-Key`) and the answer it got, kept with what it did."""

    __tablename__ = "answered"

    asker: Mapped[str] = mapped_column(primary_key=True)  # hash of the credential
    key: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str]
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


COOKIE = "tickets_session"


class DoorRoute(APIRoute):
    """One request, one transaction: it commits after the answer is made and before it leaves.

    A GET only reads, so it needs none.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                is_reading = request.method in ("GET", "HEAD")
                async with db.transaction(is_reading=is_reading) as session:
                    request.state.session = session
                    if request.method == "POST" and "idempotency-key" in request.headers:
                        return await _once(request, session, inner)
                    return await inner(request)
            finally:
                await request.close()  # uploaded files wait on disk until then

        return handler


async def _once(
    request: Request,
    session: AsyncSession,
    inner: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    """The same key and body give the first answer again; a twin in flight waits for the first."""
    try:
        key = UUID(request.headers["idempotency-key"])
    except ValueError:
        raise Invalid("Idempotency-Key", N_("The Idempotency-Key must be a UUID.")) from None
    credential = request.headers.get("authorization") or request.cookies.get(COOKIE)
    if credential is None:
        return await inner(request)  # nobody: refused, or a public door that keeps no answers
    asker = hashlib.sha256(credential.encode()).hexdigest()
    content = await request.body()
    if request.headers.get("content-type", "").startswith("multipart/"):
        # The boundary is chosen anew for each sending; the parts are what counts.
        boundary = re.search(r'boundary="?([^";]+)', request.headers["content-type"])
        if boundary:
            content = content.replace(boundary[1].encode(), b"")
    told = _without_phone_time(content)
    digest = hashlib.sha256(request.url.path.encode() + b"\0" + told).hexdigest()
    fresh = await session.execute(
        insert(Answered)
        .values(asker=asker, key=key, digest=digest)
        .on_conflict_do_nothing()
        .returning(Answered.key)
    )
    row = await session.get_one(Answered, (asker, key))
    if fresh.first() is None:
        if row.digest != digest:
            raise Invalid(
                "Idempotency-Key", N_("This Idempotency-Key was used for something else.")
            )
        return Response(
            row.body,
            row.status or 200,
            {"Idempotent-Replay": "true"},
            row.media_type,
        )
    response = await inner(request)
    row.status = response.status_code
    row.media_type = response.headers.get("content-type")
    row.body = bytes(response.body)
    return response


_PHONE_TIME = re.compile(rb'"phone_time"\s*:\s*"[^"\\]*"')


def _without_phone_time(content: bytes) -> bytes:
    """A phone says anew with each delivery what its clock shows; the act is the same."""
    return _PHONE_TIME.sub(b"", content, count=1)
