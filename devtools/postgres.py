"""A private PostgreSQL cluster that lives exactly as long as somebody uses it.

Each ``./dev`` holds a shared lock on ``users``; the keeper, a process of its own,
starts the server and stops it as soon as it gets that lock for itself – also after a
crash or SIGKILL of all ``./dev``.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools import locks, postgres_programs, service_user
from devtools.console import Failure, step
from devtools.paths import LOCKS, LOGS, ROOT
from devtools.processes import Command, ending, guarded, run_logged

ROLE = "odoo"
PATIENCE = 60  # seconds for the server to come up
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # Nothing in here is worth surviving a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
}


def socket_folder() -> Path:
    """The ``PGHOST`` of the cluster."""
    return service_user.socket_folder(service_user.folder("postgres"))


@contextmanager
def running() -> Iterator[None]:
    """The cluster is up in the block; the last user's leaving stops it."""
    users = _users()
    with locks.exclusive("postgres"):
        fcntl.flock(users, fcntl.LOCK_SH)
        if not _answers():
            _start()
    try:
        yield
    finally:
        os.close(users)
        time.sleep(0.05)
        _wait_for_keeper()


def execute(statement: str, database: str = "postgres") -> list[str]:
    """Run SQL as the owner of everything; the rows as unaligned text."""
    psql = ("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database)
    return _run(*psql, input=statement.encode()).decode().splitlines()


def dump(database: str) -> bytes:
    """A database as SQL for ``execute``; the roles of this cluster are not in it."""
    return _run("pg_dump", "-Ox", database)


def _run(program: str, *arguments: str, input: bytes = b"") -> bytes:
    command: Command = [_program(program), *arguments]
    process = subprocess.run(
        command, capture_output=True, input=input, env=environment()
    )
    if process.returncode:
        raise Failure(f"PostgreSQL: {process.stderr.decode().strip()}")
    return process.stdout


def environment() -> dict[str, str]:
    """The process environment with libpq's variables for the cluster."""
    clean = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    return {**clean, "PGHOST": str(socket_folder()), "PGUSER": ROLE}


def keep() -> None:
    """Run the server until nobody holds ``users`` any more (the keeper's body)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    home = _cluster()
    options = [f"--{key}={value}" for key, value in SETTINGS.items()]
    options.append(f"--unix_socket_directories={socket_folder()}")
    command: Command = [_program("postgres"), "-D", home, *options]
    server = subprocess.Popen(
        guarded(command, user=service_user.name(), parting="INT"), cwd=home
    )
    users = _users()
    try:
        fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        server.send_signal(signal.SIGINT)  # "fast": ends the sessions
        with ending(server):
            server.wait(10)


def _users() -> int:
    LOCKS.mkdir(parents=True, exist_ok=True)
    return os.open(LOCKS / "postgres-users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)


def _wait_for_keeper() -> None:
    """Return when the keeper has stopped the server or somebody else uses it."""
    users = _users()
    fcntl.flock(users, fcntl.LOCK_SH)
    os.close(users)


def _start() -> None:
    _end_orphan()
    home = _cluster()
    if not (home / "PG_VERSION").exists():
        _initialise(home)
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "postgres.log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "devtools.postgres"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while not _answers():
        if keeper.poll() is not None or time.monotonic() > deadline:
            tail = (LOGS / "postgres.log").read_text().strip().splitlines()[-3:]
            raise Failure("PostgreSQL does not start: " + " / ".join(tail))
        time.sleep(0.05)


def _initialise(home: Path) -> None:
    with step("PostgreSQL cluster"):
        locks.remove(home)
        initdb: Command = [_program("initdb"), "-D", home, "-U", ROLE, "--auth=trust"]
        run_logged(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            "initdb",
            "The PostgreSQL cluster could not be made; is there room on the disk?",
            user=service_user.name(),
            cwd=home.parent,
        )


def _cluster() -> Path:
    """The data folder; a cluster of another major version is started afresh."""
    programs = postgres_programs.find()
    if not programs:
        raise Failure(f"PostgreSQL {postgres_programs.OLDEST} or newer is missing.")
    home = service_user.folder("postgres")
    return home / str(postgres_programs.version(programs))


def _program(name: str) -> Path:
    programs = postgres_programs.find()
    if not programs:
        raise Failure(f"PostgreSQL {postgres_programs.OLDEST} or newer is missing.")
    return programs / name


def _answers() -> bool:
    ready: Command = [_program("pg_isready"), "-q"]
    return subprocess.run(ready, env=environment()).returncode == 0


def _end_orphan() -> None:
    """Clear what a killed keeper left: its server, or a ``postmaster.pid`` without."""
    pid_file = _cluster() / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    if str(pid_file.parent) not in command:
        pid_file.unlink()
        return
    os.kill(pid, signal.SIGINT)
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.05)


if __name__ == "__main__":
    keep()
