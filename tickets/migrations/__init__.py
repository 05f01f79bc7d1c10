"""The schema's history (alembic), run from code: no ini file, no shell."""

import asyncio
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def load_tables() -> None:
    """Import whatever defines a table, so that `Base.metadata` is whole."""
    here = Path(__file__).parent.parent
    for module in ("events", "media", "pulse", "door"):
        import_module(f"tickets.{module}")
    for path in sorted(here.glob("*/models.py")):
        import_module(f"tickets.{path.parent.name}.models")


def config(url: str = "") -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["url"] = url
    return made


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision; the newest by default."""
    await asyncio.to_thread(command.upgrade, config(url), revision)


def newest() -> str:
    """The revision the code expects."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    assert head is not None
    return head
