"""Find PostgreSQL's own programs (``initdb``, ``postgres``, ``psql`` …)."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

OLDEST = 13  # the first that Odoo 19 supports


def find() -> Path | None:
    """The folder of the newest PostgreSQL ≥ 13 that has a server, or None."""
    found = [(version(folder), folder) for folder in _candidates()]
    usable = [pair for pair in found if pair[0] >= OLDEST]
    return max(usable)[1] if usable else None


@cache
def version(folder: Path) -> int:
    """The major version, 0 if the server does not say it."""
    shown = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True
    ).stdout
    match = re.search(r"(\d+)[.\w]*", shown)
    return int(match[1]) if match else 0


def _candidates() -> list[Path]:
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    in_path = shutil.which("initdb")
    if in_path:
        folders.append(Path(in_path).resolve().parent)
    return [folder for folder in folders if (folder / "postgres").exists()]
