"""Mails a second from a real Dovecot to tickets: Odoo's own way against ours.

Both sides fetch the same mails into fresh clones of one database, taking turns, each
in a process of its own. A figure counts only if both made the same tickets, messages
and attachments, and those that the mails ask for.
"""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench import inbound_sides, mails, report, runner
from bench.inbound_sides import Mailbox, Outcome, Result
from bench.targets import conclude
from devtools import database, mail_servers, odoo, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

SEED = 1
PORTION = 100  # mails appended at once
TARGETS = {"ratio": (">=", 10.0), "sql_per_mail": ("<=", 3.0)}
MEMORY_TARGETS = {"memory_growth_mb": ("<=", 100.0)}

_numbers = itertools.count()


@dataclass
class Scene:
    """The template database and the mail server of one run."""

    template: str
    servers: mail_servers.Mailboxes

    def fetch(self, side: str, count: int, **options: bool) -> Result:
        """Fill a new mailbox, fetch it into a new database, check what came of it."""
        title = f"{side}: {count:,} mails"
        name = f"ticket_inbound{next(_numbers)}_{os.getpid()}"
        mailbox, wanted = self._fill(count)
        database.clone(self.template, name)
        try:
            with step(title):
                way = inbound_sides.SIDES[side]
                result = runner.in_fresh_process(way, name, mailbox, **options)
        finally:
            database.drop(name)
        if result.outcome != wanted:
            raise Failure(f"{title} became {result.outcome} instead of {wanted}.")
        return result

    def _fill(self, count: int) -> tuple[Mailbox, Outcome]:
        """By IMAP, which keeps the order: an answer comes after what it answers."""
        address = f"inbound{next(_numbers)}.{os.getpid()}@bench.example"
        client = self.servers.client(address)

        def delivered() -> Iterator[mails.Mail]:
            corpus = mails.generate(count, SEED)
            while portion := list(itertools.islice(corpus, PORTION)):
                client.multiappend("INBOX", [mail.raw for mail in portion])
                yield from portion

        with step(f"{count:,} mails into a mailbox"):
            wanted = inbound_sides.expected(delivered())
            client.logout()
        password = self.servers.password_of(address)
        return Mailbox(address, self.servers.host, self.servers.port, password), wanted


@contextmanager
def scene() -> Iterator[Scene]:
    servers = mail_servers.from_environment()
    if not servers or DATABASE not in os.environ:
        raise Failure("Start this benchmark as: ./dev bench inbound")
    template = os.environ[DATABASE]
    with step("The benchmark's helpdesk"):
        processes.run_logged(
            odoo.command(
                *("-d", template, "-i", "bench_helpdesk", "--stop-after-init"),
                *("--no-http", f"--addons-path={runner.addons_path()}"),
            ),
            "bench-install",
            "Odoo could not install the benchmark's helpdesk.",
            env=os.environ,
        )
        runner.in_fresh_process(inbound_sides.prepare, template, SEED)
    yield Scene(template, servers[0])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench inbound", description=__doc__)
    parser.add_argument("--mails", type=int, default=2000, help="for both sides")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side")
    parser.add_argument(
        "--memory-mails", type=int, default=20_000, help="for ours; 0 leaves it out"
    )
    parser.add_argument(
        "--profile", action="store_true", help="only ours: time and SQL by step"
    )
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    try:
        with scene() as stage:
            if asked.profile:
                result = stage.fetch("ticket_system", asked.mails, profile=True)
                report.print_profile(result, asked.mails)
                return 0
            return _compare(stage, asked.mails, asked.rounds, asked.memory_mails)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1


def _compare(stage: Scene, count: int, rounds: int, memory_count: int) -> int:
    results: dict[str, list[Result]] = {side: [] for side in inbound_sides.SIDES}
    report.print_heads()
    for turn in range(1, rounds + 1):
        for side, side_results in results.items():
            side_results.append(stage.fetch(side, count))
            report.print_row(side, str(turn), side_results[-1], count)
    figures = report.figures(results["Odoo"], results["ticket_system"], count)
    targets = dict(TARGETS)
    if memory_count:
        memory = stage.fetch("ticket_system", memory_count)
        report.print_row("ticket_system", "memory", memory, memory_count)
        figures |= report.memory_figures(memory, memory_count)
        targets |= MEMORY_TARGETS
    return conclude("inbound", figures, targets)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
