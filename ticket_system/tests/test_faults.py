import os
import random
import secrets
import socket
import subprocess
import time
from contextlib import closing, contextmanager
from email.utils import formatdate

import psycopg2

from odoo.tests import tagged

from .common import mail
from .fault_case import DOUBLED, LEDGER, FaultCase
from .faults import BATCH, STEPS

try:
    from devtools import odoo
    from devtools.proxy import Proxy
except ImportError:  # the addon is tested outside its own repository
    odoo = Proxy = None

BOMB = int(os.environ.get("TICKET_SYSTEM_BOMB_MAILS", 250))
ROUNDS = int(os.environ.get("TICKET_SYSTEM_FAULT_ROUNDS", 20))


@tagged("post_install", "-at_install", "mail_servers")
class TestFaults(FaultCase):
    def test_killed_at_every_step(self):
        """P2: SIGKILL before and after each step, in the first and a later batch"""
        moments = [
            (step, when, turn)
            for step in STEPS
            for when, turn in (("before", 1), ("after", 1), ("before", 2))
            if (step, turn) != ("connected", 2)
        ]
        accounts = self.make_accounts(
            len(moments), ticket_after_fetch="move", ticket_move_folder="Done"
        )
        for moment, (account, address) in zip(moments, accounts, strict=True):
            with self.subTest(moment=moment):
                delivered = self.deliver(address, BATCH + 2)
                self.run_to_end("fetch_killed", account, *moment, status=-9)
                self.run_to_end("fetch", account)
                self.assert_exact(account, delivered)
                self.assertEqual(self.dovecot.messages(address), [])
                moved = self.dovecot.messages(address, "Done")
                self.assertEqual(len(moved), len(delivered))

    def test_killed_at_random(self):
        """P2: processes die and the mail server crashes, while mails keep coming"""
        account, address = self.make_accounts(ticket_after_fetch="delete")
        seed = secrets.randbits(32)
        chance = random.Random(seed)
        delivered = []
        for _round in range(ROUNDS):
            delivered += self.deliver(address, chance.randint(0, 2 * BATCH))
            process = self.start("fetch", account)
            process.join(chance.uniform(0, 0.6))
            if chance.random() < 0.2:
                self.dovecot.kill()
                process.kill()
                self.dovecot.start()
            process.kill()
            process.join()
        self.run_to_end("fetch", account)
        with self.subTest(seed=seed, rounds=ROUNDS):
            self.assert_exact(account, delivered)
            self.assertEqual(self.dovecot.messages(address), [])

    def test_mail_bomb(self):
        """From one sender and from as many: all kept, few answered, both told"""
        answers = {
            "autoresponder_active": True,
            "autoresponder_body": "<p>Hello</p>",
            "autoresponder_once_per_day": False,
        }
        accounts = self.make_accounts(2, **answers)
        for account, address in accounts:
            is_one = account == accounts[0][0]
            delivered = []
            for turn in range(BOMB):
                sender = (
                    "bomb@bomb.example" if is_one else f"b{turn}@bomb{turn}.example"
                )
                delivered += self.deliver(
                    address,
                    subject=f"Bomb {turn}",
                    body=f"{turn}",
                    sender=sender,
                    date=formatdate(),
                )
            self.run_to_end("fetch", account, 50)
            self.assert_exact(account, delivered)
            [[answered, tickets]] = self.sql(
                """SELECT count(*) FILTER (WHERE is_autoresponded),
                          count(DISTINCT ticket_id)
                     FROM ticket_mail WHERE server_id = %s""",
                account,
            )
            self.assertEqual(tickets, BOMB)
            self.assertLessEqual(answered, 60 if is_one else 200)
        told = self.sql("SELECT summary FROM mail_activity")
        for summary in ("Mail storm from bomb@bomb.example", "Flood of mails to"):
            self.assertTrue([row for row in told if row[0].startswith(summary)])

    def test_connection_cut(self):
        """P2: the network fails in the middle of an answer, anywhere"""
        with Proxy(self.dovecot.host, self.dovecot.port) as proxy:
            account, address = self.make_accounts(port=proxy.port)
            delivered = []
            for cut_after in (50, 400, 700, 1000, 1500, 2500, 4000, 6000):
                delivered += self.deliver(address, BATCH, body="Hello\n" * 200)
                proxy.cut_after = cut_after
                self.run_to_end("fetch", account, status=1)
            proxy.cut_after = None
            self.run_to_end("fetch", account)
            self.assert_exact(account, delivered)

    def test_mail_server_restarted(self):
        """P2: the account says so, and recovers by itself"""
        account, address = self.make_accounts()
        delivered = self.deliver(address, 2)
        self.dovecot.kill()
        self.run_to_end("fetch", account, status=1)
        problem = "SELECT ticket_last_error FROM fetchmail_server WHERE id = %s"
        self.assertIn("cannot be reached", self.sql(problem, account)[0][0])
        self.dovecot.start()
        self.run_to_end("fetch", account)
        self.assertEqual(self.sql(problem, account), [(None,)])
        self.assert_exact(account, delivered)

    def test_database_connection_lost(self):
        """P2: the database ends the connection at some moment of the fetch"""
        account, address = self.make_accounts()
        delivered = []
        for delay in (0.05, 0.1, 0.2, 0.3, 0.4):
            delivered += self.deliver(address, BATCH + 1)
            process = self.start("fetch_slowly", account, 0.2)
            time.sleep(delay)
            self.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND pid <> pg_backend_pid()",
                self.database,
            )
            process.join()
        self.run_to_end("fetch", account)
        self.assert_exact(account, delivered)

    def test_serialization_failure(self):
        """P2: an agent changes the ticket while an answer to it is being written"""
        account, address = self.make_accounts()
        delivered = self.deliver(address)
        self.run_to_end("fetch", account)
        delivered += self.deliver(address, In_Reply_To=delivered[0])
        process = self.start("fetch_slowly", account, 0.5)
        deadline = time.monotonic() + 20
        changes = 0
        while process.is_alive() and time.monotonic() < deadline and changes < 30:
            self.sql(
                "UPDATE ticket_ticket SET priority = '1' WHERE account_id = %s", account
            )
            changes += 1
            time.sleep(0.05)
        process.join()
        self.assertEqual(process.exitcode, 0)
        self.assert_exact(account, delivered)
        tickets = "SELECT count(*) FROM ticket_ticket WHERE account_id = %s"
        self.assertEqual(self.sql(tickets, account), [(1,)])

    def test_two_workers(self):
        """P2: several cron workers on one account"""
        account, address = self.make_accounts(ticket_after_fetch="delete")
        delivered = self.deliver(address, 4 * BATCH)
        workers = [self.start("fetch", account) for _ in range(3)]
        for worker in workers:
            worker.join()
        self.run_to_end("fetch", account)
        self.assert_exact(account, delivered)

    def test_numbers_of_many_writers(self):
        """R16: eight accounts at once, no number twice, nobody waits for another"""
        accounts = self.make_accounts(8)
        delivered = {}
        for account, address in accounts:
            delivered[account] = [self.deliver(address)[0] for _ in range(2 * BATCH)]
        for worker in [self.start("fetch", account) for account, _ in accounts]:
            worker.join()
        for account, _address in accounts:
            self.assert_exact(account, delivered[account])
        numbers = self.sql(
            "SELECT number FROM ticket_ticket WHERE account_id IN %s",
            tuple(delivered),
        )
        self.assertEqual(len(set(numbers)), 8 * 2 * BATCH)

    def test_uidvalidity(self):
        """P2: the folder is numbered anew: all is read again, nothing doubled"""
        account, address = self.make_accounts()
        delivered = self.deliver(address, BATCH + 1)
        self.run_to_end("fetch", account)
        self.dovecot.new_uidvalidity(address)
        more = self.deliver(address)
        self.run_to_end("fetch", account)
        states = [(line[1], line[2]) for line in self.sql(LEDGER, account)]
        again = [(identifier, "duplicate") for identifier in delivered]
        once = [(identifier, "done") for identifier in delivered + more]
        self.assertEqual(sorted(states), sorted(again + once))
        self.assertEqual(self.sql(DOUBLED), [])

    def test_folder_gone_and_back(self):
        """P2: a missing folder is named, and fetched when it is there again"""
        account, address = self.make_accounts(ticket_folder="Support/Küche")
        self.run_to_end("fetch", account, status=1)
        problem = "SELECT ticket_last_error FROM fetchmail_server WHERE id = %s"
        self.assertIn("Support/Küche", self.sql(problem, account)[0][0])
        raw = mail(to=address, message_id="<kitchen@test.example>")
        self.dovecot.deliver(address, raw, "Support/Küche")
        self.run_to_end("fetch", account)
        self.assert_exact(account, ["<kitchen@test.example>"])

    def test_move_refused(self):
        """P2: the server has no room to move to: what comes is taken in all the same,
        the account says so, and it is tried again"""
        account, address = self.make_accounts(
            ticket_after_fetch="move", ticket_move_folder="Done"
        )
        self.dovecot.messages(address, "Done")
        folder = self.dovecot.directory / "mail" / address / "Maildir" / ".Done"
        for part in folder.glob("*/"):
            part.chmod(0o500)
        delivered = []
        problem = "SELECT ticket_last_error FROM fetchmail_server WHERE id = %s"
        for turn in (1, 2):
            delivered += self.deliver(address, BATCH + 1)
            self.run_to_end("fetch", account)
            self.assertIn("Done", self.sql(problem, account)[0][0])
            self.assert_exact(account, delivered)
            self.assertEqual(len(self.dovecot.messages(address)), turn * (BATCH + 1))
        for part in folder.glob("*/"):
            part.chmod(0o700)
        self.run_to_end("fetch", account)
        self.assertEqual(self.sql(problem, account), [(None,)])
        self.assert_exact(account, delivered)
        self.assertEqual(self.dovecot.messages(address), [])

    def test_password_changed(self):
        """P2, R10: a refused password is named, and the account recovers"""
        account, address = self.make_accounts()
        delivered = self.deliver(address, 2)
        self.dovecot.set_password(address, "another")
        self.run_to_end("fetch", account, status=1)
        problem = "SELECT ticket_last_error FROM fetchmail_server WHERE id = %s"
        self.assertIn("password", self.sql(problem, account)[0][0])
        self.dovecot.set_password(address, self.dovecot.password)
        self.run_to_end("fetch", account)
        self.assert_exact(account, delivered)


@tagged("post_install", "-at_install", "mail_servers")
class TestHangingServer(FaultCase):
    def test_others_go_on(self):
        """P5: of ten accounts one hangs; Odoo's cron workers fetch the other nine"""
        with silent_server() as port:
            accounts = self.make_accounts(9)
            self.make_accounts(port=port, server="127.0.0.1")
            delivered = {a: self.deliver(address) for a, address in accounts}
            self.sql("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'")
            worker = subprocess.Popen(
                odoo.command(
                    *("-d", self.database, "--no-http", "--max-cron-threads=2"),
                    *("--log-level=critical",),
                ),
                env={**os.environ, **odoo.environment()},
            )
            try:
                self.await_lines(len(accounts), seconds=100)
            finally:
                worker.terminate()
                worker.wait(60)
        for account, identifiers in delivered.items():
            self.assert_exact(account, identifiers)

    def await_lines(self, count, seconds):
        deadline = time.monotonic() + seconds
        with closing(psycopg2.connect(dbname="postgres")) as connection:
            connection.autocommit = True
            while time.monotonic() < deadline:
                with connection.cursor() as cr:  # wakes Odoo's cron threads
                    cr.execute("SELECT pg_notify('cron_trigger', %s)", [self.database])
                if self.sql("SELECT count(*) FROM ticket_mail") == [(count,)]:
                    return
                time.sleep(0.5)
        self.fail("the other accounts were not fetched")


@contextmanager
def silent_server():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
