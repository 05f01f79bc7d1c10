"""What the pages of inspections share: who may, and trying the verb of a form."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote

from tickets.door import Session, Typed
from tickets.refusals import Forbidden, Missing, Refused
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs


# A project's code may be Chinese, and a header holds none of it.
def inline(name: str) -> str:
    """How a paper is shown: in the browser, under its name when it is saved."""
    return f"inline; filename*=UTF-8''{quote(name, safe='')}"


Reader = Annotated[Who, needs(Verb.INSPECTION_READ)]
Planner = Annotated[Who, needs(Verb.INSPECTION_PLAN)]
Checker = Annotated[Who, needs(Verb.INSPECTION_CHECK)]
Writer = Annotated[Who, needs(Verb.CHECKLIST_WRITE)]


async def tried(
    session: Session, who: Who, form: Typed[Any], verb: Callable[[], Awaitable[Any]]
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
        return form.refuse(who.locale, refusal)
    return 303
