from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestReply(TicketCase, MailCase):
    def setUp(self):
        super().setUp()
        self.account.ticket_sender_name = "Test Support"
        self.ticket = self.take_in(mail()).ticket_id

    def reply(self, user=None, **values):
        action = self.ticket.with_user(user or self.agent).action_reply()
        Reply = self.env["ticket.reply"].with_user(user or self.agent)
        form = Form(Reply.with_context(**action["context"]))
        for name, value in values.items():
            setattr(form, name, value)
        with self.mock_mail_gateway():
            form.save().action_send()
        return self._new_mails

    def test_dialog_is_filled_in(self):
        """R47, R52: recipient and subject with the number"""
        form = Form(
            self.env["ticket.reply"].with_context(default_ticket_id=self.ticket.id)
        )
        self.assertEqual(form.email_to, "carla@customer.example")
        self.assertIn(f"Ticket #{self.ticket.number}", form.subject)

    def test_news(self):
        """P8: what came in meanwhile is shown before anything is sent"""
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>New one?</p>"})
        )
        number = self.ticket.number
        self.take_in(mail(subject=f"#{number}", body="It works again, thanks!"))
        with self.mock_mail_gateway():
            action = reply.action_send()
            self.assertFalse(self._new_mails)
            self.assertEqual(action["res_id"], reply.id)
            self.assertIn("Carla Customer", reply.news)
            self.assertIn("It works again", reply.news)
            reply.action_send()
        self.assertEqual(len(self._new_mails), 1)

    def test_one_mail_from_the_account(self):
        """R15, R47: one mail with To and Cc, from the address the mail came to"""
        sent = self.reply(
            body="<p>We send a new one.</p>", email_cc="boss@customer.example"
        )
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent.email_from, '"Test Support" <support@test.example>')
        self.assertIn("carla@customer.example", sent.email_to)
        self.assertIn("boss@customer.example", sent.email_cc)
        self.assertEqual(sent.reply_to, '"Test Support" <support@test.example>')
        self.assertIn("We send a new one.", sent.body_html)

    def test_subject_carries_the_number_once(self):
        """R52"""
        self.ticket.name = f"AW: Ticket #{self.ticket.number} wheel"
        sent = self.reply()
        self.assertEqual(sent.subject.count(self.ticket.number), 1)

    def test_status_after_sending(self):
        """R53"""
        self.reply(status_id=self.status["waiting_customer"])
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")
        self.assertFalse(self.ticket.waiting_since)
        self.assertTrue(self.ticket.first_response)
        self.assertFalse(self.ticket.is_unread)

    def test_customer_is_no_follower(self):
        self.reply()
        self.assertNotIn(self.customer, self.ticket.message_partner_ids)

    def test_invalid_recipient(self):
        """R47, threat 18: refused before anything is sent"""
        for address in ("", "nonsense", "a@b.example\nBcc: x@y.example"):
            reply = self.env["ticket.reply"].create({"ticket_id": self.ticket.id})
            reply.email_to = address
            with self.subTest(address), self.assertRaises(UserError):
                reply.action_send()
        self.assertFalse(self.ticket.last_outbound)

    def test_answer_in_the_chatter(self):
        """An answer written in the chatter leaves from the account, too"""
        message = self.ticket.with_user(self.agent).message_post(
            body="hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.customer.ids,
        )
        self.assertEqual(message.email_from, '"Test Support" <support@test.example>')
        self.assertIn(self.ticket.number, message.subject)
        self.assertTrue(self.ticket.last_outbound)

    def test_note_stays_inside(self):
        """R68: a note is no answer"""
        note = self.ticket.with_user(self.agent).message_post(
            body="psst", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.assertEqual(note.author_id, self.agent.partner_id)
        self.assertFalse(self.ticket.last_outbound)

    def test_without_rights(self):
        """R6: neither an employee nor an agent of another queue answers"""
        for user in (self.employee, self.other_agent):
            with self.subTest(user.login), self.assertRaises(AccessError):
                reply = (
                    self.env["ticket.reply"]
                    .with_user(user)
                    .create({"ticket_id": self.ticket.id, "email_to": "x@y.example"})
                )
                reply.action_send()
