"""Programs that ``./dev`` starts: none outlives it."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from devtools.console import Failure
from devtools.paths import LOGS, ROOT

GRACE = 20  # seconds between SIGTERM and SIGKILL
TAIL = 12  # lines of a log that a failure shows

Command = Sequence[str | Path]  # program and arguments


def guarded(
    command: Command, *, user: str | None = None, parting: str = "TERM"
) -> list[str]:
    """``command`` such that the kernel sends it ``parting`` when its parent dies."""
    prefix = ["setpriv", "--pdeathsig", parting]
    if user:
        prefix += ["--reuid", user, "--regid", user_group(user), "--clear-groups"]
    return [*prefix, "--", *map(str, command)]


def user_group(user: str) -> str:
    """The numeric primary group of ``user``."""
    import pwd

    return str(pwd.getpwnam(user).pw_gid)


def run_logged(
    command: Command,
    log: str,
    failure: str,
    *,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path = ROOT,
    watch: Callable[[str], None] | None = None,
    program: str = "",
) -> None:
    """Run to the end with all output in ``.dev/logs/<log>.log``.

    ``watch`` gets each line as it comes, ``program`` (short) is the standard input. If
    the command fails, ``failure`` and the log's last lines are the error.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("w") as file:
        process = subprocess.Popen(
            guarded(command, user=user),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
        )
        with ending(process):
            assert process.stdin and process.stdout
            process.stdin.write(program)
            process.stdin.close()
            for line in process.stdout:
                file.write(line)
                file.flush()
                if watch:
                    watch(line.strip())
            process.wait()
    if process.returncode:
        shown = "".join(f"\n    {line}" for line in _telling_lines(path)[-TAIL:])
        raise Failure(f"{failure}\n  From {path}:{shown}")


def _telling_lines(log: Path) -> list[str]:
    """The lines without routine messages and the markers below traceback lines."""
    lines = log.read_text(errors="replace").splitlines()
    return [ln for ln in lines if " INFO " not in ln and ln.strip(" ^~")]


def run_in_foreground(
    command: Command, *, env: Mapping[str, str], stdin: IO[bytes] | None = None
) -> int:
    """Run with the terminal handed over; the exit status is the program's own."""
    process = subprocess.Popen(guarded(command), env=env, cwd=ROOT, stdin=stdin)
    with ending(process):
        while True:
            try:
                status = process.wait()
                break
            except KeyboardInterrupt:
                continue  # the terminal sent it to the program as well
    return status if status >= 0 else 128 - status


@contextmanager
def ending(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens in the block, ``process`` is gone after it."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def terminate_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind the stack, so that every ``finally`` runs."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def as_root() -> bool:
    return os.geteuid() == 0
