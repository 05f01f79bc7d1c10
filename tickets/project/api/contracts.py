"""Service contracts, for other programs: made, changed, ended early, renewed."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from tickets.asset import queries as assets
from tickets.door import PROBLEMS, DoorRoute, Line, Now, Passage, Session, Strict
from tickets.project import actions, queries, rules
from tickets.project.api.promises import TermsIn
from tickets.project.models import Contract
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["projects"])

Writer = Annotated[Who, needs(Verb.PROJECT_WRITE)]
Pays = Literal["free", "owner"]


class ContractIn(Strict):
    """`ends_on` is the last day. Without `batches` it is of all, without `kinds` (kinds or
    families, `LUM`) of all equipment. `labour` and `parts`: `free` (included), `owner` (charged).
    `terms` is what it promises otherwise than the project; tickets reported under it run by them.
    """

    starts_on: date
    ends_on: date
    number: Line | None = None
    batches: list[Line] = []
    kinds: list[Line] = []
    labour: Pays = "free"
    parts: Pays = "free"
    terms: TermsIn = TermsIn()
    note: Passage | None = None


class ContractChangeIn(Strict):
    """`version` is the one you read; what is absent stays. Once begun, a change needs a reason."""

    version: int
    starts_on: date | None = None
    ends_on: date | None = None
    number: Line | None = None
    batches: list[Line] | None = None
    kinds: list[Line] | None = None
    labour: Pays | None = None
    parts: Pays | None = None
    terms: TermsIn | None = None
    note: Passage | None = None
    reason: Line | None = None


class EndIn(Strict):
    ends_on: date
    version: int
    reason: Line


class RenewalIn(Strict):
    """From the day after the last; for a year, on the same terms, unless said."""

    ends_on: date | None = None
    number: Line | None = None
    labour: Pays | None = None
    parts: Pays | None = None


class ContractOut(BaseModel):
    """`note` is told to staff alone."""

    id: int
    number: str
    starts_on: date
    ends_on: date
    batches: list[str]
    kinds: list[str]
    labour: Pays
    parts: Pays
    terms: dict[str, Any]
    note: str | None
    version: int


def contract_out(row: Contract, who: Who) -> ContractOut:
    shown = {name: getattr(row, name) for name in ContractOut.model_fields if name != "note"}
    return ContractOut(**shown, note=row.note if who.is_staff else None)


@router.post("/projects/{code}/contracts", status_code=201)
async def add_contract(
    code: str, body: ContractIn, session: Session, now: Now, who: Writer
) -> ContractOut:
    """维护合同: cover that the owner pays for; it grants nothing before its first day."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    assets.must_be_kinds("kinds", body.kinds)
    terms = _terms(body.model_dump() | _numbers(body))
    return contract_out(await actions.add_contract(session, who, found, terms, now=now), who)


@router.patch("/projects/{code}/contracts/{contract_id}")
async def change_contract(
    code: str, contract_id: int, body: ContractChangeIn, session: Session, now: Now, who: Writer
) -> ContractOut:
    """The second of two writers with the same `version` gets 409. Tickets keep what was decided."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    row = await queries.contract(session, found, contract_id)
    given = body.model_dump(exclude={"version", "reason"}, exclude_unset=True) | _numbers(body)
    assets.must_be_kinds("kinds", given.get("kinds") or [])
    kept = {name: getattr(row, name) for name in rules.ContractTerms.__dataclass_fields__}
    changed = {n: value for n, value in given.items() if value is not None or n == "note"}
    return contract_out(
        await actions.change_contract(
            session,
            who,
            found,
            row.id,
            _terms(kept | changed),
            version=body.version,
            reason=body.reason,
            now=now,
        ),
        who,
    )


@router.post("/projects/{code}/contracts/{contract_id}/end")
async def end_contract(
    code: str, contract_id: int, body: EndIn, session: Session, now: Now, who: Writer
) -> ContractOut:
    """提前终止: an earlier last day."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    ended = await actions.end_contract(
        session, who, found, contract_id, **body.model_dump(), now=now
    )
    return contract_out(ended, who)


@router.post("/projects/{code}/contracts/{contract_id}/renewal", status_code=201)
async def renew_contract(
    code: str, contract_id: int, body: RenewalIn, session: Session, now: Now, who: Writer
) -> ContractOut:
    """续签: a contract that follows without a gap; a contract is renewed once."""
    found = await queries.find(session, who, code, Verb.PROJECT_WRITE, lock=True)
    renewed = await actions.renew_contract(
        session, who, found, contract_id, **body.model_dump(), now=now
    )
    return contract_out(renewed, who)


def _terms(fields: dict[str, Any]) -> rules.ContractTerms:
    lists = {name: tuple(fields[name]) for name in ("batches", "kinds")}
    return rules.ContractTerms(**fields | lists)


def _numbers(body: ContractIn | ContractChangeIn) -> dict[str, Any]:
    return {} if body.terms is None else {"terms": body.terms.numbers()}
