from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import mail
from .reply_case import ReplyCase


@tagged("post_install", "-at_install")
class TestReplySending(ReplyCase):
    """What leaves, to whom, and what it does to the ticket"""

    def test_sent_once(self):
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>Sorry.</p>"})
        )
        with self.mock_mail_gateway():
            reply.action_send()
        self.assertFalse(self.ticket.with_user(self.agent).has_draft)
        with self.assertRaises(UserError):
            reply.action_send()

    def test_forward(self):
        """To a third party, with text and files; the customer still waits"""
        files = [("photo.jpg", b"x", "image", "jpeg")]
        line = self.take_in(mail("Photos", attachments=files))
        ticket = line.ticket_id.with_user(self.agent)
        action = ticket.action_forward(line.mail_message_id.id)
        form = Form(
            self.env["ticket.forward"]
            .with_user(self.agent)
            .with_context(**action["context"])
        )
        form.email_to = "workshop@bikes.example"
        with self.mock_mail_gateway():
            form.save().action_send()
        sent = self._new_mails
        self.assertIn("workshop@bikes.example", sent.email_to)
        self.assertIn("my wheel is broken", sent.body_html)
        self.assertEqual(sent.attachment_ids.mapped("name"), ["photo.jpg"])
        self.assertTrue(ticket.waiting_since)
        self.assertEqual(ticket.status_id.code, "new")
        self.assertEqual(ticket.last_message, ticket._conversation()[-1].date)
        reply = Form(
            self.env["ticket.reply"]
            .with_user(self.agent)
            .with_context(default_ticket_id=ticket.id)
        )
        self.assertEqual(reply.email_to, "Carla Customer <carla@customer.example>")
        self.assertEqual(str(ticket._history()).count("my wheel is broken"), 1)

    def test_forward_own_answer(self):
        """A picture pasted into it goes along; none that its text merely names"""
        files = self.env["ir.attachment"]
        foreign = files.create(
            [
                {"name": "other.png", "raw": b"x", **place}
                for place in (
                    {"res_model": "ticket.ticket", "res_id": self.new_ticket().id},
                    {"res_model": "res.partner", "res_id": self.customer.id},
                    {"res_model": "ticket.reply", "res_id": 0},
                )
            ]
        )
        draft = self.env["ticket.reply"].with_user(self.agent)
        draft = draft.create({"ticket_id": self.ticket.id})
        pasted = files.create(
            {
                "name": "pasted.png",
                "raw": b"x",
                "res_model": draft._name,
                "res_id": draft.id,
            }
        )
        early = files.with_user(self.agent).create(
            {"name": "early.png", "raw": b"x", "res_model": draft._name, "res_id": 0}
        )
        shown = [pasted.id, early.id, *foreign.ids, 999_999_999]
        draft.body = "".join(
            f'<p><img src="/web/image/{number}-abc/a.png?access_token=x"></p>'
            for number in shown
        )
        with self.mock_mail_gateway():
            draft.action_send()
        forward = self.env["ticket.forward"].with_user(self.agent)
        forward = forward.create(
            {"ticket_id": self.ticket.id, "message_id": draft.sent_message_id.id}
        )
        self.assertEqual(forward.attachment_ids, pasted | early)

    def test_status_of_the_queue(self):
        """R53: each queue offers a status of its own"""
        self.support.reply_status_id = self.status["waiting_customer"]
        self.reply(body="<p>And?</p>")
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")

    def test_send_and_next(self):
        """The dialog goes on with who waits longest"""
        other = self.take_in(mail("Another")).ticket_id
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>Sorry.</p>"})
        )
        with self.mock_mail_gateway():
            sent = reply.action_send_and_next()
        following = sent["params"]["next"]
        self.assertEqual(following["params"]["res_id"], other.id)

    def test_send_the_last(self):
        """Nobody else waits: the answer leaves all the same"""
        self.env["ticket.ticket"].search([("id", "!=", self.ticket.id)]).write(
            {"status_id": self.status["closed"].id}
        )
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>Sorry.</p>"})
        )
        with self.mock_mail_gateway():
            action = reply.action_send_and_next()
        following = action["params"]["next"]
        self.assertEqual(following["type"], "ir.actions.act_window_close")
        self.assertEqual(len(self._new_mails), 1)

    def test_empty(self):
        """Greeting and signature alone are no answer"""
        self.account.ticket_signature = "<p>Kind regards</p>"
        reply = self.env["ticket.reply"].create({"ticket_id": self.ticket.id})
        for body in (reply.body, "<p><br></p>"):
            reply.body = body
            with self.subTest(body), self.assertRaises(UserError):
                reply.action_send()

    def test_blind_copy(self):
        """It reaches its recipient, and no header tells the others"""
        with self.mock_mail_gateway():
            reply = self.env["ticket.reply"].create(
                {
                    "ticket_id": self.ticket.id,
                    "body": "<p>Sorry.</p>",
                    "email_cc": "ben@customer.example",
                    "email_bcc": "Lawyer <lawyer@law.example>",
                }
            )
            reply.action_send()
        message = reply.sent_message_id
        self.assertEqual(message.outgoing_email_bcc, '"Lawyer" <lawyer@law.example>')
        self.assertEqual(message._ticket_route()["bcc"], "Lawyer <lawyer@law.example>")
        reply = self.env["ticket.reply"].create(
            {"ticket_id": self.ticket.id, "message_id": message.id, "is_to_all": True}
        )
        self.assertNotIn("law", f"{reply.email_to} {reply.email_cc}")
        reply.email_bcc = "nonsense"
        reply.body = "<p>Sorry.</p>"
        with self.assertRaisesRegex(UserError, "nonsense"):
            reply.action_send()

    def test_files_of_the_ticket(self):
        """R51: picked from what is there; what is not of the ticket never leaves"""
        file = [("label.pdf", b"%PDF", "application", "pdf")]
        number = self.ticket.number
        self.take_in(mail(subject=f"#{number}", attachments=file))
        secret = self.take_in(mail("Other", attachments=file)).ticket_id
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>Again.</p>"})
        )
        self.assertEqual(reply.ticket_file_ids.mapped("name"), ["label.pdf"])
        reply.picked_file_ids = (
            reply.ticket_file_ids | secret._conversation().attachment_ids
        )
        with self.mock_mail_gateway():
            reply.action_send()
        self.assertEqual(reply.sent_message_id.attachment_ids, reply.ticket_file_ids)

    def test_by_hand(self):
        """R69: a ticket made by an agent writes from its queue's account"""
        form = Form(self.env["ticket.ticket"].with_user(self.administrator))
        form.name = "Call of Monday"
        form.partner_id = self.customer
        form.queue_id = self.support
        self.ticket = form.save()
        self.assertFalse(self.ticket.is_unread)
        self.assertEqual(self.ticket.account_id, self.account)
        sent = self.reply(self.administrator, body="<p>As told, a new wheel.</p>")
        self.assertEqual(sent.subject, f"[Ticket #{self.ticket.number}] Call of Monday")
        self.assertEqual(sent.email_from, '"Test Support" <support@test.example>')
        self.assertIn("carla@customer.example", sent.email_to)
        answer = mail(f"Re: {sent.subject}", In_Reply_To=sent.message_id)
        self.assertEqual(self.take_in(answer).ticket_id, self.ticket)

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
        for address in (
            "",
            "nonsense",
            "a@b.example\nBcc: x@y.example",
            "Support <Support@test.example>",
        ):
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
