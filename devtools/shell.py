"""``./dev shell``: a program or a console with ``env`` bound."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from devtools import database, odoo, postgres
from devtools.console import Failure
from devtools.processes import run_in_foreground


def run(name: str | None, *, fresh: bool, file: Path | None) -> int:
    """Odoo's shell on the named, a fresh, or the demo database.

    As in Odoo's shell nothing is committed unless the program does. Standard output is
    the program's; the exit status is 1 after an exception, with the traceback on
    standard error.
    """
    with postgres.running():
        chosen: AbstractContextManager[str]
        if fresh:
            chosen = database.temporary("shell", demo=False)
        elif name:
            if name not in database.names():
                raise Failure(
                    f"There is no database {name}; ./dev shell --fresh has one."
                )
            chosen = nullcontext(name)
        else:
            raise Failure("Say which database: --db NAME, or --fresh for a new one.")
        with chosen as found:
            command = odoo.command(
                "shell", "-d", found, "--no-http", "--log-level=warn"
            )
            env = odoo.environment()
            if not file:
                return run_in_foreground(command, env=env, stdin=sys.stdin.buffer)
            with file.open("rb") as program:
                return run_in_foreground(command, env=env, stdin=program)
