"""What may be done with inspections: planned, begun, checked, signed, handed over."""

from tickets.inspection.actions.begin import start
from tickets.inspection.actions.checking import MOST_RESULTS, Told, check, choose_rows
from tickets.inspection.actions.checklists import (
    change_item,
    discard,
    draft_of,
    publish,
    remove_item,
    rows_in,
    text_of,
)
from tickets.inspection.actions.findings import open_for, settle
from tickets.inspection.actions.handing import HandedOver, hand_over, link_hash, note_opened
from tickets.inspection.actions.planning import plan_missing, replan, replan_after
from tickets.inspection.actions.printing import printed
from tickets.inspection.actions.remind import remind, tell_of_due, tell_of_visit
from tickets.inspection.actions.signing import checksum_of, open_correction, sign
from tickets.inspection.actions.training import hold_training
from tickets.inspection.actions.upkeep import (
    add_upkeep,
    cancel_upkeep,
    finish_upkeep,
    keep_instrument,
    retire_instrument,
)
from tickets.inspection.actions.visits import plan_visit

__all__ = [
    "MOST_RESULTS",
    "HandedOver",
    "Told",
    "add_upkeep",
    "cancel_upkeep",
    "change_item",
    "check",
    "checksum_of",
    "choose_rows",
    "discard",
    "draft_of",
    "finish_upkeep",
    "hand_over",
    "hold_training",
    "keep_instrument",
    "link_hash",
    "note_opened",
    "open_correction",
    "open_for",
    "plan_missing",
    "plan_visit",
    "printed",
    "publish",
    "remind",
    "remove_item",
    "replan",
    "replan_after",
    "retire_instrument",
    "rows_in",
    "settle",
    "sign",
    "start",
    "tell_of_due",
    "tell_of_visit",
    "text_of",
]
