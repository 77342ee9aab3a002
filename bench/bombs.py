"""Mail bombs: ten thousand mails at once from one sender, then from as many senders.

Each becomes a ticket, hardly any is answered by itself, the administrators are told,
and meanwhile agents work and another account's mail is fetched as always.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from typing import Any

from bench import runner, servers, soak, workers
from bench.targets import conclude
from devtools import database, mail_servers, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

TARGETS = {
    "lost": ("<=", 0),
    "doubled": ("<=", 0),
    "errors": ("<=", 0),
    "answers": ("<=", 200),
    "untold": ("<=", 0),
    "latency_ratio": ("<=", 3.0),
    "other_seconds": ("<=", 30.0),
}
MAIL = """\
From: {sender}
To: {to}
Subject: Boom {number}
Message-ID: <{number}.{to}>
Content-Type: text/plain; charset=utf-8

Boom {number}
"""


def bomb(count: int, to: str, *, is_one_sender: bool) -> Iterator[bytes]:
    for number in range(count):
        sender = "bomber" if is_one_sender else f"bomber{number}"
        yield MAIL.format(
            sender=f"{sender}@flood{number % 97 * (not is_one_sender)}.example",
            to=to,
            number=number,
        ).encode()


def prepare(name: str, *accounts: Any) -> None:
    """The accounts answer by themselves; somebody administers."""
    soak.prepare(name, *accounts)
    with runner.environment(name) as env:
        env["fetchmail.server"].search([]).write(
            {"autoresponder_active": True, "autoresponder_body": "<p>Thank you.</p>"}
        )
        env.cr.commit()


def measure(
    template: str, mailboxes: Any, sink: Any, count: int, kind: str
) -> dict[str, float]:
    name = f"ticket_bomb_{kind.split()[0]}_{os.getpid()}"
    target, other = f"{name}@bench.example", f"{name}.other@bench.example"
    sink.clear()
    database.clone(template, name)
    try:
        with step(f"{count:,} mails of {kind}"):
            raws = bomb(count, target, is_one_sender=kind == "one sender")
            workers.fill(mailboxes, target, raws)
        accounts = [(address, mailboxes.port) for address in (target, other)]
        smtp = (sink.host, sink.port)
        password = mailboxes.password_of(target)
        runner.in_fresh_process(prepare, name, accounts, password, smtp)
        options = {"workers": 2, "max-cron-threads": 2}
        with servers.running(name, "bombs", **options) as server:
            figures = _explode(server, mailboxes, name, other, count)
            errors = server.log_lines(*soak.ERRORS)
        print(*errors[:10], sep="\n", end="\n" * bool(errors))
        return {**figures, **_after(name, sink, target, count), "errors": len(errors)}
    finally:
        database.drop(name)


def _explode(
    server: servers.Server, mailboxes: Any, name: str, other: str, count: int
) -> dict[str, float]:
    agent = server.log_in("agent")
    idle = workers.idle_seconds(agent)
    soak.wake(name)
    start, other_seconds = time.monotonic(), 0.0
    with step("Fetching"), workers.Watch(agent) as watch:
        workers.wait(name, count // 10)
        mailboxes.deliver(other, next(bomb(1, other, is_one_sender=True)))
        delivered = time.monotonic()
        soak.wake(name)
        while time.monotonic() - start < 600:
            rows = workers.counts(name)
            if rows[other][0] and not other_seconds:
                other_seconds = time.monotonic() - delivered
            if sum(lines for lines, _ids, _at in rows.values()) > count:
                break
            time.sleep(0.2)
    seconds = time.monotonic() - start
    _await_mails(name)
    return {
        "mails_per_second": round(count / seconds, 1),
        "other_seconds": round(other_seconds or 600, 1),
        "latency_ratio": round(statistics.median(watch.times) / idle, 2),
    }


def _await_mails(name: str) -> None:
    """Until what is to leave has left."""
    deadline = time.monotonic() + workers.PATIENCE
    queue = "SELECT count(*) FROM mail_mail WHERE state = 'outgoing'"
    while workers.query(name, queue) != [(0,)] and time.monotonic() < deadline:
        time.sleep(0.5)


def _after(name: str, sink: Any, target: str, count: int) -> dict[str, float]:
    lines, identifiers, _at = workers.counts(name)[target]
    [[tickets]] = workers.query(
        name, "SELECT count(*) FROM ticket_mail WHERE state = 'done'"
    )
    [[told]] = workers.query(
        name,
        "SELECT count(*) FROM mail_activity WHERE summary LIKE 'Mail storm%%'"
        " OR summary LIKE 'Flood%%'",
    )
    sent = (message_from_bytes(mail.raw) for mail in sink.received)
    answers = [m for m in sent if m["Auto-Submitted"] and target in m["From"]]
    return {
        "lost": count - identifiers + (lines + 1 - tickets),
        "doubled": lines - identifiers,
        "answers": len(answers),
        "untold": int(not told),
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench bombs", description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000)
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    found = mail_servers.from_environment()
    if not found or DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench bombs", file=sys.stderr)
        return 1
    rows = {}
    try:
        for kind in ("one sender", "many senders"):
            rows[kind] = measure(os.environ[DATABASE], *found, asked.mails, kind)
            print(kind, rows[kind], flush=True)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    figures = {name: max(row[name] for row in rows.values()) for name in TARGETS}
    return conclude("bombs", figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
