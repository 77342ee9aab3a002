import base64
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ticket_system.mailflow.errors import ProtocolError
from odoo.addons.ticket_system.mailflow.mailbox import Mailbox

from .common import MailServerCase, mail, mail_servers


@tagged("post_install", "-at_install", "mail_servers")
class TestRoundTrip(MailServerCase):
    """The whole circle through a real Dovecot and a real SMTP sink."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sales = cls.env["ticket.queue"].create({"name": "Sales", "code": "tsales"})
        cls.account_accounting = cls._make_account(
            "accounting@test.example", cls.accounting
        )
        cls.account_sales = cls._make_account(
            "sales@test.example", cls.sales, ticket_after_fetch="delete"
        )
        cls.accounts = cls.account | cls.account_accounting | cls.account_sales
        cls.customer.email = cls.customer_address = cls.account.user.replace(
            "support", "carla"
        )

    def deliver(self, account, **values):
        values.setdefault("sender", f"Carla Customer <{self.customer_address}>")
        self.dovecot.deliver(account.user, mail(to=account.user, **values))

    def lines(self, account):
        return self.env["ticket.mail"].search(
            [("server_id", "=", account.id)], order="uid"
        )

    def inbox(self, address):
        return [
            message_from_bytes(raw, policy=default)
            for raw in self.dovecot.messages(address)
        ]

    def test_circle(self):
        """R1, R2, R12, R14, R15, R23-R27, R52: in, out, and in again"""
        data = bytes(range(256)) * 500
        self.deliver(
            self.account,
            subject="Broken wheel",
            attachments=[("photo.bin", data, "application", "octet-stream")],
        )
        self.deliver(self.account_accounting, subject="Invoice?")
        self.deliver(self.account_sales, subject="20 bikes")
        self.fetch(*self.accounts)

        tickets = {account: self.lines(account).ticket_id for account in self.accounts}
        for account, ticket in tickets.items():
            self.assertEqual(len(ticket), 1)
            self.assertEqual(ticket.queue_id, account.ticket_queue_id)
            self.assertEqual(ticket.partner_id, self.customer)
        ticket = tickets[self.account]
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.message_ids.attachment_ids.raw, data)

        self.answer(ticket)
        [answer] = self.inbox(self.customer_address)
        self.assertEqual(answer["From"].addresses[0].addr_spec, self.account.user)
        self.assertIn(f"Ticket #{ticket.number}", answer["Subject"])
        self.assertEqual(ticket.status_id.code, "waiting_customer")

        self.deliver(
            self.account,
            subject=f"AW: {answer['Subject']}",
            in_reply_to=answer["Message-ID"],
        )
        self.fetch(*self.accounts)
        self.assertEqual(self.lines(self.account).ticket_id, ticket)
        self.assertEqual(ticket.status_id.code, "new")
        self.assertEqual(ticket.message_count, 3)

        self.check_nothing_twice()

    def answer(self, ticket):
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": ticket.id,
                    "body": "<p>We send a new wheel.</p>",
                    "status_id": self.status["waiting_customer"].id,
                }
            )
        )
        reply.action_send()

    def check_nothing_twice(self):
        before = {account: self.lines(account).ids for account in self.accounts}
        self.fetch(*self.accounts)
        for account in self.accounts:
            self.assertEqual(self.lines(account).ids, before[account])
        self.assertEqual(len(self.dovecot.messages(self.account.user)), 2)
        self.assertEqual(len(self.dovecot.messages(self.account_accounting.user)), 1)
        self.assertFalse(self.dovecot.messages(self.account_sales.user))

    def test_seen_plays_no_part(self):
        """P1: a mail read in another client is fetched; ours stays unread there"""
        account = self._make_account("unseen@test.example", self.support)
        self.deliver(account, subject="one")
        self.deliver(account, subject="two")
        with self.dovecot.client(account.user) as client:
            client.select_folder("INBOX")
            client.add_flags([1], [rb"\Seen"])
        self.fetch(account)
        self.assertEqual(len(self.lines(account).ticket_id), 2)
        with self.dovecot.client(account.user) as client:
            client.select_folder("INBOX")
            self.assertEqual(client.search("UNSEEN"), [2])

    def test_after_fetch(self):
        """R14: leave, mark, move, delete"""
        for choice, left, seen, moved in (
            ("keep", 1, 0, 0),
            ("seen", 1, 1, 0),
            ("move", 0, 0, 1),
            ("delete", 0, 0, 0),
        ):
            with self.subTest(choice):
                account = self._make_account(
                    f"{choice}@test.example",
                    ticket_after_fetch=choice,
                    ticket_move_folder="Done",
                )
                self.deliver(account)
                self.fetch(account)
                with self.dovecot.client(account.user) as client:
                    client.select_folder("INBOX")
                    self.assertEqual(len(client.search("ALL")), left)
                    self.assertEqual(len(client.search("SEEN")), seen)
                self.assertEqual(
                    len(self.dovecot.messages(account.user, "Done")), moved
                )

    def test_since(self):
        """R13: only mails from that date on"""
        account = self._make_account("since@test.example", ticket_since="2026-02-01")
        for day in ("2026-01-31", "2026-02-02"):
            self.dovecot.deliver(
                account.user,
                mail(subject=day),
                internal_date=datetime.fromisoformat(f"{day}T12:00:00+00:00"),
            )
        self.fetch(account)
        self.assertEqual(self.lines(account).mapped("subject"), ["2026-02-02"])

    def test_copy_to_sent(self):
        """R17: the very bytes that left are in the Sent folder, once; IMAP may fail"""
        account = self._make_account(
            "copies@test.example",
            self.support,
            ticket_sent_folder="Sent",
            ticket_copy_to_sent=True,
        )
        self.deliver(account, subject="Late parcel")
        self.fetch(account)
        ticket = self.lines(account).ticket_id
        ticket.message_subscribe(self.other_agent.partner_id.ids)
        ticket.with_user(self.agent)._send_reply(
            subject="Re: Late parcel",
            body="It is on its way.",
            email_to=self.customer_address,
            status=self.status["closed"],
        )
        copy = self.env["ticket.sent.copy"].search([])
        self.assertEqual(len(copy), 1)
        refused = patch.object(Mailbox, "append", side_effect=ProtocolError("Full."))
        with refused:
            self.fetch(account)
        self.assertEqual(account.ticket_last_error, "Full.")
        self.assertFalse(account.ticket_failures)
        raw = base64.b64decode(copy.raw)
        for _turn in range(2):
            self.fetch(account)
        self.assertFalse(account.ticket_last_error)
        [kept] = self.dovecot.messages(account.user, "Sent")
        self.assertEqual(kept.replace(b"\r\n", b"\n"), raw.replace(b"\r\n", b"\n"))
        arrived = self.inbox(self.customer_address)[-1]
        sent = message_from_bytes(kept, policy=default)
        for name in ("Message-ID", "Subject", "From", "To"):
            self.assertEqual(sent[name], arrived[name])
        self.assertEqual(len(ticket._conversation()), 2)

        # the copy is there, but we were cut off before we could note it
        copy.create(
            {
                "server_id": account.id,
                "message_id": sent["Message-ID"],
                "raw": base64.b64encode(raw),
            }
        )
        self.fetch(account)
        self.assertEqual(len(self.dovecot.messages(account.user, "Sent")), 1)

    def test_server_of_an_account(self):
        """R18: answers leave by the server that may send for their account's address"""
        folder = Path(self.enterContext(TemporaryDirectory()))
        own = mail_servers.SmtpSink(mail_servers.Mailboxes(folder, ""))
        own.serve()
        self.addCleanup(own.close)
        shared = self._make_account("shared@test.example", self.support)
        special = self._make_account("special@test.example", self.support)
        self.env["ir.mail_server"].create(
            {
                "name": "Special",
                "smtp_host": own.host,
                "smtp_port": own.port,
                "from_filter": special.user,
                "sequence": 99,
            }
        )
        for account in (shared, special):
            self.deliver(account)
            self.fetch(account)
            self.answer(self.lines(account).ticket_id)
        [mail_of_special] = own.received
        self.assertEqual(mail_of_special.sender, special.user)
        self.assertEqual(self.sink.received[-1].sender, shared.user)

    def test_sent_folder(self):
        """R24: what agents write in a mail program joins its ticket, once"""
        account = self._make_account(
            "outlook@test.example", self.support, ticket_sent_folder="Sent"
        )
        account.ticket_sender_name = "Support"
        own = {"sender": account.user, "to": self.customer_address}
        self.dovecot.deliver(account.user, mail("Lunch?", **own), "Sent")
        self.deliver(account, subject="Late parcel")
        self.fetch(account)
        ticket = self.lines(account).ticket_id
        self.assertTrue(ticket.waiting_since)
        date = "Mon, 02 Mar 2026 11:00:00 +0100"
        answer = mail(f"Re: Late parcel #{ticket.number}", "It is on its way.", **own)
        answer = answer.replace(b"Mon, 02 Mar 2026 10:00:00 +0100", date.encode())
        self.dovecot.deliver(account.user, answer, "Sent")
        self.fetch(account)
        self.dovecot.new_uidvalidity(account.user, "Sent")
        self.fetch(account)

        message = ticket.message_ids[0]
        self.assertIn("on its way", message.body)
        self.assertEqual(message.outgoing_email_to, self.customer_address)
        self.assertEqual(len(ticket.message_ids), 2)
        self.assertFalse(ticket.waiting_since)
        self.assertGreaterEqual(ticket.last_outbound, ticket.last_inbound)
        lines = self.lines(account).filtered("is_sent")
        self.assertEqual(sorted(lines.mapped("state")), ["done"] + ["ignored"] * 3)
        self.assertEqual(
            sorted(lines.mapped("reason")),
            ["no_ticket", "no_ticket", "sent", "sent_by_odoo"],
        )
        mails = self.env["mail.mail"].search(
            [("mail_message_id", "in", ticket.message_ids.ids)]
        )
        self.assertFalse(mails, "a mail that was sent already is not sent again")

    def test_wrong_password(self):
        """R10: plain words in the account's health, and recovery by itself"""
        account = self._make_account("locked@test.example")
        account.password = "wrong"
        self.deliver(account)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            error = account.with_env(account.env(cr=cr))._ticket_fetch()
        self.assertIn("password", str(error))
        account.invalidate_recordset()
        self.assertIn("password", account.ticket_last_error)
        self.assertTrue(account.ticket_retry_on)
        account.password = self.dovecot.password
        self.assertFalse(account.ticket_retry_on, "it is tried again at once")
        self.assertFalse(account.ticket_last_error or account.ticket_failing_since)
        self.fetch(account)
        self.assertFalse(account.ticket_last_error)
        self.assertFalse(account.ticket_failures)
        self.assertEqual(len(self.lines(account)), 1)

    def test_administrators_are_told(self):
        """R10: an activity after the third failure in a row, gone on recovery"""
        account = self._make_account("silent@test.example")
        account.password = "wrong"
        began = None
        for turn in range(1, 5):
            with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                account.with_env(account.env(cr=cr))._ticket_fetch()
            account.invalidate_recordset()
            self.assertEqual(account.ticket_failures, turn)
            told = self.administrator in account.ticket_warning_ids.user_id
            self.assertEqual(told, turn >= 3)
            began = began or account.ticket_failing_since
            self.assertEqual(account.ticket_failing_since, began)
        self.assertTrue(began)
        [note, *_others] = account.ticket_warning_ids.mapped("note")
        self.assertIn(f"/odoo/ticket-accounts/{account.id}", note)
        warnings = account.ticket_warning_ids
        self.assertGreater(len(warnings.user_id), 1)
        self.env.invalidate_all()
        account.with_user(self.administrator).password = self.dovecot.password
        self.assertFalse(warnings.exists(), "whoever they were for")
        self.fetch(account)
        self.assertFalse(account.ticket_warning_ids or account.ticket_failing_since)

    def test_sent_folder_is_tested(self):
        """R10: a misspelt one is told at once; with copies it is made"""
        account = self._make_account("misspelt@test.example", ticket_sent_folder="Snet")
        with self.assertRaisesRegex(UserError, "Snet"):
            account.button_confirm_login()
        account.ticket_copy_to_sent = True
        account.button_confirm_login()
        self.assertEqual(account.state, "done")

    def test_fetch_button(self):
        """R10: what came of it is told, and why nothing could"""
        account = self._make_account("now@test.example")
        self.deliver(account)
        told = []
        for password in (account.password, account.password, "wrong"):
            account.password = password
            account.flush_recordset()
            with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                action = account.with_env(account.env(cr=cr)).fetch_mail()
            told.append((action["params"]["type"], action["params"]["message"]))
        *good, bad = told
        self.assertEqual(
            good, [("success", "New mails: 1"), ("success", "New mails: 0")]
        )
        account.invalidate_recordset()
        self.assertEqual(bad, ("danger", account.ticket_last_error))

    def test_test_button(self):
        """R10: a clear answer, good or bad"""
        account = self._make_account("button@test.example")
        told = account.button_confirm_login()["params"]["message"]
        self.assertIn("“INBOX”: 0;", told)
        self.assertEqual(account.state, "done")
        self.assertTrue(account.ticket_cron_id.active)
        account.password = "wrong"
        with self.assertRaisesRegex(UserError, "password"):
            account.button_confirm_login()
