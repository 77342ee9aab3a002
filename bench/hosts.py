"""Two servers on one database; the one that fetches dies in the middle.

Each has a data folder of its own; the folder of files is shared, as over a network.
The other one takes over within a cron period; nothing is lost, nothing doubled.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import mails, runner, servers, workers
from bench.targets import conclude
from devtools import database, mail_servers, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step
from devtools.paths import DATA

TARGETS = {
    "lost": ("<=", 0),
    "doubled": ("<=", 0),
    "left_on_server": ("<=", 0),
    "takeover_seconds": ("<=", 75.0),
}
CRON_PERIOD = 60  # seconds after which a cron worker looks by itself
OPTIONS = {"workers": 1, "max-cron-threads": 1}


def prepare(name: str, address: str, port: int, password: str) -> None:
    workers.prepare(name, [(address, port)], password)
    with runner.environment(name) as env:
        env["fetchmail.server"].search([]).ticket_after_fetch = "delete"
        env.cr.commit()


def measure(template: str, mailboxes: Any, count: int) -> dict[str, float]:
    name = f"ticket_hosts_{os.getpid()}"
    address = f"{name}@bench.example"
    database.clone(template, name)
    folder = Path(tempfile.mkdtemp(prefix="ticket-hosts-"))
    try:
        with step(f"{count:,} mails"):
            raws = (mail.raw for mail in mails.generate(count, 1))
            workers.fill(mailboxes, address, raws)
        client = mailboxes.client(address)
        password = mailboxes.password_of(address)
        runner.in_fresh_process(prepare, name, address, mailboxes.port, password)
        with (
            servers.running(name, "host1", **_host(folder / "one")) as first,
            servers.running(name, "host2", **_host(folder / "two")) as second,
        ):
            return _kill_the_fetching(name, address, [first, second], client, count)
    finally:
        database.drop(name)
        shutil.rmtree(folder)


def _host(folder: Path) -> dict[str, Any]:
    """A data folder of its own with the shared files in it."""
    folder.mkdir()
    (folder / "filestore").symlink_to(DATA / "filestore")
    return {**OPTIONS, "data-dir": folder}


def _kill_the_fetching(
    name: str, address: str, hosts: list[servers.Server], client: Any, count: int
) -> dict[str, float]:
    runner.in_fresh_process(workers.start_fetching, name)
    with step("Killing the host that fetches"):
        before = workers.wait(name, count // 4, address)
        [victim] = [
            host for host in hosts if host.process.pid == _fetching(name, hosts)
        ]
        victim.kill()
        killed = time.time()
        kept = _lines(name, address)[0]
        if kept >= count:
            raise Failure(
                "All was fetched before the host could be killed: more mails!"
            )
    with step("The other takes over"):
        workers.wait(name, kept + 1, address)
        taken_over = time.time() - killed
        workers.wait(name, count, address)
        deadline = time.time() + CRON_PERIOD
        while (left := _left(client)) and time.time() < deadline:
            time.sleep(0.5)
    lines, identifiers, _at = _lines(name, address)
    return {
        "mails": count,
        "fetched_before": before,
        "takeover_seconds": round(taken_over, 1),
        "lost": count - identifiers,
        "doubled": lines - identifiers,
        "left_on_server": left,
    }


def _fetching(name: str, hosts: list[servers.Server]) -> int:
    """The process group of the host whose cron worker holds the account's schedule."""
    rows = workers.query(
        name,
        """
        SELECT application_name FROM pg_stat_activity
         WHERE datname = current_database() AND pid != pg_backend_pid()
           AND xact_start IS NOT NULL AND application_name LIKE 'odoo-%'
        """,
    )
    pids = [int(application.rpartition("-")[2]) for [application] in rows]
    groups = {host.process.pid for host in hosts}
    for pid in pids:
        if os.getpgid(pid) in groups:
            return os.getpgid(pid)
    raise Failure("No host fetches at this moment.")


def _lines(name: str, address: str) -> tuple[int, int, float]:
    return workers.counts(name)[address]


def _left(client: Any) -> int:
    client.noop()
    return len(client.select_folder("INBOX") and client.search())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench hosts", description=__doc__)
    parser.add_argument("--mails", type=int, default=3000)
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    found = mail_servers.from_environment()
    if not found or DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench hosts", file=sys.stderr)
        return 1
    try:
        figures = measure(os.environ[DATABASE], found[0], asked.mails)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return conclude("hosts", figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
