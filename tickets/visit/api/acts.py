"""The acts of a visit that clocks are judged by, as JSON: on site, made safe, repaired."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tickets.desk.queries.ticket import TicketShown, shown
from tickets.door import (
    PROBLEMS,
    ActIn,
    ActKey,
    DoorRoute,
    Line,
    Now,
    Passage,
    Session,
    Strict,
)
from tickets.sla.rules import Result
from tickets.staff.rules import Verb, Who
from tickets.staff.signed_in import needs
from tickets.visit import actions
from tickets.visit.rules import Found, Measured, PartUsed, Stood

router = APIRouter(route_class=DoorRoute, responses=PROBLEMS, tags=["visit"])


class PositionIn(Strict):
    """Where the phone was: WGS-84 degrees, accuracy in metres; `mock` where the phone itself says
    that the position was made up."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    accuracy_m: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    mock: bool = False

    def as_stood(self) -> Stood:
        return Stood(self.lat, self.lon, self.accuracy_m, self.mock)


class ArrivalIn(ActIn):
    position: PositionIn | None = None


class MadeSafeIn(ActIn):
    """`note`: how it was isolated or guarded; `isolated`: which breaker or cabinet, `isolated_by`:
    whose hand it was, where it was another's."""

    note: Passage
    isolated: Line | None = None
    isolated_by: Line | None = None


class PartIn(Strict):
    name: Line
    quantity: Annotated[Decimal, Field(gt=0, le=Decimal("999999.999"), decimal_places=3)] = Decimal(
        1
    )
    unit_price: (
        Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)] | None
    ) = None
    old_serial: Line | None = None
    new_serial: Line | None = None

    def as_used(self) -> PartUsed:
        return PartUsed(self.name, self.quantity, self.unit_price, self.old_serial, self.new_serial)


Value = Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000, decimal_places=4)]


class MeasurementIn(Strict):
    """`name` is one of insulation (MΩ), leakage (mA), earth (Ω), voltage (V), current (A), lux
    (lx), or whatever else was measured; `before` the work, `after` it, or both."""

    name: Line
    before: Value | None = None
    after: Value | None = None
    unit: Annotated[Line, Field(max_length=20)]

    def as_measured(self) -> Measured:
        return Measured(self.name, self.unit, self.before, self.after)


class RepairIn(ActIn):
    """`cause` is a code of the trade (C_PRODUCT, C_THIRD, …), needed once it is fixed; a
    `temporary` repair names the day until which it holds. Only `fixed` keeps the promise."""

    on_site: bool = False
    result: Result = Result.FIXED
    expires_on: date | None = None
    cause: Line | None = None
    work: Passage
    check_after_dark: bool = False
    parts: Annotated[list[PartIn], Field(max_length=100)] = []
    measurements: Annotated[list[MeasurementIn], Field(max_length=50)] = []


@router.post("/tickets/{ref}/arrival")
async def arrive(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_ARRIVE)],
    session: Session,
    now: Now,
    given: ArrivalIn = ArrivalIn(),  # noqa: B008
    key: ActKey = None,
) -> TicketShown:
    """Somebody of ours is on site; that answers the caller too."""
    ticket = await actions.arrive(
        session,
        who,
        ref,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        position=given.position.as_stood() if given.position else None,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/made_safe")
async def make_safe(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_MAKE_SAFE)],
    session: Session,
    now: Now,
    given: MadeSafeIn,
    key: ActKey = None,
) -> TicketShown:
    """Isolated or guarded: nobody can come to harm any more."""
    ticket = await actions.make_safe(
        session,
        who,
        ref,
        note=given.note,
        isolated=given.isolated,
        isolated_by=given.isolated_by,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)


@router.post("/tickets/{ref}/repair")
async def repair(
    ref: str,
    who: Annotated[Who, needs(Verb.TICKET_REPAIR)],
    session: Session,
    now: Now,
    given: RepairIn,
    key: ActKey = None,
) -> TicketShown:
    """What it was, what was done, with which result; the cause settles who pays."""
    found = Found(
        work=given.work,
        cause=given.cause,
        result=given.result,
        expires_on=given.expires_on,
        on_site=given.on_site,
        parts=tuple(part.as_used() for part in given.parts),
        check_after_dark=given.check_after_dark,
        measurements=tuple(each.as_measured() for each in given.measurements),
    )
    ticket = await actions.repair(
        session,
        who,
        ref,
        found,
        now=now,
        at=given.at,
        phone_time=given.phone_time,
        key=key,
        photos=given.photos,
        signature=given.signature,
    )
    return await shown(session, ticket, now)
