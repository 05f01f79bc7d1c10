"""`tickets …` as an operator runs it: a process of its own, on a database of its own."""

import asyncio
import os
import sys
from pathlib import Path


class Command:
    def __init__(self, url: str, folder: Path) -> None:
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("TICKETS_")} | {
            "TICKETS_DATABASE_URL": url,
            "TICKETS_DATA_DIR": str(folder),
            "LC_ALL": "C",
        }

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tickets.cli",
            *words,
            env=self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *words: str) -> tuple[int, list[str], str]:
        """Exit code, the lines of standard output, and standard error."""
        process = await self.start(*words)
        out, err = await process.communicate()
        assert process.returncode is not None
        assert "Traceback" not in err.decode(), err.decode()
        return process.returncode, out.decode().splitlines(), err.decode()
