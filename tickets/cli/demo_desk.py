"""The verbs of the desk and the field as the demonstration speaks them: who, what, how long ago."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.loan import actions as loan
from tickets.sla.rules import Result
from tickets.staff.models import Person
from tickets.staff.rules import Grant, Role, Who
from tickets.ticket import actions as desk
from tickets.ticket.rules import Call, Kind, Main
from tickets.visit import actions as visit
from tickets.visit.rules import Found

TYPING = timedelta(minutes=2)  # a call is typed in while it is heard


def who_is(person: Person, role: Role) -> Who:
    return Who(person.id, person.name, "zh-CN", (Grant(role),))


def ago(*, days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


@dataclass(frozen=True)
class DemoDesk:
    """Every verb happens at its own instant, so acts and clocks are what they would have been."""

    session: AsyncSession
    people: Mapping[str, Person]
    now: datetime

    @property
    def _hotline(self) -> Who:
        return who_is(self.people["zhiban"], Role.HOTLINE)

    @property
    def _lead(self) -> Who:
        return who_is(self.people["zhuguan"], Role.HOTLINE_LEAD)

    def _technician(self, login: str) -> Who:
        return who_is(self.people[login], Role.TECHNICIAN)

    async def call(
        self,
        when: timedelta,
        project: str,
        caller: tuple[str, str],
        words: str,
        *assets: str,
        fault: str | None = None,
        kind: Kind = Kind.FAULT,
        main: Main | None = None,
        channel: str = "phone",
        place: str | None = None,
    ) -> str:
        reported_at = self.now - when
        ticket = await desk.open_ticket(
            self.session,
            self._hotline,
            Call(
                project=project,
                description=words,
                kind=kind,
                fault=fault,
                assets=assets,
                main_equipment=main,
                reporter_name=caller[0],
                reporter_phone=caller[1],
                channel=channel,
                place=place,
                reported_at=reported_at,
            ),
            min(reported_at + TYPING, self.now),
        )
        await self.session.flush()
        return ticket.ref

    async def answer(
        self, when: timedelta, ref: str, technician: str, note: str, comes: timedelta | None = None
    ) -> None:
        """派单 and the first word to the owner; `comes` is counted from now, forwards."""
        at = self.now - when
        await desk.answer(
            self.session,
            self._hotline,
            ref,
            now=at,
            note=note,
            technician=technician,
            expected_at=self.now + comes if comes is not None else None,
        )

    async def arrive(self, when: timedelta, ref: str, technician: str) -> None:
        await visit.arrive(self.session, self._technician(technician), ref, now=self.now - when)

    async def make_safe(self, when: timedelta, ref: str, technician: str, note: str) -> None:
        await visit.make_safe(
            self.session, self._technician(technician), ref, note=note, now=self.now - when
        )

    async def repair(
        self,
        when: timedelta,
        ref: str,
        technician: str,
        work: str,
        cause: str | None,
        *,
        result: Result = Result.FIXED,
        holds: timedelta | None = None,
        on_site: bool = True,
    ) -> None:
        at = self.now - when
        found = Found(
            work=work,
            cause=cause,
            result=result,
            expires_on=(self.now + holds).date() if holds is not None else None,
            on_site=on_site,
        )
        await visit.repair(self.session, self._technician(technician), ref, found, now=at)

    async def measure(self, when: timedelta, ref: str, technician: str, what: str) -> None:
        await loan.record_measure(
            self.session,
            self._technician(technician),
            ref,
            description=what,
            now=self.now - when,
        )

    async def ask(
        self, when: timedelta, ref: str, outcome: str = "works", rating: int | None = None
    ) -> None:
        await desk.call_back(
            self.session,
            self._hotline,
            ref,
            outcome=outcome,
            rating=rating,
            now=self.now - when,
        )

    async def close(self, when: timedelta, ref: str, confirmed_by: str | None = None) -> None:
        await desk.close(
            self.session, self._hotline, ref, now=self.now - when, confirmed_by=confirmed_by
        )

    async def cancel(self, when: timedelta, ref: str, reason: str) -> None:
        await desk.cancel(self.session, self._lead, ref, reason=reason, now=self.now - when)

    async def note(self, when: timedelta, ref: str, text: str) -> None:
        await desk.note(self.session, self._hotline, ref, text=text, now=self.now - when)

    async def urge(self, when: timedelta, ref: str, text: str) -> None:
        await desk.remind(self.session, self._hotline, ref, note=text, now=self.now - when)

    async def promise(self, when: timedelta, ref: str, ahead: timedelta, text: str) -> None:
        await desk.promise_call(
            self.session,
            self._hotline,
            ref,
            at=self.now + ahead,
            note=text,
            now=self.now - when,
        )

    async def call_again(
        self, when: timedelta, ref: str, caller: tuple[str, str], text: str
    ) -> None:
        await desk.add_call(
            self.session,
            self._hotline,
            ref,
            name=caller[0],
            phone=caller[1],
            text=text,
            now=self.now - when,
        )
