"""An hour's traffic in some minutes: mails, answers, and agents who look around.

The workers' memory stays flat, our tables are not bloated by dead rows, and nothing is
in the log of errors.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from bench import mails, runner, screens, servers, workers
from bench.targets import conclude
from devtools import database, mail_servers, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

TARGETS = {
    "lost": ("<=", 0),
    "doubled": ("<=", 0),
    "answers_missing": ("<=", 0),
    "errors": ("<=", 0),
    "memory_growth": ("<=", 1.1),
    "dead_share": ("<=", 0.5),
    "locks_left": ("<=", 0),
}
OPTIONS = {"workers": 2, "max-cron-threads": 2}
ACCOUNTS = 4
AGENTS = 20
BACKLOG = 1000  # mails that wait at most
SAMPLE = 5  # seconds
ERRORS = (" ERROR ", " CRITICAL ", "Traceback")
TABLES = ("ticket_mail", "ticket_lock", "ticket_ticket", "ticket_text", "ticket_reply")
SPARE = 1000  # dead rows that even an empty table may have between two vacuums
OPEN = [["is_closed", "=", False]]


def prepare(
    name: str, accounts: list[tuple[str, int]], password: str, smtp: tuple[str, int]
) -> dict[str, Any]:
    """Accounts, agents and outgoing mail; what the client reads for list and form."""
    workers.prepare(name, accounts, password)
    with runner.environment(name) as env:
        host, port = smtp
        env["ir.mail_server"].create(
            {"name": "Sink", "smtp_host": host, "smtp_port": port}
        )
        first = env["res.users"].search([("login", "=", "agent")])
        for number in range(AGENTS):
            first.copy(
                {
                    "name": f"Agent {number}",
                    "login": f"agent{number}",
                    "password": servers.PASSWORD,
                    "group_ids": [(6, 0, first.group_ids.ids)],
                }
            )
        env.cr.commit()
        return {
            view: screens.specification(env, "ticket.ticket", view)
            for view in ("list", "form")
        }


@dataclass
class Traffic:
    """What was sent so far, and what the agents may still do."""

    count: int
    answers: int
    fed: int = 0
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_answer(self) -> bool:
        """Whether an answer is due: as many a mail over the whole time."""
        with self._lock:
            is_due = self.answered < self.answers * self.fed / self.count
            self.answered += is_due
            return is_due

    @property
    def is_done(self) -> bool:
        return self.fed >= self.count and self.answered >= self.answers


def feed(traffic: Traffic, mailboxes: Any, name: str, addresses: list[str]) -> None:
    """Deliver as fast as the mails are taken in; the schedules are told at once."""
    corpora = [
        mails.generate(traffic.count // len(addresses), seed)
        for seed in range(len(addresses))
    ]
    for corpus, address in itertools.cycle(zip(corpora, addresses, strict=True)):
        portion = [mail.raw for mail in itertools.islice(corpus, 100)]
        if not portion or traffic.ended.is_set():
            return
        workers.fill(mailboxes, address, portion)
        traffic.fed += len(portion)
        wake(name)
        while traffic.fed - _taken(name) > BACKLOG and not traffic.ended.is_set():
            time.sleep(0.5)
            wake(name)


def wake(name: str) -> None:
    """All accounts' schedules are due now, as after a minute."""
    with closing(psycopg2.connect(dbname=name)) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ir_cron_trigger (cron_id, call_at) SELECT ticket_cron_id, "
                "now() AT TIME ZONE 'UTC' FROM fetchmail_server"
            )
    with closing(psycopg2.connect(dbname="postgres")) as connection:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('cron_trigger', %s)", [name])


def work(traffic: Traffic, agent: servers.Agent, views: Any, seed: int) -> None:
    """Look at the list, open tickets, answer some, until all is done."""
    rng = random.Random(seed)
    while not traffic.ended.is_set():
        try:
            _look_around(traffic, agent, views, rng)
        except Exception as error:
            traffic.failures.append(f"{type(error).__name__}: {error}"[:500])
        traffic.ended.wait(rng.uniform(0.2, 1))


def _look_around(
    traffic: Traffic, agent: servers.Agent, views: Any, rng: random.Random
) -> None:
    found = agent.call(
        "ticket.ticket", "web_search_read", OPEN, views["list"], limit=80
    )["records"]
    if not found:
        return
    ticket_id = rng.choice(found)["id"]
    agent.call("ticket.ticket", "web_read", [ticket_id], views["form"])
    agent.call("ticket.ticket", "enter", [ticket_id])
    agent.post(
        "/mail/thread/messages",
        {
            "thread_model": "ticket.ticket",
            "thread_id": ticket_id,
            "fetch_params": {"limit": 30},
        },
    )
    if traffic.may_answer():
        _answer(agent, ticket_id)
    agent.call("ticket.ticket", "leave", [ticket_id])


def _answer(agent: servers.Agent, ticket_id: int) -> None:
    values = {"ticket_id": ticket_id, "body": "<p>A new one is on its way.</p>"}
    [reply_id] = agent.call("ticket.reply", "create", [values])
    while not agent.call("ticket.reply", "read", [reply_id], ["is_sent"])[0]["is_sent"]:
        agent.call("ticket.reply", "action_send", [reply_id])


def _taken(name: str) -> int:
    [[count]] = workers.query(name, "SELECT count(*) FROM ticket_mail")
    return int(count)


def dead_share(name: str) -> float:
    """Dead rows to live ones, of the table that has most of them."""
    rows = workers.query(
        name,
        "SELECT n_dead_tup, n_live_tup FROM pg_stat_user_tables WHERE relname IN %s",
        TABLES,
    )
    return max(dead / (live + SPARE) for dead, live in rows)


@contextmanager
def busy(
    traffic: Traffic, server: servers.Server, views: Any, feeder: threading.Thread
) -> Iterator[None]:
    """In the block mails come in and the agents are at work."""
    agents = [server.log_in(f"agent{number}") for number in range(AGENTS)]
    threads = [
        threading.Thread(target=work, args=(traffic, agent, views, seed))
        for seed, agent in enumerate(agents)
    ]
    for thread in (feeder, *threads):
        thread.start()
    try:
        yield
    finally:
        traffic.ended.set()
        for thread in (feeder, *threads):
            thread.join()


def measure(
    template: str, mailboxes: Any, sink: Any, traffic: Traffic, patience: float
) -> dict[str, float]:
    name = f"ticket_soak_{os.getpid()}"
    addresses = [f"{name}.{number}@bench.example" for number in range(ACCOUNTS)]
    database.clone(template, name)
    try:
        views = runner.in_fresh_process(
            prepare,
            name,
            [(address, mailboxes.port) for address in addresses],
            mailboxes.password_of(addresses[0]),
            (sink.host, sink.port),
        )
        feeder = threading.Thread(
            target=feed, args=(traffic, mailboxes, name, addresses)
        )
        with servers.running(name, "soak", **OPTIONS) as server:
            start, memory, shares = time.monotonic(), [], []
            with (
                step(f"{traffic.count:,} mails and {traffic.answers:,} answers"),
                busy(traffic, server, views, feeder),
            ):
                while time.monotonic() - start < patience:
                    time.sleep(SAMPLE)
                    memory.append(server.memory())
                    shares.append(dead_share(name))
                    if traffic.is_done and _taken(name) >= traffic.count:
                        break
            seconds = time.monotonic() - start
            errors = traffic.failures + server.log_lines(*ERRORS)
        print(*errors[:10], sep="\n", end="\n" * bool(errors))
        return {
            "minutes": round(seconds / 60, 1),
            "mails": traffic.fed,
            "answers": traffic.answered,
            "errors": len(errors),
            "answers_missing": traffic.answered - len(sink.received),
            "memory_mb": round(memory[-1] / 1e6),
            "memory_growth": round(_growth(memory), 3),
            "dead_share": round(statistics.median(shares[-len(shares) // 3 :]), 2),
            **_left(name, traffic),
        }
    finally:
        database.drop(name)


def _growth(samples: Sequence[float]) -> float:
    """The last fifth against the middle one, when every worker has warmed up."""
    fifth = max(len(samples) // 5, 1)
    middle = statistics.median(samples[2 * fifth : 3 * fifth] or samples)
    return statistics.median(samples[-fifth:]) / middle


def _left(name: str, traffic: Traffic) -> dict[str, float]:
    counts = workers.counts(name).values()
    [[locks]] = workers.query(name, "SELECT count(*) FROM ticket_lock")
    return {
        "lost": traffic.fed - sum(identifiers for _lines, identifiers, _at in counts),
        "doubled": sum(lines - identifiers for lines, identifiers, _at in counts),
        "locks_left": locks,
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench soak", description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--answers", type=int, default=2000)
    parser.add_argument("--patience", type=float, default=1800, help="seconds")
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    found = mail_servers.from_environment()
    if not found or DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench soak", file=sys.stderr)
        return 1
    traffic = Traffic(asked.mails, asked.answers)
    try:
        figures = measure(os.environ[DATABASE], *found, traffic, asked.patience)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return conclude("soak", figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
