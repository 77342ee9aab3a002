"""Many accounts fetched by 1, 2 and 4 cron workers, while agents look at the list.

Of twenty accounts one has a server that answers slowly, and one a server that is dead.
Nobody waits for them; nothing is fetched twice; the list stays quick.
"""

import argparse
import itertools
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg2

from bench import mails, runner, screens, servers
from bench.targets import conclude
from devtools import database, mail_servers, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

TARGETS = {
    "doubled": ("<=", 0),
    "lost": ("<=", 0),
    "storms": ("<=", 0),
    "latency_ratio": ("<=", 2.0),
    "stall_seconds": ("<=", 15.0),
}
WORKERS = (1, 2, 4)
SLOW = 0.05  # seconds that the slow server rests before each piece of an answer
PATIENCE = 100  # seconds for all to be fetched
STORM = ("could not serialize", "deadlock detected", "could not obtain lock")


def prepare(name: str, accounts: list[tuple[str, int]], password: str) -> None:
    """Accounts (address, port), whose schedules wait, an agent to log in, and a page
    of tickets, so that the list is as long at rest as under load."""
    with runner.environment(name) as env:
        env["res.users"].create(
            {
                "name": "Agent",
                "login": "agent",
                "password": servers.PASSWORD,
                "group_ids": [(4, env.ref("ticket_system.group_agent_all").id)],
            }
        )
        env["fetchmail.server"].create(
            [
                {
                    "name": address,
                    "user": address,
                    "server_type": "imap",
                    "server": "127.0.0.1",
                    "port": port,
                    "password": password,
                    "use_ticket_system": True,
                    "state": "done",
                }
                for address, port in accounts
            ]
        ).ticket_cron_id.write({"nextcall": "2999-01-01"})
        customers = env["res.partner"].create(
            [
                {"name": f"Customer {n}", "email": f"customer{n}@bench.example"}
                for n in range(screens.PAGE)
            ]
        )
        env["ticket.ticket"].create(
            [{"name": "Wait", "partner_id": customer.id} for customer in customers]
        )
        env.cr.commit()


def start_fetching(name: str) -> None:
    """All schedules are due now."""
    with runner.environment(name) as env:
        crons = env["fetchmail.server"].search([]).ticket_cron_id
        crons.write({"nextcall": datetime.now(UTC).replace(tzinfo=None)})
        for cron in crons:
            cron._trigger()
        env.cr.commit()


def counts(name: str) -> dict[str, tuple[int, int, float]]:
    """By account: ledger lines, different Message-IDs, when the last line was made."""
    rows = query(
        name,
        """
        SELECT a.name, count(m.id), count(DISTINCT m.message_id),
               coalesce(extract(epoch FROM max(m.create_date)), 0)::float
          FROM fetchmail_server a LEFT JOIN ticket_mail m ON m.server_id = a.id
         GROUP BY a.name
        """,
    )
    return {address: (lines, ids, at) for address, lines, ids, at in rows}


def wait(name: str, wanted: int, address: str = "") -> int:
    """Until there are so many ledger lines, of one account or of all; their number."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        rows = counts(name)
        chosen = [rows[address]] if address else rows.values()
        found = sum(lines for lines, _ids, _at in chosen)
        if found >= wanted:
            return found
        time.sleep(0.1)
    raise Failure(f"Not fetched within {PATIENCE} s.")


def stall(name: str, addresses: list[str], start: float) -> float:
    """The longest time without a new mail of these accounts, while some were left."""
    rows = query(
        name,
        """
        SELECT extract(epoch FROM m.create_date)::float FROM ticket_mail m
          JOIN fetchmail_server a ON a.id = m.server_id
         WHERE a.name IN %s ORDER BY 1
        """,
        tuple(addresses),
    )
    times = [start, *(at for [at] in rows)]
    return max(later - earlier for earlier, later in itertools.pairwise(times))


def query(name: str, statement: str, *parameters: Any) -> list[Any]:
    """Rows, by a connection of its own: neither Odoo nor a process is started."""
    with closing(psycopg2.connect(dbname=name)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall()


@contextmanager
def slow_server(port: int) -> Iterator[int]:
    """A port that passes everything on to another, with a rest before each piece."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket, rest: float) -> None:
        try:
            while data := source.recv(4096):
                time.sleep(rest)
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def accept() -> None:
        try:
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for ends in ((client, server, 0), (server, client, SLOW)):
                    threading.Thread(target=copy, args=ends, daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@contextmanager
def dead_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener.getsockname()[1]


class Watch:
    """Calls the list again and again; seconds of each call in `times`."""

    def __init__(self, agent: servers.Agent) -> None:
        self.agent, self.times = agent, list[float]()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._end.is_set():
            self.times.append(look(self.agent))
            self._end.wait(0.1)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def look(agent: servers.Agent) -> float:
    """Seconds that the list takes."""
    start = time.monotonic()
    agent.call(
        "ticket.ticket",
        "web_search_read",
        [["is_closed", "=", False]],
        {"number": {}, "name": {}, "partner_id": {"fields": {"display_name": {}}}},
        limit=screens.PAGE,
    )
    return time.monotonic() - start


def idle_seconds(agent: servers.Agent) -> float:
    """The median of the list while nothing else goes on."""
    for _warm in range(30):
        look(agent)
    return statistics.median(look(agent) for _ in range(30))


def measure(
    template: str, mailboxes: Any, cron_workers: int, accounts: int, count: int
) -> dict[str, float]:
    name = f"ticket_workers{cron_workers}_{os.getpid()}"
    database.clone(template, name)
    try:
        with slow_server(mailboxes.port) as slow, dead_server() as dead:
            found = _fill(mailboxes, name, accounts, count)
            ports = [mailboxes.port] * (accounts - 2) + [slow, dead]
            password = mailboxes.password_of(found[0])
            addresses = list(zip(found, ports, strict=True))
            runner.in_fresh_process(prepare, name, addresses, password)
            with servers.running(
                name,
                f"workers{cron_workers}",
                workers=2,
                **{"max-cron-threads": cron_workers},
            ) as server:
                with step(f"{cron_workers} cron workers"):
                    return _watch(server, name, found, count)
    finally:
        database.drop(name)


def _watch(
    server: servers.Server, name: str, addresses: list[str], count: int
) -> dict[str, float]:
    agent = server.log_in("agent")
    idle = idle_seconds(agent)
    healthy = addresses[:-2]
    wanted = count * len(healthy)
    runner.in_fresh_process(start_fetching, name)
    start = time.time()
    with Watch(agent) as watch:
        while time.time() - start < PATIENCE:
            rows = counts(name)
            if sum(rows[address][0] for address in healthy) >= wanted:
                break
            time.sleep(0.5)
    finished = sorted(rows[a][2] - start for a in healthy)
    return {
        "workers": 0,
        "mails_per_second": round(count * len(healthy) / max(finished), 1),
        "stall_seconds": round(stall(name, healthy, start), 1),
        "seconds": round(finished[-1], 1),
        "lost": wanted - sum(rows[address][1] for address in healthy),
        "doubled": sum(lines - ids for lines, ids, _at in rows.values()),
        "storms": len(server.log_lines(*STORM)),
        "idle_ms": round(idle * 1000, 1),
        "busy_ms": round(statistics.median(watch.times) * 1000, 1),
        "latency_ratio": round(statistics.median(watch.times) / idle, 2),
    }


def _fill(mailboxes: Any, name: str, accounts: int, count: int) -> list[str]:
    addresses = [f"{name}.{n}@bench.example" for n in range(accounts)]
    with step(f"{accounts} mailboxes of {count} mails"):
        for seed, address in enumerate(addresses):
            fill(mailboxes, address, (mail.raw for mail in mails.generate(count, seed)))
    return addresses


def fill(mailboxes: Any, address: str, raw_mails: Iterable[bytes]) -> None:
    """Put mails into a mailbox, a hundred at a time."""
    client = mailboxes.client(address)
    left = iter(raw_mails)
    while portion := list(itertools.islice(left, 100)):
        client.multiappend("INBOX", portion)
    client.logout()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench workers", description=__doc__)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--mails", type=int, default=200, help="of each account")
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    found = mail_servers.from_environment()
    if not found or DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench workers", file=sys.stderr)
        return 1
    rows = []
    try:
        for number in WORKERS:
            row = measure(
                os.environ[DATABASE], found[0], number, asked.accounts, asked.mails
            )
            rows.append(row | {"workers": number})
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    print("".join(f"{head:>18}" for head in rows[0]))
    for row in rows:
        print("".join(f"{value:>18}" for value in row.values()))
    figures = {
        name: max(row[name] for row in rows)
        for name in ("lost", "doubled", "storms", "stall_seconds", "latency_ratio")
    }
    for row in rows[1:]:
        ratio = row["mails_per_second"] / rows[0]["mails_per_second"]
        figures[f"speedup_{row['workers']}"] = round(ratio, 2)
    return conclude("workers", figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
