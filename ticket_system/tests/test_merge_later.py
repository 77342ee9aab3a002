from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import mail
from .import_case import NUMBER, RECEIVED, SENT, TICKET, ImportCase
from .merge_case import MergeCase


@tagged("post_install", "-at_install")
class TestMergeLater(MergeCase):
    """What comes after a merge: mails, wishes to be forgotten, another import"""

    def test_later_mails(self):
        """By reference to an old or a new message, or by either number"""
        self.merge()
        for headers in (
            {"in_reply_to": "<later@customer.example>"},
            {"in_reply_to": "<first@customer.example>"},
            {"subject": f"Re: [Ticket #{self.merged.number}] Wheel again"},
            {"subject": f"#{self.kept.number}"},
        ):
            with self.subTest(**headers):
                line = self.take_in(mail(body=str(headers), **headers))
                self.assertEqual(line.ticket_id, self.kept)
        self.assertTrue(self.merged.is_closed)
        self.assertFalse(self.merged._conversation())

    def test_one_batch(self):
        """Both numbers in mails fetched together reopen one ticket"""
        self.merge()
        self.kept.status_id = self.status["closed"]
        lines = self.take_in(
            mail(f"#{self.merged.number}", "one"), mail(f"#{self.kept.number}", "two")
        )
        self.assertEqual(lines.ticket_id, self.kept)
        self.assertEqual(self.kept.status_id, self.status["new"])

    def test_trust(self):
        """Who took part in the merged ticket may join by its number, no stranger"""
        other = self.take_in(
            mail("Bell", sender="Ben <ben@elsewhere.example>")
        ).ticket_id
        other.with_user(self.agent)._merge_into(self.kept.with_user(self.agent))
        subject = f"#{other.number}"
        line = self.take_in(mail(subject, sender="Ben <ben@elsewhere.example>"))
        self.assertEqual(line.ticket_id, self.kept)
        line = self.take_in(mail(subject, sender="Eve <eve@evil.example>"))
        self.assertNotEqual(line.ticket_id, self.kept)
        self.assertEqual(line.ticket_id.related_ticket_ids, self.kept)

    def test_chain(self):
        """A into B, B into C: all that names A or B goes to C"""
        last = self.take_in(mail("Third")).ticket_id
        self.merge()
        self.kept.with_user(self.agent)._merge_into(last.with_user(self.agent))
        self.assertEqual((self.kept | self.merged).merged_into_id, last)
        for ticket in (self.kept, self.merged):
            line = self.take_in(mail(f"#{ticket.number}", ticket.number))
            self.assertEqual(line.ticket_id, last)
        line = self.take_in(mail("Re", in_reply_to="<later@customer.example>"))
        self.assertEqual(line.ticket_id, last)
        self.assertEqual(len(last._conversation()), 6)

    def test_bounce(self):
        """An answer that was moved and comes back is marked where it is now"""
        sent = self.answer(self.merged)
        self.merge()
        sent.sudo()._note_bounced("no such mailbox")
        self.assertTrue(self.kept.delivery_failed)
        self.assertFalse(self.merged.delivery_failed)

    # ------------------------------------------------------------------
    # Privacy
    # ------------------------------------------------------------------

    def strangers_ticket(self):
        """Of Ben, with an answer to him, merged into Carla's"""
        raw = mail("Bell", "I am Ben, 4 Oak Road", sender="Ben <ben@else.example>")
        ticket = self.take_in(raw).ticket_id
        with self.mock_mail_gateway():
            ticket._send_reply(
                subject="Re: Bell",
                body="Dear Ben of Oak Road",
                email_to="ben@else.example",
                status=self.status["closed"],
            )
        ticket._merge_into(self.kept)
        return ticket

    def test_forgotten(self):
        """What was on the ticket of who is forgotten goes, and nothing else"""
        self.strangers_ticket()
        self.env["ticket.ticket"]._forget_person("ben@else.example")
        self.env.flush_all()
        bodies = " ".join(self.kept._conversation().mapped("body"))
        self.assertNotIn("Oak Road", bodies)
        self.assertIn("my wheel is broken", bodies)
        lines = self.env["ticket.mail"].search([("ticket_id", "=", self.kept.id)])
        self.assertEqual(lines.raw_attachment_id, self.line.raw_attachment_id)

    def test_handed_out(self):
        """The export of who wrote on a merged ticket holds our answers, too"""
        self.strangers_ticket()
        ben = self.env["res.partner"].create(
            {"name": "Ben", "email": "ben@else.example"}
        )
        found = self.env["ticket.ticket"]._messages_of(ben)
        bodies = " ".join(
            body for _ticket, messages in found for body in messages.mapped("body")
        )
        self.assertIn("Dear Ben", bodies)
        self.assertIn("I am Ben", bodies)
        self.assertNotIn("wheel", bodies)

    def test_erased(self):
        """A merged ticket is there as long as the kept one: mails name its number"""
        self.merge()
        self.status["closed"].retention_days = 30
        long_ago = fields.Datetime.now() - timedelta(days=40)
        self.merged.last_message = long_ago
        tickets = self.env["ticket.ticket"]
        expired = self.status["closed"]._expired_domain()
        self.assertNotIn(self.merged, tickets.search(expired))
        self.kept.write(
            {"status_id": self.status["closed"].id, "last_message": long_ago}
        )
        self.assertIn(self.kept, tickets.search(expired))
        self.kept._erase()
        self.assertFalse((self.kept | self.merged).exists())
        self.assertFalse((self.line | self.later_line).raw_attachment_id)

    def test_deleted(self):
        """Without the kept one it is an ordinary ticket again"""
        self.merge()
        self.kept.unlink()
        self.assertTrue(self.merged.is_closed)
        line = self.take_in(mail(f"#{self.merged.number}"))
        self.assertEqual(line.ticket_id, self.merged)
        self.assertEqual(self.merged.status_id, self.status["new"])


@tagged("post_install", "-at_install")
class TestMergeImported(ImportCase):
    def test_import_again(self):
        """What was merged stays so; what is new of it goes to the kept ticket"""
        other = {**TICKET, "schluessel": "20190304654321"}
        rows = [RECEIVED, {**SENT, "ticket": other["schluessel"]}]
        record = self.take(rows, [TICKET, other])
        kept, merged = self.ticket(NUMBER), self.ticket(other["schluessel"])
        merged._merge_into(kept)
        self.assertEqual(self.again(record), 4)
        new = {**RECEIVED, "id": "99", "ticket": other["schluessel"]}
        self.take([new], [TICKET, other])
        self.assertEqual(len(kept._conversation()), 3)
        self.assertFalse(merged._conversation())
        self.assertTrue(merged.is_closed)
