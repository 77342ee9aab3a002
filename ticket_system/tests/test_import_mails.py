import io
import zipfile
from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow import files

from .common import mail
from .import_case import ImportCase, mbox


@tagged("post_install", "-at_install")
class TestImportMails(ImportCase):
    """mbox, ZIP and eml: tickets as if fetched, but long ago"""

    def take(self, *raws, **values):
        values = {"account_id": self.account.id, **values}
        return self.start({"old.mbox": mbox(*raws)}, **values)

    def imported(self):
        lines = self.env["ticket.mail"].search([("folder", "like", "import")])
        return lines.ticket_id

    def test_files(self):
        """Each kind makes tickets, with what belongs together on one (R2)"""
        first = mail("Old wheel", "One\n\nFrom here on\n", message_id="<one@c.example>")
        second = mail("Re: Old wheel", in_reply_to="<one@c.example>")
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.mkdir("a")
            archive.writestr("a/1.eml", mail("Zipped"))
            archive.writestr("readme.txt", b"no mail")
        found = {
            "old.mbox": mbox(first, second),
            "old.zip": zipped.getvalue(),
            "one.eml": mail("Single"),
        }
        record = self.start(found, account_id=self.account.id)
        self.assertEqual((record.row_count, record.made_count), (5, 4))
        self.assertEqual(
            self.skipped(record), [("old.zip", 2, "“readme.txt” is no mail.")]
        )
        tickets = self.imported()
        self.assertEqual(
            sorted(tickets.mapped("name")), ["Old wheel", "Single", "Zipped"]
        )
        old = tickets.filtered(lambda ticket: ticket.name == "Old wheel")
        self.assertEqual(len(old._conversation()), 2)
        self.assertIn("From here on", old._conversation()[0].body)
        self.assertEqual(self.again(record), 4)

    def test_history(self):
        """Closed, as old as the mails, read; nobody is told, nobody answered (P5)"""
        self.account.write(
            {"autoresponder_active": True, "autoresponder_body": "<p>Hello</p>"}
        )
        before = self.env["mail.mail"].search_count([])
        self.take(mail("Old wheel"))
        [ticket] = self.imported()
        self.assertEqual(ticket.status_id, self.status["closed"])
        for name in ("create_date", "closed_on", "last_inbound", "last_message"):
            self.assertEqual(ticket[name], datetime(2026, 3, 2, 9), name)
        self.assertFalse(ticket.waiting_since or ticket.is_unread)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_open(self):
        """Without closing, the customer waits since the mail"""
        self.take(mail("Old wheel"), close_mails=False)
        [ticket] = self.imported()
        self.assertEqual(ticket.status_id, self.status["new"])
        self.assertEqual(ticket.waiting_since, datetime(2026, 3, 2, 9))
        self.assertFalse(ticket.closed_on)

    def test_live_ticket(self):
        """An old mail that joins a ticket of today leaves it as it is"""
        line = self.take_in(dated(3))
        ticket, message_id = line.ticket_id, line.message_id
        ticket.message_subscribe(self.agent.partner_id.ids)
        ticket.write({"status_id": self.status["open"].id, "is_unread": False})
        before = self.env["mail.notification"].search_count([])
        self.take(dated(2, in_reply_to=message_id))
        self.assertEqual(len(ticket._conversation()), 2)
        self.assertEqual(ticket.status_id, self.status["open"])
        self.assertFalse(ticket.is_unread)
        self.assertEqual(ticket.last_inbound, datetime(2026, 3, 3, 9))
        self.assertEqual(self.env["mail.notification"].search_count([]), before)
        self.take(dated(4, in_reply_to=message_id))
        self.assertEqual(ticket.last_inbound, datetime(2026, 3, 4, 9))
        self.assertEqual(ticket.status_id, self.status["open"])

    def test_both_directions(self):
        """Our answer joins the customer's mail as what we sent; known the next time"""
        first = dated(2, subject="Old wheel", message_id="<one@c.example>")
        answer = dated(
            3,
            subject="Re: Old wheel",
            sender="Support <support@test.example>",
            to="carla@customer.example",
            message_id="<two@test.example>",
            in_reply_to="<one@c.example>",
        )
        opening = mail("We write first", sender="support@test.example")
        record = self.take(first, answer, opening, close_mails=False)
        self.assertEqual((record.made_count, self.skipped(record)), (3, []))
        ticket, other = self.imported().sorted("id")
        self.assertEqual(other.name, "We write first")
        self.assertFalse(ticket.related_ticket_ids)
        self.assertEqual(ticket._conversation()[-1].message_type, "comment")
        self.assertEqual(ticket.last_outbound, datetime(2026, 3, 3, 9))
        self.assertEqual(ticket.first_response, datetime(2026, 3, 3, 9))
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(self.again(record), 3)
        copy = self.start({"copy.mbox": mbox(answer)}, account_id=self.account.id)
        self.assertEqual((copy.known_count, self.skipped(copy)), (1, []))

    def test_sent_file_first(self):
        """Whatever the order of the files, an answer comes after what it answers"""
        first = dated(2, subject="Old wheel", message_id="<one@c.example>")
        answer = dated(
            3,
            sender="Support <support@test.example>",
            to="carla@customer.example",
            in_reply_to="<one@c.example>",
        )
        self.start(
            {"sent.mbox": mbox(answer), "inbox.mbox": mbox(first)},
            account_id=self.account.id,
        )
        [ticket] = self.imported()
        kinds = ticket._conversation().mapped("message_type")
        self.assertEqual(kinds, ["email", "comment"])

    def test_closed_long_ago(self):
        """Years later it still is one conversation"""
        self.env["ir.config_parameter"].set_param("ticket_system.reopen_days", "30")
        first = mail("Old wheel", message_id="<one@c.example>")
        with patch("odoo.addons.ticket_system.models.ticket_import_run.BATCH", 1):
            self.take(first, mail("Re: Old wheel", in_reply_to="<one@c.example>"))
        [ticket] = self.imported()
        self.assertEqual(len(ticket._conversation()), 2)

    def test_storm(self):
        """Many mails of one sender are no storm, neither then nor now"""
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        before = self.env["mail.activity"].search_count([])
        self.take(*(mail(f"Number {number}") for number in range(5)))
        line = self.take_in(mail("Today"))
        self.assertEqual(line.reason, "new")
        self.assertEqual(self.env["mail.activity"].search_count([]), before)

    def test_counts(self):
        """P1: received before is known; ignored and too large are told"""
        raw = mail("Once")
        self.take_in(raw)
        large = mail("Large", "x" * 5000)
        own = mail("Ours", sender="support@test.example", X_Ticket_System="x")
        with patch.object(files.mails, "__defaults__", (4000,)):
            record = self.take(raw, own, large, mail("New"))
        self.assertEqual((record.made_count, record.known_count), (1, 1))
        self.assertEqual(
            self.skipped(record),
            [
                ("old.mbox", 2, "Our own automatic answer"),
                ("old.mbox", 3, "The mail is too large."),
            ],
        )

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_broken(self):
        """P1: what is no mail, or cannot be understood, is skipped; each time anew"""
        broken = {"a.eml": b"", "b.eml": b"\0\1", "c.eml": mail("odd")}
        text_to_html = "odoo.addons.ticket_system.mailflow.content.text_to_html"
        with patch(text_to_html, side_effect=ValueError("odd")):
            record = self.start(broken, account_id=self.account.id)
        no_mail = "This is no mail: it does not begin with a header."
        expected = [
            ("a.eml", 1, no_mail),
            ("b.eml", 1, no_mail),
            ("c.eml", 1, "ValueError: odd"),
        ]
        self.assertEqual(self.skipped(record), expected)
        self.assertEqual(self.again(record), 0)
        self.assertEqual(self.skipped(record), expected)

    def test_tickets_of_the_import(self):
        record = self.take(mail("One"), mail("Two"))
        self.assertEqual(record.ticket_count, 2)
        action = record.action_open_tickets()
        found = self.env["ticket.ticket"].search(action["domain"])
        self.assertEqual(set(found.mapped("name")), {"One", "Two"})
        told = self.env["bus.bus"].search([("message", "like", "ticket_system.import")])
        self.assertTrue(told)


def dated(day, **headers):
    """A mail of that day in March"""
    return mail(**headers).replace(b", 02 Mar", b", %02d Mar" % day)
