"""What is done with people: hired, changed, let go; signing in and out; keys of programs."""

from tickets.staff.actions.person import (
    add_person,
    change_person,
    reinstate,
    retire,
    set_addresses,
    set_locale,
    set_password,
)
from tickets.staff.actions.role import grant_role, withdraw_role
from tickets.staff.actions.sign_in import (
    change_own_password,
    mark_seen,
    mark_used,
    note_unknown_label,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from tickets.staff.actions.token import add_token, revoke_token

__all__ = [
    "add_person",
    "add_token",
    "change_own_password",
    "change_person",
    "grant_role",
    "mark_seen",
    "mark_used",
    "note_unknown_label",
    "reinstate",
    "retire",
    "revoke_token",
    "set_addresses",
    "set_locale",
    "set_password",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "withdraw_role",
]
