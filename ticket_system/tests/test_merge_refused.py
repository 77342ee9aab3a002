from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users
from odoo.tools import mute_logger

from .merge_case import MergeCase


@tagged("post_install", "-at_install")
class TestMergeRefused(MergeCase):
    """What cannot be merged, what a merged ticket refuses, and who sees what"""

    def test_no_answer_on_a_merged_ticket(self):
        """The error names the ticket to go on with"""
        self.merge()
        replies = self.env["ticket.reply"].with_user(self.agent)
        merged = self.merged.with_user(self.agent)
        draft = replies.create({"ticket_id": merged.id, "body": "<p>Late</p>"})
        draft.email_to = "carla@customer.example"
        for attempt in (
            merged.action_reply,
            draft.action_send,
            merged.action_reopen,
            lambda: merged.action_forward(self.line.mail_message_id.id),
            lambda: self.answer(merged),
            lambda: self.answer(merged, "closed"),
            lambda: merged.message_post(
                body="Hello",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.customer.ids,
            ),
        ):
            with self.assertRaisesRegex(UserError, f"into #{self.kept.number}"):
                attempt()
        merged.message_post(body="Noted", subtype_xmlid="mail.mt_note")

    def test_senseless(self):
        with self.assertRaisesRegex(UserError, "into itself"):
            self.kept._merge_into(self.kept)
        self.merge()
        third = self.new_ticket()
        named = f"#{self.merged.number} was merged into #{self.kept.number}"
        for ticket, kept in (
            (self.merged, self.kept),
            (self.kept, self.merged),
            (third, self.merged),
            (self.merged, third),
        ):
            with self.assertRaisesRegex(UserError, named):
                ticket._merge_into(kept)

    def test_companies(self):
        """P10; a ticket of no company becomes one of the other's"""
        other = self.env["res.company"].create({"name": "Other"})
        self.merged.company_id = other
        self.kept.company_id = self.env.company
        with self.assertRaisesRegex(UserError, "companies"):
            self.merged._merge_into(self.kept)
        self.kept.company_id = False
        self.merged._merge_into(self.kept)
        self.assertEqual(self.kept.company_id, other)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_rights(self):
        """Threat 27: both have to be the user's to write"""
        foreign = self.new_ticket(queue_id=self.accounting.id)
        for user, ticket, kept in (
            (self.agent, self.merged, foreign),
            (self.agent, foreign, self.kept),
            (self.other_agent, self.merged, foreign),
            (self.employee, self.merged, self.kept),
        ):
            with self.assertRaises(AccessError):
                ticket.with_user(user)._merge_into(kept.with_user(user))
        self.assertFalse((self.merged | foreign).mapped("merged_into_id"))

    # ------------------------------------------------------------------
    # Private tickets
    # ------------------------------------------------------------------

    def test_private(self):
        """R35: private with the other is private with both, and somebody's"""
        self.merged.write({"is_private": True, "user_id": self.agent.id})
        self.merge()
        self.assertTrue(self.kept.is_private)
        self.assertEqual(self.kept.user_id, self.agent)

    def test_private_is_shown_to_nobody_new(self):
        self.support.member_ids += self.other_agent
        self.merged.write({"is_private": True, "user_id": self.agent.id})
        self.kept.user_id = self.other_agent
        with self.assertRaisesRegex(UserError, "Otto Other"):
            self.merge()
        self.kept.user_id = False
        self.support.user_id = self.other_agent
        self.kept.message_subscribe(self.other_agent.partner_id.ids)
        self.merge()
        narrow = self.env["ticket.queue"].create({"name": "Narrow", "code": "tnarrow"})
        self.kept.queue_id = narrow
        other = self.new_ticket(user_id=self.agent.id)
        with self.assertRaisesRegex(UserError, "Otto Other"):
            self.kept._merge_into(other)

    def test_followers_of_what_becomes_private(self):
        self.support.member_ids += self.other_agent
        self.kept.message_subscribe(self.other_agent.partner_id.ids)
        self.merged.write({"is_private": True, "user_id": self.agent.id})
        self.merge()
        self.assertNotIn(self.other_agent.partner_id, self.kept.message_partner_ids)

    @users("test_agent")
    def test_subject_of_the_kept_ticket(self):
        """Threat 27: who sees the merged ticket alone learns a number, no subject"""
        self.merge()
        self.kept.sudo().queue_id = self.accounting
        merged = self.merged.with_env(self.env)
        self.assertEqual(merged.merged_into_number, self.kept.sudo().number)
        self.assertNotIn("merged_into_id", merged.fields_get())
        with self.assertRaises(AccessError):
            merged.read(["merged_into_id"])
        with self.assertRaises(AccessError):
            merged.action_open_kept()
