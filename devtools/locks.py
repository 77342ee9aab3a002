"""Locks and stamps: two ``./dev`` at once, and steps that were interrupted."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from devtools.console import Failure, say
from devtools.paths import LOCKS

SHORT = 2  # seconds of waiting that need no word


@contextmanager
def exclusive(name: str, refusal: str = "") -> Iterator[None]:
    """Hold the lock ``name``; wait for it, or fail with ``refusal`` if one is given."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    with (LOCKS / name).open("w") as file:
        if not _lock_within(SHORT, file):
            if refusal:
                raise Failure(refusal)
            say(f"  … waiting for another ./dev ({name})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_within(seconds: float, file: TextIO) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


@contextmanager
def complete_or_absent(target: Path) -> Iterator[Path]:
    """Yield a fresh folder that becomes ``target`` only if the block succeeds."""
    building = target.with_name(f"{target.name}.building")
    remove(building)
    building.mkdir(parents=True)
    yield building
    remove(target)
    building.rename(target)


def remove(path: Path) -> None:
    """Delete a file, link or folder; nothing happens if it is absent."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
