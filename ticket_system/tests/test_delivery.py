from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestDelivery(TicketCase, MailCase):
    """A failed answer is seen by its author, and can be sent again"""

    def setUp(self):
        super().setUp()
        self.ticket = self.take_in(mail()).ticket_id

    def no_server(self):
        """An outgoing mail server that cannot be reached"""
        return patch.object(
            type(self.env["ir.mail_server"]),
            "_connect__",
            side_effect=OSError("No route to host"),
        )

    def answer(self):
        with self.mock_mail_gateway():
            return self.send()

    def send(self):
        return self.ticket.with_user(self.agent)._send_reply(
            subject="Re: Broken wheel",
            body="Sorry.",
            email_to="carla@customer.example",
            status=self.status["closed"],
        )

    def test_sent(self):
        answer = self.answer()
        self.assertEqual(answer._delivery(), "sent")
        self.assertFalse(self.ticket.delivery_failed)
        self.assertFalse(self.ticket.activity_ids)

    def test_customer_stays_as_it_is(self):
        """Answers write nothing on the customer, where others may write, too"""
        self.answer()
        customer = self.ticket.partner_id
        self.env.flush_all()
        long_ago = "2000-01-01 00:00:00"
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = %s WHERE id = %s",
            [long_ago, customer.id],
        )
        customer.invalidate_recordset()
        self.answer()
        self.env.flush_all()
        self.assertEqual(customer.write_date, fields.Datetime.to_datetime(long_ago))

    def test_sent_by_one(self):
        """The queue keeps off what its author's request is about to send"""
        with patch("odoo.modules.module.current_test", new=None):
            answer = self.send()
        queue, ids = self.env["mail.mail"], answer.sudo().mail_ids.ids
        with self.mock_mail_gateway():
            queue.process_email_queue(ids)
            self.assertFalse(self._mails)
            with freeze_time(datetime.now() + timedelta(minutes=2)):
                queue.process_email_queue(ids)
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(answer._delivery(), "sent")

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_unreachable(self):
        """The mail is kept; its author is told once; a later try delivers it"""
        self.env["ir.mail_server"].create({"name": "Far", "smtp_host": "far.example"})
        with self.mock_mail_gateway(), self.no_server():
            answer = self.send()
        self.assertEqual(answer._delivery(), "failed")
        self.assertTrue(self.ticket.delivery_failed)
        self.assertEqual(self.ticket.status_id.code, "new", "there is work to do")
        self.assertEqual(self.ticket.waiting_since, self.ticket.last_inbound)
        self.assertEqual(self.ticket.activity_ids.user_id, self.agent)
        self.assertIn("No route to host", self.ticket.activity_ids.note)
        route = answer.with_user(self.agent)._ticket_route()
        self.assertTrue(route["may_retry"])

        with self.mock_mail_gateway(), self.no_server():
            answer.with_user(self.agent).action_send_again()
        self.assertEqual(len(self.ticket.activity_ids), 1)

        with self.assertRaises(AccessError):
            answer.with_user(self.other_agent).action_send_again()
        with self.mock_mail_gateway():
            answer.with_user(self.agent).action_send_again()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual(answer._delivery(), "sent")
        self.assertFalse(self.ticket.delivery_failed)
        self.assertFalse(self.ticket.waiting_since)
        self.assertFalse(self.ticket.activity_ids)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_no_server_yet(self):
        """R61: said in words, with the place where one is entered"""
        self.env["ir.mail_server"].search([]).active = False
        with self.mock_mail_gateway(), self.no_server():
            self.send()
        note = self.ticket.activity_ids.note
        self.assertIn("Outgoing Email Servers", note)
        self.assertNotIn("No route to host", note)

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_one_of_two_mails(self):
        """That one of an answer's mails has left does not hide that another did not"""
        self.env["ir.mail_server"].create({"name": "Far", "smtp_host": "far.example"})
        with self.mock_mail_gateway(), self.no_server():
            answer = self.send().sudo()
        answer._note_delivered()
        self.assertTrue(self.ticket.delivery_failed)
        self.assertTrue(self.ticket.activity_ids)
        answer.notification_ids.notification_status = "sent"
        answer.notification_ids.copy(
            {
                "res_partner_id": self.other_agent.partner_id.id,
                "notification_status": "exception",
            }
        )
        answer._note_delivered()  # though a colleague's mail has not left
        self.assertFalse(self.ticket.delivery_failed)

    def test_late_delivery(self):
        """R53: then the ticket has the status that was chosen for it"""
        answer = self.env["ticket.reply"].with_user(self.agent)
        answer = answer.create({"ticket_id": self.ticket.id})
        answer.write({"body": "Sorry.", "status_id": self.status["closed"].id})
        with self.mock_mail_gateway(), self.no_server():
            answer.action_send()
        self.assertEqual(self.ticket.status_id.code, "new")
        with self.mock_mail_gateway():
            answer.sent_message_id.with_user(self.agent).action_send_again()
        self.assertEqual(self.ticket.status_id.code, "closed")
        route = answer.sent_message_id.with_user(self.agent)._ticket_route()
        self.assertFalse(route["may_undo"], "it has left")

    def test_told_in_plain_words(self):
        """Who could not be reached, in the author's language, then the diagnostic"""
        self.env["res.lang"]._activate_lang("de_DE")
        self.agent.lang = "de_DE"
        answer = self.answer().sudo()
        for recipient, named in (
            ("ben@customer.example", "ben@customer.example"),
            ("", "carla@customer.example"),
        ):
            answer._note_bounced("smtp; 550 <5.1.1> not found", recipient)
            sentence = self.env(context={"lang": "de_DE"})._(
                "Your answer to %s could not be delivered.", named
            )
            self.assertEqual(
                self.ticket.activity_ids.note,
                f"<p>{sentence}</p><p>smtp; 550 &lt;5.1.1&gt; not found</p>",
            )
            self.ticket.activity_ids.unlink()

    def test_undo(self):
        """Taken back within the time set, the answer is a draft again"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        fields = ["status_id", "is_unread", "waiting_since", "last_outbound"]
        before = self.ticket.read(fields)
        reply = self.new_reply()
        log = self.ticket.message_ids
        with self.mock_mail_gateway():
            action = reply.action_send()
        self.flush_tracking()
        self.assertEqual(len(self.ticket.message_ids - log), 2)
        self.assertFalse(self._mails)
        self.assertEqual(reply.sent_message_id._delivery(), "queued")
        self.assertEqual(self.ticket.status_id.code, "closed")
        self.assertFalse(reply.look_for_news(), "the own answer is no news")
        model, method, args = action["params"]["undo"]
        replies = self.env[model].with_user(self.agent).browse(args[0])
        shown = getattr(replies, method)()
        self.flush_tracking()
        self.assertEqual(shown["res_id"], reply.id)
        self.assertEqual(self.ticket.message_ids, log, "no line tells of the status")
        self.assertEqual(self.ticket.read(fields), before)
        self.assertEqual(len(self.ticket._conversation()), 1)
        self.assertTrue(self.ticket.with_user(self.agent).has_draft)

    def test_undo_of_the_first_mail(self):
        """A ticket made by hand has neither customer nor agent again"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        self.ticket = self.env["ticket.ticket"].create({"name": "Your bike is ready"})
        fields = ["status_id", "partner_id", "email_from", "queue_id", "user_id"]
        before = self.ticket.read(fields)
        reply = self.new_reply()
        reply.email_to = "carla@customer.example"
        self.flush_tracking()
        log = self.ticket.message_ids
        with self.mock_mail_gateway():
            reply.action_send()
        self.flush_tracking()
        self.assertEqual(self.ticket.user_id, self.agent)
        reply.action_undo()
        self.flush_tracking()
        self.assertEqual(self.ticket.read(fields), before)
        self.assertEqual(self.ticket.message_ids, log)

    def test_undo_of_a_colleagues_first_mail(self):
        """Whose ticket it was before, it is again, without customer"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        self.ticket = self.env["ticket.ticket"].create(
            {
                "name": "x",
                "user_id": self.administrator.id,
                "queue_id": self.support.id,
            }
        )
        reply = self.new_reply()
        reply.email_to = "carla@customer.example"
        with self.mock_mail_gateway():
            reply.action_send()
        reply.action_undo()
        self.assertFalse(self.ticket.email_from or self.ticket.partner_id)
        self.assertEqual(self.ticket.user_id, self.administrator)

    def test_undo_leaves_what_colleagues_did(self):
        """The status they have set since; their open histories lose the answer"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        for chosen, waits in (
            ("open", True),
            ("trash", False),
            ("waiting_customer", False),
        ):
            with self.subTest(chosen), self.mock_mail_gateway():
                reply = self.new_reply()
                reply.action_send()
                sent = reply.sent_message_id
                self.ticket.status_id = self.status[chosen]
                self.env["bus.bus"].search([]).unlink()
                reply.action_undo()
                self.assertEqual(self.ticket.status_id.code, chosen)
                self.assertEqual(bool(self.ticket.waiting_since), waits)
                self.env.cr.flush()
                told = self.env["bus.bus"].search([("message", "like", "age/delete")])
                self.assertIn("res.groups", told.channel)
                self.assertIn(str(sent.id), told.message)
                reply.unlink()

    def test_stays_as_sent(self):
        """P9: what was written to and fro is neither changed nor deleted"""
        answer = self.answer().with_user(self.agent)
        with self.assertRaises(UserError):
            self.ticket.with_user(self.agent)._message_update_content(answer, body="")
        for change in (
            answer.unlink,
            lambda: answer.write({"body": "<p>Forged</p>"}),
            lambda: answer.write({"email_from": "eve@evil.example"}),
            lambda: answer.write({"outgoing_email_to": "eve@evil.example"}),
        ):
            with self.assertRaises(UserError):
                change()
        received = self.take_in(
            mail(attachments=[("invoice.pdf", b"%PDF-1.4", "application", "pdf")])
        )
        files = received.mail_message_id.attachment_ids.with_user(self.agent)
        for change in (
            files.unlink,
            files.sudo()._delete_and_notify,
            lambda: files.write({"raw": b"forged"}),
            lambda: files.write({"res_model": "res.partner", "res_id": 1}),
        ):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(files.raw, b"%PDF-1.4")
        note = self.ticket.with_user(self.agent).message_post(
            body="Hm", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        self.ticket.with_user(self.agent)._message_update_content(note, body="Ah")
        note.attachment_ids = self.env["ir.attachment"].create(
            {"name": "a.txt", "res_model": "ticket.ticket", "res_id": self.ticket.id}
        )
        note.attachment_ids.with_user(self.agent).unlink()

    def test_too_late(self):
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        reply = self.new_reply()
        with self.mock_mail_gateway():
            reply.action_send()
            schedule = reply._schedule().with_context(mail_notify_force_send=False)
            schedule._send_notifications()  # as the cron does
        self.assertEqual(len(self._mails), 1)
        with self.assertRaises(UserError):
            reply.action_undo()

    def new_reply(self):
        replies = self.env["ticket.reply"].with_user(self.agent)
        return replies.create({"ticket_id": self.ticket.id, "body": "<p>Sorry.</p>"})
