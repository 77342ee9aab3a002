from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestReplyBatch(TicketCase, MailCase):
    """R67: one text, a mail of its own to each customer"""

    def setUp(self):
        super().setUp()
        raws = [
            mail("Broken wheel"),
            mail("Late parcel", sender="Tom Brown <tom@brown.example>"),
        ]
        self.tickets = self.take_in(*raws).ticket_id
        file = {
            "name": "recall.pdf",
            "raw": b"%PDF",
            "res_model": "mail.compose.message",
        }
        self.file = self.env["ir.attachment"].with_user(self.agent).create(file)

    def batch(self, tickets):
        action = tickets.with_user(self.agent).action_reply_batch()
        batches = self.env[action["res_model"]].with_user(self.agent)
        return Form(batches.with_context(**action["context"]))

    def send(self, tickets):
        form = self.batch(tickets)
        form.body = "<p>{NAME}, we recall wheel {TICKET}.</p>"
        form.attachment_ids.add(self.file)
        form.status_id = self.status["waiting_customer"]
        with self.mock_mail_gateway():
            return form.save().action_send()

    def test_each_their_own(self):
        action = self.send(self.tickets)
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(len(self._new_mails), 2)
        for ticket, sent in zip(self.tickets, self._new_mails.sorted(), strict=True):
            self.assertEqual(
                sent.body_html.count(f"{ticket.partner_name}, we recall"), 1
            )
            self.assertIn(f"wheel {ticket.number}", sent.body_html)
            self.assertIn(f"Dear {ticket.partner_name},", sent.body_html)
            self.assertIn(ticket.email_from, sent.email_to)
            self.assertIn(ticket.number, sent.subject)
            self.assertEqual(ticket.status_id.code, "waiting_customer")
            files = ticket._conversation()[-1].attachment_ids
            self.assertEqual(files.mapped("name"), ["recall.pdf"])
            self.assertEqual(files.res_id, ticket.id)

    def test_pictures(self):
        """Each ticket has its own of those pasted in; they stay in what was sent"""
        form = self.batch(self.tickets)
        form.body = "<p>Look:</p>"
        batch = form.save()
        pasted = self.env["ir.attachment"].with_user(self.agent)
        pasted = pasted.create(
            {"name": "a.png", "raw": b"x", "res_model": batch._name, "res_id": batch.id}
        )
        batch.body = f'<p><img src="/web/image/{pasted.id}-abc/a.png"></p>'
        with self.mock_mail_gateway():
            batch.action_send()
        with self.assertRaisesRegex(UserError, "sent already"):
            batch.action_send()
        batch.unlink()
        for ticket in self.tickets:
            answer = ticket._conversation()[-1]
            [picture] = answer._own_files()
            self.assertEqual((picture.res_id, picture.raw), (ticket.id, b"x"))
            self.assertIn(f"/web/image/{picture.id}-", answer.body)
            with self.assertRaisesRegex(UserError, "neither changed nor deleted"):
                picture.with_user(self.agent).unlink()

    def test_status(self):
        """R53: as with one answer: that of the queue, else what was chosen last"""
        self.assertEqual(self.batch(self.tickets).status_id, self.status["closed"])
        self.send(self.tickets)
        chosen = self.status["waiting_customer"]
        self.assertEqual(self.batch(self.tickets).status_id, chosen)
        self.tickets.queue_id.reply_status_id = self.status["clarify"]
        self.assertEqual(self.batch(self.tickets).status_id, self.status["clarify"])
        self.accounting.member_ids |= self.agent
        self.tickets[0].queue_id = self.accounting
        self.assertEqual(self.batch(self.tickets).status_id, chosen)

    def test_without_address(self):
        """Told beforehand, and left out"""
        mute = self.new_ticket(name="A letter", partner_id=False)
        self.assertEqual(self.batch(self.tickets | mute).left_out_ids[:], mute)
        self.send(self.tickets | mute)
        self.assertEqual(len(self._new_mails), 2)
        self.assertEqual(mute.status_id.code, "new")

    def test_one_refused(self):
        """The others get theirs; the reason is told"""
        self.tickets[0].email_from = "support@test.example"
        self.tickets[0].message_ids.email_from = "support@test.example"
        action = self.send(self.tickets)
        self.assertIn("1", action["params"]["message"])
        told = action["params"]["next"]["params"]
        self.assertEqual(told["type"], "warning")
        self.assertIn("our own mailbox", told["message"])
        self.assertIn(self.tickets[0].number, told["message"])
        self.assertEqual(len(self._new_mails), 1)
        self.assertFalse(self.tickets[0].last_outbound)

    def test_undo(self):
        """R53: within the Time to Undo, all at once; what has left is told"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 60)
        action = self.send(self.tickets)
        self.assertFalse(self._new_mails)
        model, method, [ids] = action["params"]["undo"]
        replies = self.env[model].with_user(self.agent).browse(ids)
        with self.mock_mail_gateway():
            replies[0]._schedule().force_send()
        told = getattr(replies, method)()["params"]["message"]
        self.assertIn(replies[0].ticket_id.number, told)
        self.assertNotIn(replies[1].ticket_id.number, told)
        self.assertEqual(replies.mapped("is_sent"), [True, False])
        self.assertEqual(replies[1].ticket_id.status_id.code, "new")

    def test_empty(self):
        with self.assertRaises(UserError):
            self.batch(self.tickets).save().action_send()

    def test_single(self):
        """One ticket is answered in the ordinary dialog"""
        action = self.tickets[:1].with_user(self.agent).action_reply_batch()
        self.assertEqual(action["res_model"], "ticket.reply")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_foreign_ticket(self):
        foreign = self.new_ticket(queue_id=self.accounting.id)
        with self.assertRaises(AccessError):
            self.batch(foreign | self.tickets).save().action_send()
