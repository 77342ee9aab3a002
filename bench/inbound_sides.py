"""The two ways from a mailbox to tickets; each runs in a process of its own."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bench import mails, runner
from bench.steps import Profile, profiled

KNOWN_SENDERS = 3, 5  # three of five are partners already


@dataclass(frozen=True)
class Mailbox:
    """An account on the running Dovecot."""

    address: str
    host: str
    port: int
    password: str


@dataclass(frozen=True)
class Outcome:
    """What an import left in the database; equal on both sides or it does not count."""

    tickets: int
    messages: int
    attachments: int
    attachment_bytes: int
    threads: str  # digest over which message is in one ticket with which
    outgoing: int = 0


@dataclass(frozen=True)
class Result:
    cost: runner.Cost
    outcome: Outcome
    profile: Profile | None = None


def prepare(database: str, seed: int) -> None:
    """Make ``database`` the common template: helpdesk model, team, known partners."""
    with runner.environment(database) as env:
        env["bench.team"].create({"name": "Support"})
        known, of = KNOWN_SENDERS
        env["res.partner"].create(
            [
                {"name": person.name, "email": person.address}
                for index, person in enumerate(mails.people(seed))
                if index % of < known
            ]
        )
        env.cr.commit()


def odoo_way(database: str, mailbox: Mailbox) -> Result:
    """fetchmail.server → message_process → a record, in batches of 50 as its cron."""
    with runner.environment(database) as env:
        model = env["ir.model"]._get("bench.ticket")
        account = _account(env, mailbox, object_id=model.id)
        cron = env.ref("mail.ir_cron_mail_gateway_action")
        with runner.measured() as cost:
            _run_until_done(account, cron, "_fetch_mail")
        return Result(cost, _outcome(env, "bench.ticket"))


def our_way(database: str, mailbox: Mailbox, profile: bool = False) -> Result:
    """The ticket system's fetch, as by the cron of its account."""
    with runner.environment(database) as env:
        account = _account(
            env, mailbox, use_ticket_system=True, ticket_address=mailbox.address
        )
        cron = account.ticket_cron_id
        with profiled(profile) as steps, runner.measured() as cost:
            _run_until_done(account, cron, "_ticket_fetch")
        return Result(cost, _outcome(env, "ticket.ticket"), steps)


def _account(env: Any, mailbox: Mailbox, **values: Any) -> Any:
    account = env["fetchmail.server"].create(
        {
            "name": mailbox.address,
            "server_type": "imap",
            "server": mailbox.host,
            "port": mailbox.port,
            "user": mailbox.address,
            "password": mailbox.password,
            "state": "done",
            **values,
        }
    )
    env.cr.commit()
    return account


def _run_until_done(account: Any, cron: Any, method: str) -> None:
    """Call ``method`` with the progress record of a cron job until nothing remains."""
    cron = cron.with_context(cron_id=cron.id)
    while True:
        running, progress = cron._add_progress()
        running.env.cr.commit()
        error = getattr(account.with_env(running.env), method)()
        if error:
            raise error
        running.env.cr.commit()
        if not progress.remaining:
            return


def _outcome(env: Any, model: str) -> Outcome:
    env.cr.execute(
        """SELECT message_id, res_id FROM mail_message
           WHERE model = %s AND message_type = 'email' ORDER BY res_id""",
        [model],
    )
    rows = env.cr.fetchall()
    env.cr.execute(
        """SELECT count(*), coalesce(sum(file_size), 0) FROM ir_attachment
           WHERE id IN (SELECT attachment_id FROM message_attachment_rel r
                        JOIN mail_message m ON m.id = r.message_id
                        WHERE m.model = %s)""",
        [model],
    )
    attachments, size = env.cr.fetchone()
    threads = groupby(rows, key=lambda row: row[1])
    return Outcome(
        tickets=env[model].search_count([]),
        messages=len(rows),
        attachments=attachments,
        attachment_bytes=int(size),
        threads=digest([row[0] for row in thread] for _, thread in threads),
        outgoing=env["mail.mail"].search_count([]),
    )


def expected(corpus: Iterable[mails.Mail]) -> Outcome:
    """The outcome of a correct import."""
    threads: dict[str, list[str]] = {}
    messages = attachments = size = 0
    for mail in corpus:
        threads.setdefault(mail.root_id, []).append(mail.message_id)
        messages += 1
        attachments += mail.files
        size += mail.file_bytes
    return Outcome(len(threads), messages, attachments, size, digest(threads.values()))


def digest(threads: Iterable[list[str]]) -> str:
    """The same for the same sets of Message-IDs, in whatever order."""
    normal = sorted(sorted(thread) for thread in threads)
    return hashlib.sha256(repr(normal).encode()).hexdigest()


SIDES: dict[str, Callable[[str, Mailbox], Result]] = {
    "Odoo": odoo_way,
    "ticket_system": our_way,
}
