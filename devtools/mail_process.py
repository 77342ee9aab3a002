"""The mail servers as a process of their own, for as long as a block runs."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from devtools.console import Failure
from devtools.paths import LOGS, PYTHON, ROOT
from devtools.processes import ending, guarded

VARIABLE = "TICKET_SYSTEM_MAIL_SERVERS"


@contextmanager
def running(
    env: Mapping[str, str], directory: Path | None = None, password: str = ""
) -> Iterator[dict[str, str]]:
    """Yield ``env`` with the servers' JSON description in ``VARIABLE``.

    Without ``directory`` the mailboxes are temporary.
    """
    arguments = [str(directory), *([password] if password else [])] if directory else []
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "mail-servers.log").open("w") as log:
        process = subprocess.Popen(
            guarded([PYTHON, "-m", "devtools.mail_servers", *arguments]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=env,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
    with ending(process):
        assert process.stdout
        description = process.stdout.readline().strip()
        if not description:
            lines = (LOGS / "mail-servers.log").read_text().strip().splitlines()
            reason = lines[-1] if lines else "no reason given"
            raise Failure(f"The mail servers do not start: {reason}")
        yield {**env, VARIABLE: description}


def described(env: Mapping[str, str]) -> dict[str, str | int]:
    """The description that ``running`` yielded."""
    description: dict[str, str | int] = json.loads(env[VARIABLE])
    return description
