"""The verbs of groups, duties and absences."""

from tickets.rota.actions.group import add_group, add_member, remove_member, rename_group

__all__ = ["add_group", "add_member", "remove_member", "rename_group"]
