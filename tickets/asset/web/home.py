"""Where the register of a project is at home, and who reads and writes it."""

from typing import Annotated
from urllib.parse import quote

from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

Reader = Annotated[Who, needs(Verb.ASSET_READ)]
Writer = Annotated[Who, needs(Verb.ASSET_WRITE)]


def home(code: str, asset: str = "") -> str:
    place = f"/projects/{quote(code, safe='')}/assets"
    return f"{place}/{quote(asset, safe='')}" if asset else place
