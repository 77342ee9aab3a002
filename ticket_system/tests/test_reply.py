from email.mime.text import MIMEText

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.models.ticket_reply_sending import ADOPTED

from .common import mail
from .reply_case import ReplyCase


@tagged("post_install", "-at_install")
class TestReply(ReplyCase):
    """What the dialog of an answer offers, keeps and tells"""

    def test_dialog_is_filled_in(self):
        """R47, R52: recipient and subject with the number"""
        form = Form(
            self.env["ticket.reply"].with_context(default_ticket_id=self.ticket.id)
        )
        self.assertEqual(form.email_to, "Carla Customer <carla@customer.example>")
        self.assertIn(f"Ticket #{self.ticket.number}", form.subject)
        self.assertIn(self.account.user, form.sender)
        self.assertNotIn('"', form.sender)

    def test_reply_to(self):
        """Threat 7: answers go to the sender; elsewhere by a click that tells where"""
        self.ticket = self.take_in(
            mail("Contact form", reply_to="Bella <bella@form.example>")
        ).ticket_id
        form = Form(
            self.env["ticket.reply"].with_context(default_ticket_id=self.ticket.id)
        )
        self.assertEqual(form.email_to, "Carla Customer <carla@customer.example>")
        self.assertEqual(form.reply_to, "bella@form.example")
        reply = form.save()
        self.assertIn("Dear Carla Customer,", reply.body)
        self.assertEqual(reply.action_answer_there()["res_id"], reply.id)
        self.assertIn("Dear Sir or Madam,", reply.body)
        self.assertNotIn("Carla", reply.body)
        self.assertEqual(reply.email_to, "bella@form.example")
        self.assertFalse(reply.reply_to)
        self.assertEqual(self.ticket.email_from, "carla@customer.example")

    def test_placeholders_left(self):
        """R48: what nothing is put in for is named before it is sent"""
        form = Form(
            self.env["ticket.reply"].with_context(default_ticket_id=self.ticket.id)
        )
        self.assertFalse(form.unknown_placeholders)
        form.body = "<p>Dear {NAME}, {FOO}</p>"
        self.assertEqual(form.unknown_placeholders, "{NAME}, {FOO}")

    def test_first_mail(self):
        """A ticket made by hand: who is written to is its customer, and awaited"""
        self.ticket = self.env["ticket.ticket"].create({"name": "Your bike is ready"})
        action = self.ticket.with_user(self.administrator).action_reply()
        self.assertEqual(action["name"], "Write E-mail")
        [sent] = self.reply(self.administrator, email_to="carla@customer.example")
        self.assertEqual(sent.email_from, self.ticket.account_id._ticket_sender())
        self.assertEqual(self.ticket.partner_id, self.customer)
        self.assertEqual(self.ticket.email_from, "carla@customer.example")
        self.assertEqual(self.ticket.partner_name, self.customer.name)
        self.assertEqual(self.ticket.queue_id, self.ticket.account_id.ticket_queue_id)
        self.assertEqual(self.ticket.user_id, self.administrator)
        draft = self.env["ticket.reply"].search(
            [("sent_message_id", "in", self.ticket._conversation().ids)]
        )
        self.assertEqual(draft._adopted().keys(), {*ADOPTED})
        self.ticket.user_id = self.agent
        self.assertFalse(draft._adopted(), "a colleague has it")
        known = self.env["ticket.ticket"].create(
            {"name": "Ready", "partner_id": self.customer.id}
        )
        self.ticket = known
        self.reply(self.agent)
        self.assertEqual(known.email_from, "carla@customer.example")
        self.assertEqual(known.user_id, self.agent)
        self.assertEqual(self.ticket.status_id, self.status["waiting_customer"])

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

    def test_history(self):
        """R42, R50: on demand, the latest first, without notes and without pictures"""
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
        form = Form(
            self.env["ticket.reply"]
            .with_user(self.agent)
            .with_context(default_ticket_id=self.ticket.id)
        )
        self.assertFalse(form.history)
        form.with_history = True
        self.assertIn("my wheel is broken", form.history)
        sent = self.reply(body="<p>Today.</p>", with_history=True).body_html
        self.assertNotIn("SECRET", sent)
        self.assertNotIn("tracker.example", sent)
        self.assertNotIn("<img", sent)
        places = [sent.index(text) for text in ("Today", "now", "my wheel is broken")]
        self.assertEqual(places, sorted(places))
        self.assertNotIn("my wheel", self.reply(body="<p>Short.</p>").body_html)

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
            for values in (
                {"ticket_id": secret.ticket_id.id},
                {"message_id": secret.mail_message_id.id},
            ):
                with self.subTest(model, values=values), self.assertRaises(AccessError):
                    own.write(values)
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
