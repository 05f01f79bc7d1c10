"""What is done to what is installed: added, changed and moved, retired and put back, filed."""

from tickets.asset.actions.change import change_asset
from tickets.asset.actions.files import add_file, read_document, remove_file
from tickets.asset.actions.history import note, note_each, note_many
from tickets.asset.actions.register import NewAsset, add_asset, add_many
from tickets.asset.actions.retire import restore, retire
from tickets.asset.actions.together import (
    checked,
    edit_many,
    move_many,
    moves,
    restore_many,
    retire_many,
)

__all__ = [
    "NewAsset",
    "add_asset",
    "add_file",
    "add_many",
    "change_asset",
    "checked",
    "edit_many",
    "move_many",
    "moves",
    "note",
    "note_each",
    "note_many",
    "read_document",
    "remove_file",
    "restore",
    "restore_many",
    "retire",
    "retire_many",
]
