import json
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import mail
from .merge_case import MergeCase


@tagged("post_install", "-at_install")
class TestMerge(MergeCase):
    """What belongs to one matter is on one ticket"""

    def test_what_was_written(self):
        """Mails, notes, files and the ledger; the log of changes stays"""
        note = self.merged.message_post(body="Rude.", subtype_xmlid="mail.mt_note")
        self.merged.status_id = self.status["open"]
        self.env.flush_all()
        self.cr.precommit.run()
        change = self.merged.message_ids.filtered("tracking_value_ids")
        message = self.later_line.mail_message_id
        self.merge()
        self.assertIn(message, self.kept._conversation())
        self.assertIn(note, self.kept.message_ids)
        self.assertEqual(message.attachment_ids.res_id, self.kept.id)
        self.assertEqual(self.later_line.ticket_id, self.kept)
        self.assertFalse(self.merged._conversation())
        self.assertIn(change, self.merged.message_ids)
        found = self.env["ticket.ticket"].search([("text", "ilike", "still")])
        self.assertEqual(found & (self.kept | self.merged), self.kept)

    def test_ratings(self):
        token = self.merged._rating_get_access_token()
        self.merged.rating_apply(5, token)
        self.merge()
        self.env.invalidate_all()
        self.assertEqual(self.kept.rating_ids.rating, 5)
        self.assertFalse(self.merged.rating_ids)

    def test_the_merged_ticket(self):
        self.merge()
        self.assertEqual(self.merged.status_id, self.status["closed"])
        self.assertEqual(self.merged.merged_into_id, self.kept)
        self.assertFalse(self.merged.waiting_since or self.merged.is_unread)
        logs = [ticket.message_ids[0].body for ticket in (self.kept, self.merged)]
        for body, ticket in zip(logs, (self.merged, self.kept), strict=True):
            self.assertIn(f"#{ticket.number}", body)
            self.assertIn(f'data-oe-id="{ticket.id}"', body)
            self.assertNotIn(ticket.name, body)

    def test_marks(self):
        """Tags, comment, priority, GDPR mark, related tickets and documents add up"""
        related = self.new_ticket()
        related.related_ticket_ids = self.merged
        self.merged.related_ticket_ids = related
        tag = self.env["ticket.tag"].create({"name": "Return"})
        self.kept.internal_comment = "Nice"
        self.merged.write(
            {
                "tag_ids": [Command.link(tag.id)],
                "internal_comment": "Hurried",
                "priority": "1",
                "is_gdpr": True,
            }
        )
        both = [("res.partner", 1), ("res.partner", 2)]
        for ticket, documents in ((self.kept, both[:1]), (self.merged, both)):
            ticket.document_ids = [
                Command.create({"res_model": model, "res_id": number})
                for model, number in documents
            ]
        self.merge()
        self.assertEqual(self.kept.tag_ids, tag)
        self.assertEqual(self.kept.internal_comment, "Nice\n\nHurried")
        self.assertEqual((self.kept.priority, self.kept.is_gdpr), ("1", True))
        self.assertEqual(self.kept.related_ticket_ids, related)
        self.assertEqual(related.related_ticket_ids, self.kept)
        self.assertEqual(sorted(self.kept.document_ids.mapped("res_id")), [1, 2])
        self.assertFalse(self.merged.document_ids)

    def test_followers(self):
        """Each once; of another customer's ticket only colleagues come along"""
        stranger = self.env["res.partner"].create(
            {"name": "Ben", "email": "ben@other.example"}
        )
        self.kept.message_subscribe(self.agent.partner_id.ids)
        self.merged.message_subscribe(
            (self.agent | self.administrator).partner_id.ids + stranger.ids
        )
        self.merged.write({"partner_id": stranger.id, "email_from": stranger.email})
        self.merge()
        self.assertEqual(
            self.kept.message_partner_ids, (self.agent | self.administrator).partner_id
        )

    def test_activities(self):
        """They stay their user's, unless that user may not see the kept ticket"""
        for user in (self.agent, self.other_agent):
            self.merged.queue_id.member_ids += user
            self.merged.activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id, summary=user.login
            )
        self.kept.queue_id = self.env["ticket.queue"].create(
            {"name": "Narrow", "code": "tnarrow", "member_ids": self.agent.ids}
        )
        self.merge()
        activities = self.kept.activity_ids
        self.assertEqual(
            set(activities.mapped("summary")), {"test_agent", "test_other"}
        )
        self.assertEqual(activities.user_id, self.agent)
        self.assertEqual(set(activities.mapped("res_name")), {self.kept.display_name})

    def test_drafts(self):
        """What is being written is kept, and tells what was written meanwhile"""
        replies = self.env["ticket.reply"].with_user(self.agent)
        draft = replies.create({"ticket_id": self.merged.id})
        draft.write({"body": "<p>Half an</p>", "email_to": "x@customer.example"})
        self.take_in(mail(f"#{self.kept.number}", "And the saddle."))
        self.merge(self.administrator)
        draft.invalidate_recordset()
        self.assertEqual(draft.ticket_id, self.kept)
        self.assertEqual(draft.body, "<p>Half an</p>")
        self.assertEqual(draft.email_to, "x@customer.example")
        self.assertIn(self.kept.number, draft.subject)
        self.assertNotIn(self.merged.number, draft.subject)
        self.assertTrue(draft.look_for_news())

    def test_forwards(self):
        """What went to third parties is not quoted to the customer afterwards"""
        forward = self.env["ticket.forward"].with_user(self.agent)
        action = self.merged.with_user(self.agent).action_forward(
            self.later_line.mail_message_id.id
        )
        form = Form(forward.with_context(**action["context"]))
        form.email_to = "maker@wheels.example"
        form.body = "<p>What do you say?</p>"
        with self.mock_mail_gateway():
            form.save().action_send()
        self.merge()
        self.assertIn("What do you say?", str(self.kept._conversation()[-1].body))
        self.assertNotIn("What do you say?", self.kept._history())

    def test_delayed_answer(self):
        """It leaves; taking it back would put the wrong ticket's times back"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", "60")
        form = Form(
            self.env["ticket.reply"]
            .with_user(self.agent)
            .with_context(default_ticket_id=self.merged.id)
        )
        form.body = "<p>Sorry.</p>"
        reply = form.save()
        with self.mock_mail_gateway():
            reply.action_send()
        self.merge()
        with self.assertRaisesRegex(UserError, "moved to another ticket"):
            reply.action_undo()

    def test_account_of_a_ticket_made_by_hand(self):
        """R15: it speaks for the account the customer wrote to, and to them"""
        sales = self._make_account("sales@test.example", self.support)
        merged = self.take_in(mail("Sale"), account=sales).ticket_id
        call = self.new_ticket(partner_id=False, account_id=self.account.id)
        merged.with_user(self.agent)._merge_into(call.with_user(self.agent))
        self.assertEqual(call.account_id, sales)
        self.assertEqual(call.partner_id, self.customer)
        self.assertEqual(call.email_from, "carla@customer.example")

    # ------------------------------------------------------------------
    # Times and status
    # ------------------------------------------------------------------

    def test_times(self):
        self.answer(self.kept)
        answered = self.kept.first_response
        self.merged.write({"status_id": self.status["open"].id, "is_unread": False})
        self.merge()
        self.assertEqual(self.kept.last_inbound, datetime(2026, 3, 3, 9))
        self.assertEqual(self.kept.first_response, answered)
        self.assertEqual(self.kept.last_outbound, answered)
        self.assertEqual(self.kept.waiting_since, datetime(2026, 3, 3, 9))
        self.assertEqual(self.kept.status_id, self.status["open"])

    def test_status(self):
        """The kept ticket's stays, unless a customer would wait unseen"""
        for kept, merged, unread, expected in (
            ("clarify", "new", True, "new"),
            ("clarify", "open", True, "new"),
            ("clarify", "open", False, "clarify"),
            ("clarify", "closed", True, "clarify"),
            ("closed", "open", False, "open"),
            ("waiting_customer", "clarify", False, "clarify"),
            ("waiting_customer", "waiting_customer", False, "waiting_customer"),
            ("closed", "closed", False, "closed"),
        ):
            with self.subTest(kept=kept, merged=merged, unread=unread):
                first, second = (
                    self.take_in(mail(f"{kept} {n}")).ticket_id for n in range(2)
                )
                first.write({"status_id": self.status[kept].id, "is_unread": False})
                second.write({"status_id": self.status[merged].id, "is_unread": unread})
                second._merge_into(first)
                self.assertEqual(first.status_id.code, expected)
                waits = expected not in ("waiting_customer", "closed")
                self.assertEqual(bool(first.waiting_since), waits)
                self.assertEqual(first.is_unread, expected == "new" and unread)

    def test_status_of_one_made_by_hand(self):
        """Nobody wrote: nothing is new"""
        self.kept.status_id = self.status["open"]
        self.new_ticket()._merge_into(self.kept)
        self.assertEqual(self.kept.status_id, self.status["open"])

    def test_others_are_told(self):
        """Whoever has one of them open reads it anew"""
        self.env["bus.bus"].search([]).unlink()
        self.merge()
        self.env.cr.precommit.run()
        told = [
            message["payload"]["id"]
            for message in map(
                json.loads, self.env["bus.bus"].search([]).mapped("message")
            )
            if message["type"] == "ticket_system.moved"
        ]
        self.assertEqual(set(told), set((self.kept | self.merged).ids))


@tagged("post_install", "-at_install")
class TestMergeWizard(MergeCase):
    def wizard(self, tickets):
        wizards = self.env["ticket.merge"].with_user(self.agent)
        return Form(wizards.with_context(default_ticket_ids=tickets.ids))

    def test_several(self):
        """The oldest is kept, unless another one is chosen"""
        self.kept.status_id = self.status["open"]
        form = self.wizard(self.merged | self.kept)
        self.assertEqual(form.kept_ticket_id, self.kept)
        self.assertEqual(form.offered_ids[:], self.kept | self.merged)
        self.assertIn(f"#{self.merged.number} “Wheel again”", form.preview)
        self.assertIn("since a customer waits", form.preview)
        form.kept_ticket_id = self.merged
        self.assertIn(
            f"Later mails about any of them go to #{self.merged.number}", form.preview
        )
        form.save().action_merge()
        self.assertEqual(self.kept.merged_into_id, self.merged)

    def test_one(self):
        """Related tickets and the customer's open ones are offered"""
        related = self.take_in(mail("Other", sender="Eve <eve@evil.example>")).ticket_id
        self.merged.related_ticket_ids = related
        closed = self.new_ticket(status_id=self.status["closed"].id)
        foreign = self.new_ticket(queue_id=self.accounting.id)
        form = self.wizard(self.merged)
        self.assertFalse(form.kept_ticket_id)
        self.assertEqual(form.offered_ids[:], related | self.kept)
        self.assertNotIn(closed | foreign, form.offered_ids[:])
        form.kept_ticket_id = self.kept
        self.assertFalse(form.is_mixed)
        action = form.save().action_merge()
        self.assertEqual(action["params"]["res_id"], self.kept.id)
        self.assertEqual(self.merged.merged_into_id, self.kept)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_foreign_tickets(self):
        """Threat 27: the dialog names nothing of what its user may not read"""
        foreign = self.new_ticket(queue_id=self.accounting.id)
        wizards = self.env["ticket.merge"].with_user(self.agent)
        for tickets, kept in ((self.merged, foreign), (foreign, self.kept)):
            with self.assertRaises(AccessError):
                wizards.create({"ticket_ids": tickets.ids, "kept_ticket_id": kept.id})

    def test_different_customers(self):
        """One would read in the history what the other wrote"""
        other = self.take_in(mail("Bell", sender="Ben <b@else.example>")).ticket_id
        self.assertTrue(self.wizard(self.kept | other).is_mixed)
        self.assertFalse(self.wizard(self.kept | self.merged).is_mixed)
        colleague = self.env["res.partner"].create(
            {"name": "Ben", "email": "b@else.example", "parent_id": self.customer.id}
        )
        other.partner_id = colleague
        self.assertFalse(self.wizard(self.kept | other).is_mixed)

    def test_private(self):
        self.merged.write({"is_private": True, "user_id": self.agent.id})
        preview = self.wizard(self.kept | self.merged).preview
        self.assertIn(f"#{self.kept.number} becomes private", preview)

    def test_merged_ones_are_not_found(self):
        self.merge()
        tickets = self.env["ticket.ticket"].with_user(self.agent)
        found = tickets.search([("merged_into_number", "=", False)])
        self.assertIn(self.kept, found)
        self.assertNotIn(self.merged, found)
