"""What the processes of test_faults do: fetch, and meet with a fault on the way."""

import os
import resource
import signal
import time
from functools import wraps
from unittest.mock import patch

from odoo.addons.ticket_system.mailflow import mailbox

BATCH = 3  # mails, so that a few make several batches
# what a fetch does, in its order; see fetchmail_server_fetch
STEPS = {
    "connected": ("fetchmail.server", "_ticket_fetch_folder"),
    "fetched": (mailbox.Mailbox, "_fetch"),
    "originals stored": ("ticket.mail", "_store_originals"),
    "decided": ("ticket.mail", "_decide"),
    "tickets made": ("ticket.mail", "_create_tickets"),
    "attachments made": ("ticket.mail", "_create_attachments"),
    "messages made": ("ticket.mail", "_create_messages"),
    "written": ("ticket.mail", "_take_in"),
    "committed": ("ir.cron", "_commit_progress"),
    "tidied": (mailbox.Mailbox, "move"),
}


def make_accounts(env, values_list):
    env["fetchmail.server"].create(values_list)


def fetch(env, account_id, batch=BATCH):
    """Run the account's schedule until nothing remains; exit with 1 on an error."""
    account = env["fetchmail.server"].browse(account_id)
    schedule = account.ticket_cron_id.with_context(cron_id=account.ticket_cron_id.id)
    with patch.object(mailbox.Mailbox.batches, "__defaults__", (batch, 2**20)):
        while True:
            cron, progress = schedule._add_progress()
            cron.env.cr.commit()
            with patch.object(type(account), "_ticket_is_pausing", lambda self: False):
                error = account.with_env(cron.env)._ticket_fetch()
            if error:
                cron.env.cr.commit()
                raise SystemExit(1)
            if not progress.remaining:
                return


def fetch_killed(env, account_id, step, when, turn):
    """Fetch and be killed before or after the step's n-th turn (from 1)."""
    owner, name = STEPS[step]
    owner = type(env[owner]) if isinstance(owner, str) else owner
    turns = iter(range(1, 1000))

    def dying(original):
        @wraps(original)
        def call(*args, **kwargs):
            last = next(turns) == turn
            if last and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*args, **kwargs)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    with patch.object(owner, name, dying(getattr(owner, name))):
        fetch(env, account_id)


def fetch_on_small_disk(env, account_id, size):
    """Fetch while no file may grow beyond `size` bytes, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    fetch(env, account_id)


def fetch_slowly(env, account_id, seconds):
    """Fetch, and rest in every batch between its first and its last statement."""
    model = type(env["ticket.mail"])
    decide = model._decide

    def slow(self, messages):
        plans = decide(self, messages)
        time.sleep(seconds)
        return plans

    with patch.object(model, "_decide", slow):
        fetch(env, account_id)


def retry_quarantined(env):
    env["ticket.mail"].action_retry_all()
