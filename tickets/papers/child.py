"""One paper and the end: a job comes in by stdin, its PDF goes out by stdout.

Run by its path, without the rest of the house: of ours it imports the drawing of codes alone.
"""

import pickle
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

import typst


def drawn(codes: dict[str, tuple[str, str]]) -> dict[str, bytes]:
    if not codes:
        return {}
    picture = runpy.run_path(str(Path(__file__).with_name("codes.py")))["picture"]
    return {name: picture(*code) for name, code in codes.items()}


def laid(job: dict[str, Any], folder: str) -> None:
    """The sources and pictures of a job, where typst looks for them."""
    root = Path(folder)
    for name, content in job["sources"].items():
        (root / name).write_bytes(content)
    (root / "pictures").mkdir()
    for name, content in (job["pictures"] | drawn(job["codes"])).items():
        (root / "pictures" / name).write_bytes(content)


def compiled(job: dict[str, Any], folder: str, **how: Any) -> Any:
    return typst.compile(
        str(Path(folder) / job["main"]),
        root=folder,
        font_paths=[job["fonts"]],
        ignore_system_fonts=True,
        sys_inputs=job["inputs"],
        timestamp=job["at"],
        **how,
    )


def main() -> None:
    job = pickle.loads(sys.stdin.buffer.read())  # our own parent's
    if not list(Path(job["fonts"]).glob("*.ttf")):
        sys.exit(f"no fonts in {job['fonts']}")  # typst would take a face without Chinese
    with tempfile.TemporaryDirectory() as folder:
        laid(job, folder)
        sys.stdout.buffer.write(compiled(job, folder, format="pdf"))


if __name__ == "__main__":
    main()
