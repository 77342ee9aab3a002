from email.mime.text import MIMEText

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

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
        for name, value in {"body": "<p>Sorry.</p>", **values}.items():
            setattr(form, name, value)
        with self.mock_mail_gateway():
            form.save().action_send()
        return self._new_mails

    def test_dialog_is_filled_in(self):
        """R47, R52: recipient and subject with the number"""
        form = Form(
            self.env["ticket.reply"].with_context(default_ticket_id=self.ticket.id)
        )
        self.assertEqual(form.email_to, "Carla Customer <carla@customer.example>")
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

    def test_news_while_writing(self):
        """P8: told at once in the open dialog, and not a second time by sending"""
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "body": "<p>New one?</p>"})
        )
        self.assertFalse(reply.look_for_news())
        for text in ("It works again!", "No, it does not."):
            self.take_in(mail(subject=f"#{self.ticket.number}", body=text))
            self.assertTrue(reply.look_for_news())
            self.assertIn(text, reply.news)
        self.assertIn("works again", reply.news)
        with self.mock_mail_gateway():
            reply.action_send()
        self.assertEqual(len(self._new_mails), 1)

    def test_draft(self):
        """R66: kept for its author alone, gone on with, thrown away"""
        replies = self.env["ticket.reply"].with_user(self.agent)
        draft = replies.create({"ticket_id": self.ticket.id, "body": "<p>Dear</p>"})
        ticket = self.ticket.with_user(self.agent)
        self.assertTrue(ticket.has_draft)
        self.assertEqual(ticket.action_reply()["res_id"], draft.id)
        self.assertEqual(
            ticket.search([("draft_ids.user_id", "=", self.agent.id)]), ticket
        )
        colleague = self.ticket.with_user(self.administrator)
        self.assertFalse(colleague.has_draft)
        self.assertNotIn("res_id", colleague.action_reply())
        with self.assertRaises(AccessError):
            draft.with_user(self.administrator).read(["body"])
        draft.action_discard()
        ticket.invalidate_recordset()
        self.assertFalse(ticket.has_draft)

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

    def test_reply_to_all(self):
        """All who took part get a copy; our own mailbox never does"""
        number = self.ticket.number
        line = self.take_in(
            mail(
                subject=f"#{number}",
                sender="Ben <ben@customer.example>",
                to="support@test.example, Carla <carla@customer.example>",
                Cc="boss@customer.example, ben@customer.example",
            )
        )
        ticket = self.ticket.with_user(self.agent)
        for to_all, copies in (
            (False, ""),
            (True, "Carla <carla@customer.example>, boss@customer.example"),
        ):
            action = ticket.action_reply(line.mail_message_id.id, to_all)
            form = Form(
                self.env["ticket.reply"]
                .with_user(self.agent)
                .with_context(**action["context"])
            )
            self.assertEqual(form.email_to, "Ben <ben@customer.example>")
            self.assertEqual(form.email_cc or "", copies)

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
        reply = Form(
            self.env["ticket.reply"]
            .with_user(self.agent)
            .with_context(default_ticket_id=ticket.id)
        )
        self.assertEqual(reply.email_to, "Carla Customer <carla@customer.example>")
        self.assertEqual(str(ticket._history()).count("my wheel is broken"), 1)

    def test_history(self):
        """R50: on demand, the latest first, without notes and without pictures"""
        number = self.ticket.number
        self.ticket.message_post(
            body="SECRET", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.ticket.internal_comment = "SECRET"
        page = MIMEText(
            '<p>And <b>now</b>? <img src="https://tracker.example/x.gif"></p>', "html"
        )
        page["From"] = "carla@customer.example"
        page["To"] = "support@test.example"
        page["Subject"] = f"#{number}"
        page["Message-ID"] = "<second@customer.example>"
        self.take_in(page.as_bytes())
        sent = self.reply(body="<p>Today.</p>", with_history=True).body_html
        self.assertNotIn("SECRET", sent)
        self.assertNotIn("tracker.example", sent)
        self.assertNotIn("<img", sent)
        places = [sent.index(text) for text in ("Today", "now", "my wheel is broken")]
        self.assertEqual(places, sorted(places))
        self.assertNotIn("my wheel", self.reply(body="<p>Short.</p>").body_html)

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
            self.assertEqual(reply.action_send_and_next()["res_id"], other.id)

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
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        self.assertEqual(len(self._new_mails), 1)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_nothing_leaks(self):
        """Neither a foreign ticket nor its messages nor a note get into a draft"""
        secret = self.take_in(
            mail("Salaries", "SECRET"),
            account=self._make_account("pay@test.example", self.accounting),
        )
        note = self.ticket.message_post(body="SECRET", subtype_xmlid="mail.mt_note")
        for model in ("ticket.reply", "ticket.forward"):
            answers = self.env[model].with_user(self.agent)
            with self.subTest(model), self.assertRaises(AccessError):
                answers.create({"ticket_id": secret.ticket_id.id})
            with self.subTest(model), self.assertRaises(AccessError):
                Form(answers.with_context(default_ticket_id=secret.ticket_id.id))
            own = answers.create({"ticket_id": self.ticket.id})
            with self.subTest(model), self.assertRaises(AccessError):
                own.write({"ticket_id": secret.ticket_id.id})
            for message in (secret.mail_message_id, note):
                form = Form(
                    answers.with_context(
                        default_ticket_id=self.ticket.id, default_message_id=message.id
                    )
                )
                with self.subTest(model, message=message):
                    self.assertNotIn("SECRET", form.body)
                    self.assertNotIn("Salaries", form.subject)

    def test_complete_address(self):
        """Who wrote on the ticket, then contacts; never our own mailbox"""
        self.env["res.partner"].create(
            {"name": "Cargo Carriers", "email": "post@carriers.example"}
        )
        number = self.ticket.number
        self.take_in(mail(subject=f"#{number}", Cc="Carl <carl@customer.example>"))
        complete = self.env["ticket.reply"].with_user(self.agent).complete_address
        self.assertEqual(
            complete(self.ticket.id, "car")[:3],
            [
                "Carla Customer <carla@customer.example>",
                "Carl <carl@customer.example>",
                "Cargo Carriers <post@carriers.example>",
            ],
        )
        self.assertEqual(complete(self.ticket.id, "support@test"), [])
        with self.assertRaises(AccessError):
            complete(self.new_ticket(queue_id=self.accounting.id).id, "car")

    def test_large(self):
        """Told before a server refuses it"""
        reply = self.env["ticket.reply"].create({"ticket_id": self.ticket.id})
        self.assertFalse(reply.is_large)
        reply.attachment_ids = self.env["ir.attachment"].create(
            {"name": "video.mp4", "raw": b"0" * 10_000_001}
        )
        self.assertTrue(reply.is_large)

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

    def test_greeting(self):
        """R54: in the customer's language, of the account; a company has no name"""
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertEqual(self.ticket._greeting(), "Dear Carla Customer,")
        self.customer.lang = "de_DE"
        self.assertEqual(self.ticket._greeting(), "Guten Tag Carla Customer,")
        self.account.ticket_greeting = "Hello {FIRSTNAME},"
        self.account.with_context(lang="de_DE").ticket_greeting = "Hallo {FIRSTNAME},"
        self.assertEqual(self.ticket._greeting(), "Hallo Carla,")
        self.customer.lang = "en_US"
        self.assertEqual(self.ticket._greeting(), "Hello Carla,")
        self.account.ticket_greeting = False
        self.customer.write({"is_company": True, "name": "Wheels Ltd"})
        self.assertEqual(self.ticket._greeting(), "Dear Carla Customer,")
        self.ticket.partner_name = "Wheels Ltd"
        self.assertEqual(self.ticket._greeting(), "Dear Sir or Madam,")
        self.ticket.write({"partner_id": False, "partner_name": "info@wheels.example"})
        self.assertEqual(self.ticket._greeting(), "Dear Sir or Madam,")

    def test_signature(self):
        """R54: the queue's before the account's before the agent's own"""
        ticket = self.ticket.with_user(self.agent)
        self.agent.signature = "<p>Tina</p>"
        self.assertIn("Tina", ticket._signature())
        self.account.ticket_signature = "<p>{AGENT} of {COMPANY}</p>"
        self.assertIn("Tina Agent of ", ticket._signature())
        self.support.signature = "<p>{QUEUE}</p>"
        self.assertEqual(ticket._signature(), "<p>Support</p>")

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

    def test_status_remembered(self):
        """R53: what the agent chose last, where the queue says nothing"""
        self.reply(status_id=self.status["waiting_customer"])
        reply = self.env["ticket.reply"].with_user(self.agent)
        values = {"ticket_id": self.ticket.id}
        self.assertEqual(reply.create(values).status_id.code, "waiting_customer")
        other = self.env["ticket.reply"].with_user(self.administrator)
        self.assertEqual(other.create(values).status_id.code, "closed")
        self.support.reply_status_id = self.status["clarify"]
        self.assertEqual(reply.create(values).status_id.code, "clarify")

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
