"""What is done to projects."""

from tickets.project.actions.accept import accept
from tickets.project.actions.contacts import (
    add_contact,
    change_contact,
    contact_for,
    contact_id_for,
)
from tickets.project.actions.project import NewProject, add_project, change_project
from tickets.project.actions.terms import change_terms

__all__ = [
    "NewProject",
    "accept",
    "add_contact",
    "add_project",
    "change_contact",
    "change_project",
    "change_terms",
    "contact_for",
    "contact_id_for",
]
