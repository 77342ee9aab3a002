"""What the machine must have: looked up first, installed by apt if missing."""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools import postgres_programs
from devtools.console import Failure, step
from devtools.processes import as_root, run_logged

DOVECOT = Path("/usr/sbin/dovecot")
CHROMIUM_NAMES = ("google-chrome", "chromium", "chromium-browser")
POLICY = Path("/usr/sbin/policy-rc.d")


def _has_fonts() -> bool:
    folders = (Path("/usr/share/fonts"), Path.home() / ".local/share/fonts")
    return any(next(folder.rglob("*.[to]tf"), None) for folder in folders)


def _has_venv() -> bool:
    return importlib.util.find_spec("ensurepip") is not None


def _has_dovecot() -> bool:
    return dovecot() is not None and Path("/usr/lib/dovecot/imap").exists()


def dovecot() -> str | None:
    """The Dovecot program; ``/usr/sbin`` is not in every user's PATH."""
    return shutil.which("dovecot") or (str(DOVECOT) if DOVECOT.exists() else None)


def _has_chromium() -> bool:
    return any(map(shutil.which, CHROMIUM_NAMES))


# The Debian packages of each need and how to see that they are not needed.
NEEDS: dict[str, tuple[tuple[str, ...], Callable[[], bool]]] = {
    "python": (("python3-venv",), _has_venv),
    "magic": (("libmagic1",), lambda: bool(ctypes.util.find_library("magic"))),
    "postgres": (("postgresql",), lambda: postgres_programs.find() is not None),
    "dovecot": (("dovecot-imapd",), _has_dovecot),
    "chromium": (("chromium",), _has_chromium),
    "fonts": (("fonts-liberation",), _has_fonts),
}


def ensure(*needs: str) -> None:
    """Install what is missing of ``needs``; raises Failure with the command to run."""
    missing = [need for need in needs if not NEEDS[need][1]()]
    packages = [package for need in missing for package in NEEDS[need][0]]
    if not packages:
        return
    _apt_install(packages)
    for need in missing:
        if not NEEDS[need][1]():
            raise Failure(
                f"apt installed {' '.join(NEEDS[need][0])}, but this machine still"
                f" has no usable {need}; see README.md for what is needed."
            )


def _apt_install(packages: list[str]) -> None:
    if not shutil.which("apt-get"):
        raise Failure(
            "This machine has no apt; please install by its own package manager what"
            f" Debian calls: {' '.join(packages)}"
        )
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    as_user = [] if as_root() else ["sudo", "-n"]
    if as_user and not _sudo_works():
        raise Failure(
            "Some packages are missing. Please run this, then start again:\n"
            f"    sudo apt-get update && sudo {' '.join(install)}"
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    prefix = [*as_user, "env", "DEBIAN_FRONTEND=noninteractive"]
    with step(f"Installing {' '.join(packages)}") as detail, _no_services(as_user):
        run_logged(
            [*prefix, "apt-get", "update"],
            "apt-update",
            "apt could not read the package lists; is a mirror reachable?",
            env=env,
            watch=detail,
        )
        run_logged(
            [*prefix, *install],
            "apt-install",
            "apt could not install the packages; the log says why.",
            env=env,
            watch=detail,
        )


def _sudo_works() -> bool:
    if not shutil.which("sudo"):
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0


@contextmanager
def _no_services(as_user: list[str]) -> Iterator[None]:
    """Keep the packages from starting their system services (policy-rc.d)."""
    if POLICY.exists():
        yield
        return
    script = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"
    subprocess.run([*as_user, "sh", "-c", script], check=True)
    try:
        yield
    finally:
        subprocess.run([*as_user, "rm", "-f", str(POLICY)], check=True)
