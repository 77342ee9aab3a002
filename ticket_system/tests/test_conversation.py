"""P4, P9, R50, R66: who is part of a conversation, and what nobody else gets to see."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import mail
from .reply_case import ReplyCase


@tagged("post_install", "-at_install")
class TestConversation(ReplyCase):
    def draft(self, model="ticket.reply", **values):
        drafts = self.env[model].with_user(self.agent)
        return drafts.create({"ticket_id": self.ticket.id, **values})

    def forward(self, to="expert@third.example"):
        with self.mock_mail_gateway():
            self.draft(
                "ticket.forward",
                email_to=to,
                message_id=self.ticket._conversation()[-1:].id,
                body="<p>What do you think?</p>",
            ).action_send()

    def test_talk_among_colleagues_is_not_quoted(self):
        """R50: a chatter message whose readers are all colleagues is internal"""
        message = self.ticket.with_user(self.agent).message_post(
            body="She is difficult.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.other_agent.partner_id.ids,
        )
        self.assertTrue(message.is_internal)
        self.assertNotIn(message, self.ticket._conversation())
        self.assertNotIn("difficult", self.ticket._history())
        self.assertTrue(self.ticket.waiting_since, "nobody has answered the customer")

    def test_chatter_message_to_the_customer_is_an_answer(self):
        message = self.ticket.with_user(self.agent).message_post(
            body="On its way.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.customer.ids,
        )
        self.assertIn(message, self.ticket._conversation())
        self.assertFalse(self.ticket.waiting_since)

    def test_third_parties_stay_apart(self):
        """What was forwarded, and what came back, is not for the customer"""
        self.forward()
        self.take_in(
            mail(
                f"Re: [Ticket #{self.ticket.number}] Broken wheel",
                "Her own fault.",
                sender="Expert <expert@third.example>",
            )
        )
        self.assertIn("fault", self.ticket._conversation()[-1:].body)
        history = self.ticket._history()
        self.assertNotIn("fault", history)
        self.assertNotIn("What do you think", history)
        self.assertIn("carla@customer.example", self.draft().email_to)

    def test_forwards_say_so(self):
        self.env["bus.bus"].search([]).unlink()
        self.forward()
        self.env.flush_all()
        self.cr.precommit.run()
        told = self.env["bus.bus"].search([("message", "like", "system.written")])
        self.assertTrue(told, "an open form shows the new status")
        sent = self.ticket._conversation()[-1:]
        self.assertEqual(
            sent.subject, f"Fwd: [Ticket #{self.ticket.number}] Broken wheel"
        )

    def test_who_is_new(self):
        """Threat 6: somebody put into copy by the sender is pointed out"""
        line = self.take_in(
            mail("Another", Cc="victim@elsewhere.example, carla@customer.example")
        )
        reply = self.env["ticket.reply"].with_user(self.agent)
        reply = reply.create(
            {
                "ticket_id": line.ticket_id.id,
                "message_id": line.mail_message_id.id,
                "is_to_all": True,
            }
        )
        self.assertEqual(reply.newcomers, "victim@elsewhere.example")
        with self.mock_mail_gateway():
            reply.body = "<p>Hello.</p>"
            reply.action_send()
        again = reply.copy({"is_sent": False})
        self.assertFalse(again.newcomers, "we have written to them by now")

    def test_a_draft_for_each_message(self):
        """Replying to another message does not open the draft for the first one"""
        ticket = self.ticket.with_user(self.agent)
        first = self.ticket._conversation()
        self.take_in(mail(f"#{ticket.number}", "And the bell."))
        second = self.ticket._conversation() - first
        draft = self.draft(message_id=first.id)
        forward = self.draft("ticket.forward", message_id=first.id)
        self.assertEqual(ticket.action_reply(first.id)["res_id"], draft.id)
        self.assertNotIn("res_id", ticket.action_reply(first.id, True))
        self.assertNotIn("res_id", ticket.action_reply(second.id))
        self.assertEqual(ticket.action_reply()["res_id"], draft.id)
        self.assertEqual(ticket.action_forward(first.id)["res_id"], forward.id)
        draft.unlink()
        self.assertTrue(ticket.has_draft)
        self.assertEqual(ticket.action_reply()["res_id"], forward.id)
        self.assertEqual(ticket.action_reply()["res_model"], "ticket.forward")

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_drafts_stay_with_their_author(self):
        with self.assertRaises(AccessError):
            self.draft().user_id = self.other_agent

    def test_undo_does_not_hide_news(self):
        """P9: the customer wrote within the delay: the ticket stays new"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 10)
        reply = self.draft(body="<p>Sorry.</p>")
        with self.mock_mail_gateway():
            reply.action_send()
            self.assertEqual(self.ticket.status_id.code, "closed")
            self.take_in(mail(f"#{self.ticket.number}", "Wait!"))
        sent = reply.sent_message_id
        self.assertTrue(sent.with_user(self.agent)._ticket_route()["may_undo"])
        self.assertFalse(sent.with_user(self.other_agent)._ticket_route()["may_undo"])
        with self.assertRaisesRegex(UserError, "Too late"):
            sent.with_user(self.other_agent).action_take_back()
        action = sent.with_user(self.agent).action_take_back()
        self.assertEqual(action["res_id"], reply.id)
        self.assertEqual(self.ticket.status_id.code, "new")
        self.assertTrue(self.ticket.is_unread)
        self.assertFalse(self.ticket.last_outbound)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_numbers_cannot_be_tried(self):
        """Threat 27: the error of a taken number would tell that it exists"""
        tickets = self.env["ticket.ticket"].with_user(self.agent)
        for number in (self.ticket.number, "20200101000000"):
            with self.subTest(number), self.assertRaises(AccessError):
                tickets.create({"name": "x", "number": number})
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.agent).number = "20200101000000"
