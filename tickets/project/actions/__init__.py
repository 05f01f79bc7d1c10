"""What is done to projects."""

from tickets.project.actions.accept import AcceptanceTerms, accept, correct_acceptance
from tickets.project.actions.contacts import (
    add_contact,
    change_contact,
    contact_for,
    contact_id_for,
)
from tickets.project.actions.contracts import (
    add_contract,
    change_contract,
    end_contract,
    renew_contract,
)
from tickets.project.actions.ending import tell_endings, tell_of_ending
from tickets.project.actions.ends import follow_covers, write_ends
from tickets.project.actions.expiry import hand_over_notice
from tickets.project.actions.project import NewProject, add_project, change_project
from tickets.project.actions.terms import change_terms

__all__ = [
    "AcceptanceTerms",
    "NewProject",
    "accept",
    "add_contact",
    "add_contract",
    "add_project",
    "change_contact",
    "change_contract",
    "change_project",
    "change_terms",
    "contact_for",
    "contact_id_for",
    "correct_acceptance",
    "end_contract",
    "follow_covers",
    "hand_over_notice",
    "renew_contract",
    "tell_endings",
    "tell_of_ending",
    "write_ends",
]
