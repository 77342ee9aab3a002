"""A large CSV export of OpenXE and a large mbox, imported as the cron does it.

However many messages there are, memory stays flat; none is lost, none is doubled, and
the same files once more make nothing.
"""

import argparse
import csv
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from bench import mails, mime, runner, words, workers
from bench.targets import conclude
from devtools import database, processes
from devtools.benchmarks import DATABASE
from devtools.console import Failure, step

TARGETS = {
    "lost": ("<=", 0),
    "doubled": ("<=", 0),
    "made_again": ("<=", 0),
    "memory_growth_mb": ("<=", 50.0),
}
WARM = 10_000  # messages after which memory is to grow no more
IN_TICKET = 4  # messages
INTERVAL = timedelta(minutes=1)
MB = 1_000_000
KINDS = ("tickets", "csv", "mbox")
TICKET_COLUMNS = "schluessel betreff zeit status kunde mailadresse"
MESSAGE_COLUMNS = "id ticket verfasser mail zeit zeitausgang text versendet"


# ----------------------------------------------------------------------
# Files
# ----------------------------------------------------------------------


def write(folder: Path, count: int) -> None:
    """A folder for each import: `count` messages, before them their tickets; mails."""
    for kind in KINDS:
        (folder / kind).mkdir()
    with (
        (folder / "tickets" / "ticket.csv").open("w", newline="") as tickets,
        (folder / "csv" / "ticket_nachricht.csv").open("w", newline="") as messages,
    ):
        _write_tables(csv.writer(tickets), csv.writer(messages), count)
    with (folder / "mbox" / "old.mbox").open("wb") as file:
        for raw in _mails(count):
            file.write(b"From - Mon Sep  1 06:00:00 2025\n")
            file.write(raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")


def _write_tables(tickets: Any, messages: Any, count: int) -> None:
    rng = random.Random("tables")
    people = mails.people()
    tickets.writerow(TICKET_COLUMNS.split())
    messages.writerow(MESSAGE_COLUMNS.split())
    for number in range(count):
        ticket, turn = divmod(number, IN_TICKET)
        key, who = f"2000{ticket:08}", people[ticket % len(people)]
        at = (mails.START + number * INTERVAL).strftime("%Y-%m-%d %H:%M:%S")
        if not turn:
            state = "abgeschlossen" if rng.random() < 0.9 else "offen"
            row = [key, words.subject(rng), at, state, who.name, who.address]
            tickets.writerow(row)
        text = "<p>" + "</p><p>".join(words.paragraphs(rng)) + "</p>"
        is_sent = turn % 2
        sent_on = at if is_sent else "NULL"
        messages.writerow(
            [number, key, who.name, who.address, at, sent_on, text, is_sent]
        )


def _mails(count: int) -> Iterator[bytes]:
    """Of each ticket's mails all but the first answer the one before."""
    rng = random.Random("mbox")
    people = mails.people()
    before: tuple[str, ...] = ()
    for number in range(count):
        ticket, turn = divmod(number, IN_TICKET)
        sender = people[ticket % len(people)]
        letter = mime.Letter(
            sender=sender,
            to=mails.ADDRESS,
            cc="",
            subject=f"Re: Nr. {ticket}" if turn else f"Nr. {ticket}",
            date=mails.START + number * INTERVAL,
            message_id=f"<{number}@{sender.domain}>",
            references=before if turn else (),
            paragraphs=words.paragraphs(rng),
            quoted=[],
        )
        before = (letter.message_id,)
        yield mime.render(letter, rng).replace(b"\r\n", b"\n")


# ----------------------------------------------------------------------
# Import
# ----------------------------------------------------------------------


@dataclass
class Watch:
    """Memory of this process after each batch, by the number of rows done."""

    samples: list[tuple[int, int]] = field(default_factory=list)

    @contextmanager
    def over(self, record: Any) -> Iterator[None]:
        cron = type(record.env["ir.cron"])
        commit = cron._commit_progress

        def commit_and_look(*args: Any, **options: Any) -> Any:
            left = commit(*args, **options)
            memory = psutil.Process().memory_info().rss
            self.samples.append((record.done_count, memory))
            return left

        with patch.object(cron, "_commit_progress", commit_and_look):
            yield

    def growth(self, warm: int) -> float:
        """MB between the highest until `warm` rows are done and the highest after."""
        early = [memory for done, memory in self.samples if done <= warm]
        late = [memory for done, memory in self.samples if done > warm]
        return max(max(late, default=0) - max(early, default=0), 0) / MB


def prepare(name: str, folder: Path) -> dict[str, int]:
    """The imports of the files in the folder: {kind: id}"""
    with runner.environment(name) as env:
        account = env["fetchmail.server"].create(
            {
                "name": mails.ADDRESS,
                "server_type": "imap",
                "use_ticket_system": True,
                "ticket_address": mails.ADDRESS,
            }
        )
        records = {}
        for kind in KINDS:
            [path] = (folder / kind).iterdir()
            file = {"name": path.name, "raw": path.read_bytes()}
            attachment = env["ir.attachment"].create(file)
            records[kind] = env["ticket.import"].create(
                {"attachment_ids": attachment.ids, "account_id": account.id}
            )
        env.cr.commit()
        return {kind: int(record.id) for kind, record in records.items()}


def import_all(name: str, record_id: int, again: bool = False) -> dict[str, float]:
    """Run the import to its end."""
    with runner.environment(name) as env:
        record = env["ticket.import"].browse(record_id)
        if again:
            record.action_again()
        record.action_read()
        record.action_start()
        env.cr.commit()
        watch = Watch()
        with watch.over(record), runner.measured() as cost:
            record._cron_import()
        if record.state != "done" or record.problem_ids:
            told = record.problem_ids[:3].mapped("reason")
            raise Failure(f"The import is {record.state}: {told}")
        return {
            "seconds": cost.seconds,
            "growth": watch.growth(WARM),
            "made": record.made_count,
        }


# ----------------------------------------------------------------------
# Both files, twice
# ----------------------------------------------------------------------


def measure(template: str, count: int) -> dict[str, float]:
    name = f"ticket_importing_{os.getpid()}"
    database.clone(template, name)
    folder = Path(tempfile.mkdtemp(prefix="ticket-importing-"))
    try:
        with step(f"{count:,} messages into each file"):
            write(folder, count)
            records = runner.in_fresh_process(prepare, name, folder)
        found = {kind: _measure(name, kind, records[kind]) for kind in KINDS}
        lines, identifiers = _kept(name)
    finally:
        database.drop(name)
        shutil.rmtree(folder)
    rows, letters = found["csv"], found["mbox"]
    return {
        "messages": 2 * count,
        "messages_per_second": round(
            2 * count / (rows["seconds"] + letters["seconds"]), 1
        ),
        "csv_per_second": round(count / rows["seconds"], 1),
        "mbox_per_second": round(count / letters["seconds"], 1),
        "csv_growth_mb": round(rows["growth"], 1),
        "mbox_growth_mb": round(letters["growth"], 1),
        "memory_growth_mb": round(max(rows["growth"], letters["growth"]), 1),
        "lost": 2 * count - identifiers,
        "doubled": lines - identifiers,
        "made_again": sum(result["made_again"] for result in found.values()),
    }


def _measure(name: str, kind: str, record_id: int) -> dict[str, float]:
    with step(f"Importing: {kind}"):
        result = runner.in_fresh_process(import_all, name, record_id)
    with step("Once more"):
        again = runner.in_fresh_process(import_all, name, record_id, again=True)
    return {**result, "made_again": again["made"]}


def _kept(name: str) -> tuple[int, int]:
    [[lines, identifiers]] = workers.query(
        name,
        """
        SELECT count(*), count(DISTINCT message_id) FROM mail_message
         WHERE model = 'ticket.ticket' AND message_type IN ('email', 'comment')
        """,
    )
    return int(lines), int(identifiers)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench importing", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000, help="of each file")
    asked = parser.parse_args(arguments)
    processes.terminate_on_signals()
    if DATABASE not in os.environ:
        print("Start this benchmark as: ./dev bench importing", file=sys.stderr)
        return 1
    try:
        figures = measure(os.environ[DATABASE], asked.messages)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return conclude("importing", figures, TARGETS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
