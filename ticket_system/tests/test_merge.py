import json
from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail
from .import_case import NUMBER, RECEIVED, SENT, TICKET, ImportCase


class MergeCase(TicketCase, MailCase):
    """Two tickets of one customer: the wheel, then once more the wheel."""

    def setUp(self):
        super().setUp()
        self.line = self.take_in(mail(message_id="<first@customer.example>"))
        self.later_line = self.take_in(
            mail(
                "Wheel again",
                "Still broken.",
                message_id="<later@customer.example>",
                date="Tue, 03 Mar 2026 10:00:00 +0100",
                attachments=[("wheel.png", b"picture", "image", "png")],
            )
        )
        self.kept, self.merged = self.line.ticket_id, self.later_line.ticket_id

    def merge(self, user=None):
        user = user or self.agent
        self.merged.with_user(user)._merge_into(self.kept.with_user(user))

    def answer(self, ticket, status="waiting_customer"):
        with self.mock_mail_gateway():
            return ticket.with_user(self.agent)._send_reply(
                subject="Re: Wheel",
                body="Sorry.",
                email_to="carla@customer.example",
                status=self.status[status],
            )


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

    # ------------------------------------------------------------------
    # Later mails
    # ------------------------------------------------------------------

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
    # What is refused
    # ------------------------------------------------------------------

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

    # ------------------------------------------------------------------
    # Privacy and import
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


@tagged("post_install", "-at_install")
class TestMergeWizard(MergeCase):
    def wizard(self, tickets, **values):
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
