"""When this has happened, do that. The whole list, on one page.

A reaction runs in the transaction that marks it handled, so it may only touch the database, and
it may run late or a second time: it looks at what is true now. To reach a person it writes a
notice; `post.py` sends it.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from tickets.events import Event
from tickets.loan import actions as loan
from tickets.project import actions as project
from tickets.rota import actions as rota
from tickets.ticket import actions as ticket
from tickets.visit import actions as visit

Reaction = Callable[[AsyncSession, Event], Awaitable[None]]

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "ticket.opened": (ticket.tell_of_opening,),
    "ticket.assigned": (ticket.tell_of_assignment,),
    "ticket.answered": (),
    "ticket.made_safe": (),
    "ticket.arrived": (),
    "ticket.repaired": (loan.owe_after_repair,),
    "ticket.departed": (),
    "ticket.handed_back": (ticket.tell_of_hand_back,),
    "ticket.signed": (),
    "appointment.made": (),
    "appointment.near": (visit.tell_of_appointment,),
    "ticket.noted": (),
    "ticket.main_decided": (),
    "ticket.called_again": (),
    "ticket.called_back": (),
    "ticket.reminded": (ticket.tell_of_reminder,),
    "call.promised": (),
    "call.kept": (),
    "call.fell_due": (ticket.tell_of_call_due,),
    "call.missed": (ticket.tell_of_missed_call,),
    "shift.handed_over": (),
    "shift.taken_over": (),
    "ticket.checked": (),
    "ticket.severity_changed": (ticket.tell_of_rise,),
    "ticket.reopened": (ticket.tell_of_recurrence,),
    "ticket.linked": (),
    "ticket.merged": (),
    "ticket.split": (),
    "ticket.cover_decided": (),
    "ticket.closed": (),
    "ticket.cancelled": (),
    "clock.warned": (ticket.tell_of_warning,),
    "clock.breached": (loan.owe, ticket.tell_of_breach),
    "clock.breach_withdrawn": (loan.lapse, ticket.tell_of_withdrawal),
    "clock.superseded": (),
    "alert.climbed": (),
    "alert.unheard": (),
    "alert.acknowledged": (),
    "pause.begun": (ticket.tell_of_waiting_pause,),
    "pause.ended": (),
    "pause.accepted": (),
    "pause.rejected": (ticket.tell_of_rejected_pause,),
    "repair.expired": (ticket.tell_of_repair,),
    "repair.unchecked": (ticket.tell_of_repair,),
    "substitution.owed": (ticket.tell_of_debt,),
    "substitution.settled": (),
    "substitution.lapsed": (),
    "project.added": (),
    "project.changed": (),
    "project.accepted": (),
    "project.acceptance_corrected": (),
    "project.expiry_told": (),
    "contract.added": (),
    "contract.changed": (),
    "contract.ended": (),
    "cover.ending": (project.tell_of_ending,),
    "project.terms_changed": (),
    "owner.added": (),
    "contact.added": (),
    "contact.changed": (),
    "asset.added": (),
    "asset.changed": (),
    "asset.imported": (),
    "asset.retired": (),
    "asset.restored": (),
    "asset.filed": (),
    "asset.unfiled": (),
    "group.added": (),
    "group.changed": (),
    "person.added": (),
    "person.changed": (),
    "channel.added": (),
    "channel.changed": (),
    "channel.tested": (),
    "rota.planned": (),
    "rota.gap": (rota.tell_of_gap,),
    "duty.given": (rota.tell_of_duty,),
    "duty.swapped": (rota.tell_of_duty,),
    "absence.added": (ticket.hand_over_at_absence,),
    "absence.begun": (ticket.tell_of_absence,),
    "absence.ended": (),
    "calendar.renewed": (),
    "calendar.revoked": (),
    "person.retired": (rota.replan_for_person,),
    "person.reinstated": (rota.replan_for_person,),
    "token.added": (),
    "token.revoked": (),
}
