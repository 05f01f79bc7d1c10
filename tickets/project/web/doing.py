"""What the forms of a project share: who may write, where they lead, and trying the verb."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote

from tickets.door import Session, Typed
from tickets.refusals import Forbidden, Invalid, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

Writer = Annotated[Who, needs(Verb.PROJECT_WRITE)]


def home(code: str, *, covers: bool = False) -> str:
    return f"/projects/{quote(code, safe='')}" + ("/covers" if covers else "")


async def tried(
    session: Session,
    who: Who,
    form: Typed[Any],
    verb: Callable[[], Awaitable[Any]],
    name: Callable[[str], str] = str,
) -> int:
    """Do it, or put the sentence into the form: 303 when it is done, else the form's status."""
    if form.model is None:
        return 422
    try:
        async with session.begin_nested():
            await verb()
    except (Missing, Forbidden):
        raise
    except Refused as refusal:
        if isinstance(refusal, Invalid):
            refusal.field = name(refusal.field)
        return form.refuse(who.locale, refusal)
    return 303
