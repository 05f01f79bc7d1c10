"""What makes an app of the round: its worker, its modules, its manifest, what the phone holds."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_json

from tickets.door import DoorRoute, Session
from tickets.pages import ROOT, asset_url, page, phone_url, phone_version
from tickets.refusals import Missing
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.words import N_, say

router = APIRouter(route_class=DoorRoute)
public = APIRouter()

_FOR_EVER = "public, max-age=31536000, immutable"
# What a page of the phone asks for before anything is typed.
_STYLES = ("app.css", "round.css", "phone.css", "inspection.css")
_SCRIPTS = ("ticking.js", "page.js", "search.js", "round.js", "signing.js", "held_place.js")
_ICONS = ("icons/icon.svg", "icons/icon-192.png")


def shell() -> list[str]:
    modules = sorted(file.name for file in (ROOT / "static" / "phone").glob("*.js"))
    return [asset_url(name) for name in (*_STYLES, *_SCRIPTS, *_ICONS)] + [
        phone_url(m) for m in modules
    ]


@cache
def _worker() -> bytes:
    """The worker with its version in it, so that a new version is another worker."""
    version = phone_version()
    source = (ROOT / "static" / "sw.js").read_text("utf-8")
    told = to_json(version), to_json(shell())
    begins = b"const VERSION = %b;\nconst SHELL = %b;\n" % told
    return begins + source.replace("/phone/VERSION/", f"/phone/{version}/").encode()


@public.get("/sw.js")
async def worker() -> Response:
    headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
    return Response(_worker(), headers=headers, media_type="text/javascript")


@public.get("/phone/{version}/{name}")
async def module(
    version: Annotated[str, Path(max_length=40)],
    name: Annotated[str, Path(pattern=r"^[a-z_]+\.js$", max_length=40)],
) -> Response:
    """A module below its version: what it imports has the same version. Whoever still asks for an
    older one gets what there is, all of it of one kind, and does not keep it."""
    file = ROOT / "static" / "phone" / name
    if not file.is_file():
        raise Missing(N_("There is nothing here."))
    keeping = _FOR_EVER if version == phone_version() else "no-store"
    headers = {"Cache-Control": keeping}
    return Response(file.read_bytes(), headers=headers, media_type="text/javascript")


@public.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    locale = request.state.locale
    told: dict[str, Any] = {
        "id": "/round",
        "name": say(locale, N_("Afterglow, my round")),
        "short_name": say(locale, N_("My round")),
        "lang": locale,
        "start_url": "/round",
        "scope": "/",
        "display": "standalone",
        "orientation": "any",
        "background_color": "#101217",
        "theme_color": "#101217",
        "icons": [
            {"src": asset_url("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            *(
                {
                    "src": asset_url(f"icons/icon{kind}-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for kind, purpose in (("", "any"), ("-maskable", "maskable"))
                for size in (192, 512)
            ),
        ],
        "shortcuts": [{"name": say(locale, N_("What this phone holds")), "url": "/round/queue"}],
    }
    headers = {"Cache-Control": "no-cache"}
    return JSONResponse(told, headers=headers, media_type="application/manifest+json")


Technician = Annotated[Who, needs(Verb.ROUND_SEE)]


@router.get("/round/queue")
async def held(request: Request, who: Technician, session: Session) -> Response:
    """The frame alone: only the phone knows what it holds."""
    return _of(who, page(request, "round/queue.html"))


@router.get("/round/scan")
async def scan(request: Request, who: Technician, session: Session) -> Response:
    """The frame alone: the phone's camera looks."""
    return _of(who, page(request, "round/scan.html"))


@router.get("/round/offline")
async def away(request: Request, who: Technician, session: Session) -> Response:
    """Shown for a page that is not on the phone, when there is no network."""
    return _of(who, page(request, "round/offline.html"))


def _of(who: Who, response: Response) -> Response:
    response.headers["X-Person"] = str(who.id)
    return response


router.include_router(public)
