"""docs/running.md names every setting and every command, and nothing that does not exist."""

import re

from tickets.cli import COMMANDS
from tickets.pages import ROOT
from tickets.settings import Settings

PAGE = (ROOT / "docs" / "running.md").read_text()


def test_every_setting_is_documented_and_no_other() -> None:
    told = set(re.findall(r"^\| `TICKETS_(\w+)` \|", PAGE, re.MULTILINE))
    assert told == {name.upper() for name in Settings.model_fields}


def test_every_command_is_documented() -> None:
    told = set()
    for words in re.findall(r"^\| `tickets ([^`]+)` \|", PAGE, re.MULTILINE):
        first, _, rest = words.partition(" ")
        told |= {f"{first} {verb}" for verb in rest.split(r"\|") if verb.islower()} or {first}
    assert told == set(COMMANDS)
