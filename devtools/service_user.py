"""Servers refuse to run as root: who runs them, and where that user can reach."""

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

from devtools import locks
from devtools.console import Failure
from devtools.paths import DEV, ROOT

SOCKET_LIMIT = 80  # bytes; the kernel takes 107 with the socket's own name
OUTSIDE = Path("/var/lib/ticket-system-dev")


def name() -> str | None:
    """The unprivileged user for servers, None if we already are one."""
    if os.geteuid():
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    for user in ("postgres", "nobody"):
        if user in known:
            return user
    raise Failure("This machine has no user to run servers as: run ./dev as a user.")


def own(path: Path) -> None:
    """Give ``path`` to the user that runs the servers."""
    user = name()
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def folder(title: str) -> Path:
    """``.dev/<title>``, owned by the server's user.

    Below a closed home folder (``/root``) that user cannot reach it: then it is a link
    to a folder outside. A missing link makes that folder start empty, so that deleting
    ``.dev`` is always a fresh start.
    """
    path = DEV / title
    if name() and not _reachable(DEV):
        target = OUTSIDE / _digest(ROOT) / title
        if not path.is_symlink():
            locks.remove(path)
            locks.remove(target)
            target.mkdir(parents=True)
            DEV.mkdir(exist_ok=True)
            path.symlink_to(target)
        path = target
    path.mkdir(parents=True, exist_ok=True)
    own(path)
    return path


def socket_folder(preferred: Path) -> Path:
    """``preferred`` if a socket's path fits, else a private folder below /tmp."""
    if len(os.fsencode(preferred)) <= SOCKET_LIMIT:
        return preferred
    short = (
        Path(tempfile.gettempdir())
        / f"ticket-system-{os.getuid()}-{_digest(preferred)}"
    )
    short.mkdir(mode=0o700, exist_ok=True)
    status = short.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in _own_ids():
        raise Failure(f"{short} belongs to somebody else; remove it and start again.")
    own(short)
    return short


def _own_ids() -> set[int]:
    user = name()
    return {os.getuid(), pwd.getpwnam(user).pw_uid} if user else {os.getuid()}


def _reachable(path: Path) -> bool:
    existing = (parent for parent in (path, *path.parents) if parent.exists())
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in existing)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
