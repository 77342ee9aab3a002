"""Bring up what a command needs, in order, each step only if it is not yet done."""

import shutil

from devtools import locks, odoo_source, python_env, system
from devtools.console import Failure
from devtools.paths import DEV

ROOM = 3 * 2**30  # bytes for Odoo, the Python packages and a few databases

RUN = ("addon", "odoo", "test")
LINT = (*RUN, "lint")
BENCH = (*RUN, "bench")


def prepare(*, groups: tuple[str, ...] = RUN, browser: bool = False) -> None:
    """System packages, Python packages and Odoo's source."""
    DEV.mkdir(exist_ok=True)
    with locks.exclusive("environment"):
        if not (DEV / "odoo").exists() and shutil.disk_usage(DEV).free < ROOM:
            raise Failure(f"{DEV} needs {ROOM >> 30} GB of free disk space.")
        needs = ["python", "magic", "postgres", "dovecot"]
        system.ensure(*needs, *(["chromium", "fonts"] if browser else []))
        python_env.prepare(*groups)
        odoo_source.prepare()
