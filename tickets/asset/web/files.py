"""Photos and documents of an asset: brought, shown small, opened, taken away."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from tickets import media
from tickets.asset import actions, queries
from tickets.asset.rules import MOST_BYTES, SERVED
from tickets.asset.web.asset import BelowForm, shown
from tickets.asset.web.home import Reader, Writer, home
from tickets.door import DoorRoute, Now, Session, Typed
from tickets.project import queries as projects
from tickets.refusals import Forbidden, Invalid, Missing, Refused, TooLarge
from tickets.staff.rules import Verb

router = APIRouter(route_class=DoorRoute)

# Whatever is in it, it runs nowhere and is taken for nothing else.
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
MOST_AT_ONCE = 20
FileId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/projects/{code}/assets/{asset}/files")
async def add(
    request: Request, code: str, asset: str, session: Session, now: Now, who: Writer
) -> Response:
    """All of them, or none: the sentence names the one that cannot be taken."""
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    found = await queries.find(session, project.id, asset)
    form = await request.form()
    brought = [
        file for file in form.getlist("file") if isinstance(file, UploadFile) and file.filename
    ]
    read: Typed[BelowForm] = Typed()
    try:
        async with session.begin_nested():
            if not brought:
                raise Invalid("file", "Please choose a file first.")
            if len(brought) > MOST_AT_ONCE:
                raise Invalid("file", "At most {most} files at once.", most=MOST_AT_ONCE)
            for file in brought:
                if (file.size or 0) > MOST_BYTES:
                    raise TooLarge(
                        "A file may have at most {megabytes} MB.", megabytes=MOST_BYTES >> 20
                    )
                await actions.add_file(
                    session,
                    who,
                    project,
                    found,
                    name=file.filename or "",
                    content=await file.read(),
                    now=now,
                )
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        status = read.refuse(who.locale, refusal)
        return await shown(request, session, who, code, asset, now, refused=read, status=status)
    return RedirectResponse(f"{home(code, asset)}#files", 303)


@router.get("/projects/{code}/assets/{asset}/files/{file_id}")
async def file(code: str, asset: str, file_id: FileId, session: Session, who: Reader) -> Response:
    """A photo is shown, a document always downloaded."""
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    kept, photo = await queries.file(session, found, file_id)
    if photo is not None:
        return Response(
            await media.read(photo), media_type="image/jpeg", headers=_HEADERS | _named(kept.name)
        )
    return Response(
        await actions.read_document(kept),
        media_type=SERVED[kept.name.rpartition(".")[2]],
        headers=_HEADERS | _named(kept.name, "attachment"),
    )


@router.get("/projects/{code}/assets/{asset}/files/{file_id}/small")
async def small(code: str, asset: str, file_id: FileId, session: Session, who: Reader) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_READ)
    found = await queries.find(session, project.id, asset)
    _, photo = await queries.file(session, found, file_id)
    if photo is None:
        raise Missing("There is no such file.")
    return Response(await media.read(photo, small=True), media_type="image/jpeg", headers=_HEADERS)


@router.post("/projects/{code}/assets/{asset}/files/{file_id}/removal")
async def remove(
    code: str, asset: str, file_id: FileId, session: Session, now: Now, who: Writer
) -> Response:
    project = await projects.find(session, who, code, Verb.ASSET_WRITE)
    found = await queries.find(session, project.id, asset, lock=True)
    await actions.remove_file(session, who, project, found, file_id, now=now)
    return RedirectResponse(f"{home(code, asset)}#files", 303)


def _named(name: str, how: str = "inline") -> dict[str, str]:
    """RFC 6266: the whole name, and an ASCII one for what does not read it."""
    whole = quote(name, safe="")
    plain = "".join(ch if ch.isascii() and ch not in '"\\' else "_" for ch in name)
    return {"Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}"}
