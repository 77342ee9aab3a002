from datetime import datetime

from markupsafe import Markup

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestSplit(TicketCase, MailCase):
    """A message about another matter becomes a ticket of its own"""

    def setUp(self):
        super().setUp()
        self.ticket = self.take_in(
            mail(message_id="<first@customer.example>")
        ).ticket_id
        self.other_line = self.take_in(
            mail(
                f"Re: #{self.ticket.number}",
                "By the way, where is my bell?",
                message_id="<bell@customer.example>",
                date="Tue, 03 Mar 2026 10:00:00 +0100",
                attachments=[("bell.png", b"picture", "image", "png")],
            )
        )
        self.message = self.other_line.mail_message_id
        self.note = self.ticket.message_post(
            body="Rude.", message_type="comment", subtype_xmlid="mail.mt_note"
        )

    def split(self, user=None, message=None, **values):
        action = self.ticket.with_user(user or self.agent).action_split(
            (message or self.message).id
        )
        wizards = self.env["ticket.split"].with_user(user or self.agent)
        form = Form(wizards.with_context(**action["context"]))
        for name, value in {"name": "Bell", **values}.items():
            setattr(form, name, value)
        known = self.ticket.related_ticket_ids
        form.save().action_split()
        return self.ticket.related_ticket_ids - known

    def answer(self, **values):
        with self.mock_mail_gateway():
            return self.ticket.with_user(self.agent)._send_reply(
                subject="Re: Wheel",
                body="Sorry.",
                email_to="carla@customer.example",
                status=self.status["waiting_customer"],
                **values,
            )

    # ------------------------------------------------------------------
    # What moves
    # ------------------------------------------------------------------

    def test_one_message(self):
        """With its file and its line of the ledger; the note stays"""
        new = self.split()
        self.assertEqual(new.name, "Bell")
        self.assertEqual(new._conversation(), self.message)
        self.assertEqual(self.message.attachment_ids.res_id, new.id)
        self.assertEqual(self.other_line.ticket_id, new)
        self.assertEqual(len(self.ticket._conversation()), 1)
        self.assertIn(self.note, self.ticket.message_ids)
        found = self.env["ticket.ticket"].search([("text", "ilike", "bell")])
        self.assertEqual(found & (self.ticket | new), new)

    def test_all_that_follow(self):
        """Notes and answers as well, though no user may change them"""
        answer = self.answer()
        new = self.split(scope="following")
        self.assertEqual(new._conversation(), self.message | answer)
        self.assertIn(self.note, new.message_ids)
        with self.assertRaisesRegex(UserError, "neither changed nor deleted"):
            new.with_user(self.agent)._message_update_content(answer, body="No")

    def test_what_it_takes_over(self):
        self.ticket.write({"priority": "1", "is_gdpr": True, "user_id": self.agent.id})
        new = self.split(queue_id=self.support)
        for name in (
            "partner_id",
            "email_from",
            "account_id",
            "project_id",
            "queue_id",
            "user_id",
            "priority",
            "is_gdpr",
        ):
            self.assertEqual(new[name], self.ticket[name], name)
        self.assertNotEqual(new.number, self.ticket.number)

    def test_queue_of_another_account(self):
        """What came to accounting@ is proposed for its queue"""
        other = self.account.copy(
            {
                "user": "accounting@test.example",
                "ticket_address": "accounting@test.example",
                "ticket_queue_id": self.accounting.id,
            }
        )
        self.accounting.user_id = self.agent
        raw = mail(f"#{self.ticket.number}", "My invoice?", message_id="<i@c.example>")
        line = self.take_in(raw, account=other)
        self.assertEqual(line.ticket_id, self.ticket)
        new = self.split(message=line.mail_message_id)
        self.assertEqual(new.queue_id, self.accounting)
        self.assertEqual(new.user_id, self.agent)

    def test_subject(self):
        """The message's own is proposed, where it says more than the number"""
        for subject, proposed in (
            (f"Re: [Ticket #{self.ticket.number}] My bell", "My bell"),
            (f"#{self.ticket.number}", "Broken wheel"),
            (
                f"Re: [Ticket #{self.ticket.number}] [Ticket #20260101123456] Bell #7",
                "Bell #7",
            ),
        ):
            message = self.take_in(mail(subject, subject)).mail_message_id
            context = self.ticket.action_split(message.id)["context"]
            form = Form(self.env["ticket.split"].with_context(**context))
            self.assertEqual(form.name, proposed)

    def test_of_somebody_else(self):
        """Who wrote the message is the new ticket's customer"""
        ben = self.env["res.partner"].create(
            {"name": "Ben", "email": "ben@customer.example"}
        )
        for sender, partner in (
            ("Ben Bell <ben@customer.example>", ben),
            ("Unknown <someone@customer.example>", ben.browse()),
        ):
            line = self.take_in(mail(f"#{self.ticket.number}", sender, sender=sender))
            new = self.split(message=line.mail_message_id)
            self.assertEqual(new.partner_id, partner)
            self.assertIn(new.email_from, sender)
            self.assertIn(new.partner_name, sender)

    def test_logs(self):
        """Each names the other, by the number alone"""
        new = self.split()
        self.assertEqual(new.related_ticket_ids, self.ticket)
        for ticket, other in ((new, self.ticket), (self.ticket, new)):
            body = ticket.message_ids[0].body
            self.assertIn(f"#{other.number}", body)
            self.assertIn(f'data-oe-id="{other.id}"', body)
            self.assertNotIn(other.name, body)

    def test_shared_file(self):
        """What a message that stays holds as well is there on both tickets"""
        picture = self.message.attachment_ids
        self.message.body = Markup('<img src="/web/image/%s">') % picture.id
        self.answer(attachments=picture)
        new = self.split()
        [copy] = new._conversation().attachment_ids
        [file] = self.ticket._conversation()[-1].attachment_ids
        self.assertEqual((copy.res_id, file.res_id), (new.id, self.ticket.id))
        self.assertEqual(copy.raw, file.raw)
        self.assertIn(f"/web/image/{copy.id}", self.message.body)

    def test_draft(self):
        """An answer to the message that is being written goes with it"""
        replies = self.env["ticket.reply"].with_user(self.agent)
        values = {"ticket_id": self.ticket.id, "message_id": self.message.id}
        moving = replies.create({**values, "body": "<p>Here it is</p>"})
        staying = replies.create({"ticket_id": self.ticket.id})
        new = self.split()
        (moving | staying).invalidate_recordset()
        self.assertEqual((moving.ticket_id, staying.ticket_id), (new, self.ticket))
        self.assertEqual(moving.body, "<p>Here it is</p>")
        self.assertIn(new.number, moving.subject)

    def test_followers(self):
        """Colleagues, as far as they may see it; customers follow what they wrote"""
        followers = self.agent.partner_id | self.other_agent.partner_id | self.customer
        self.support.member_ids += self.other_agent
        self.ticket.message_subscribe(followers.ids)
        self.ticket.write({"is_private": True, "user_id": self.agent.id})
        self.ticket.message_subscribe(self.other_agent.partner_id.ids)
        new = self.split()
        self.assertEqual(new.message_partner_ids, self.agent.partner_id)

    # ------------------------------------------------------------------
    # Times
    # ------------------------------------------------------------------

    def test_times(self):
        new = self.split()
        self.assertEqual(new.status_id, self.status["new"])
        for name in ("last_inbound", "last_message", "waiting_since"):
            self.assertEqual(new[name], datetime(2026, 3, 3, 9), name)
            self.assertEqual(self.ticket[name], datetime(2026, 3, 2, 9), name)
        self.assertFalse(new.last_outbound or new.first_response)

    def test_times_of_answers(self):
        """An answer that moved is the new ticket's first response"""
        answer = self.answer()
        new = self.split(scope="following")
        self.assertEqual(new.status_id, self.status["waiting_customer"])
        self.assertEqual(new.first_response, answer.date)
        self.assertFalse(new.waiting_since)
        self.assertFalse(self.ticket.first_response or self.ticket.last_outbound)
        self.assertFalse(self.ticket.waiting_since)

    def test_times_of_several(self):
        """The customer waits since the first of them"""
        raw = mail(f"#{self.ticket.number}", "Where is it?")
        self.take_in(raw.replace(b", 02 Mar", b", 04 Mar"))
        new = self.split(scope="following")
        self.assertEqual(new.waiting_since, datetime(2026, 3, 3, 9))
        self.assertEqual(new.last_inbound, datetime(2026, 3, 4, 9))
        self.assertEqual(new.status_id, self.status["new"])

    def test_answered_ticket(self):
        """A question that was overlooked waits again, what was answered does not"""
        self.answer()
        new = self.split()
        self.assertEqual(new.status_id, self.status["new"])
        self.assertEqual(new.waiting_since, datetime(2026, 3, 3, 9))
        self.assertEqual(self.ticket.status_id, self.status["waiting_customer"])
        self.assertFalse(self.ticket.waiting_since)

    # ------------------------------------------------------------------
    # Later mails
    # ------------------------------------------------------------------

    def test_later_mails(self):
        """What answers a moved message belongs to the new ticket"""
        new = self.split()
        subject = f"Re: [Ticket #{self.ticket.number}] Broken wheel"
        for identifier, ticket in (
            ("<bell@customer.example>", new),
            ("<first@customer.example>", self.ticket),
        ):
            line = self.take_in(mail(subject, identifier, in_reply_to=identifier))
            self.assertEqual(line.ticket_id, ticket)
        self.assertEqual(self.take_in(mail(f"#{new.number}")).ticket_id, new)

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def test_something_stays(self):
        first = self.ticket._conversation()[0]
        with self.assertRaisesRegex(UserError, "Nothing would be left"):
            self.split(message=first, scope="following")
        self.split()
        with self.assertRaisesRegex(UserError, "Nothing would be left"):
            self.split(message=first)

    def test_only_message(self):
        """It is said before the dialog is filled in"""
        ticket = self.take_in(mail("Alone")).ticket_id
        with self.assertRaisesRegex(UserError, "Nothing would be left"):
            ticket.action_split(ticket._conversation().id)

    def test_foreign_messages(self):
        """Threat 27: only those of the ticket, and no note alone"""
        other = self.take_in(mail("Other")).mail_message_id
        for message in (other, self.note):
            with self.assertRaisesRegex(UserError, "sent or received on this ticket"):
                self.ticket._split(
                    message, name="x", queue=self.support, user=self.agent
                )

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_dialog(self):
        """Threat 27: it names nothing of what its user may not read"""
        foreign = self.take_in(mail("Secret")).mail_message_id
        ticket = self.env["ticket.ticket"].browse(foreign.res_id)
        ticket.queue_id = self.accounting
        wizards = self.env["ticket.split"].with_user(self.agent)
        for values in (
            {"ticket_id": ticket.id, "message_id": self.message.id},
            {"ticket_id": self.ticket.id, "message_id": foreign.id},
        ):
            with self.assertRaises(AccessError):
                wizards.create({**values, "name": "x"})

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_rights(self):
        self.ticket.queue_id = self.accounting
        with self.assertRaises(AccessError):
            self.split(self.agent)
        self.split(self.other_agent)

    def test_into_a_foreign_queue(self):
        """As one may give a ticket away, one may give a part of it away"""
        draft = self.env["ticket.reply"].with_user(self.agent)
        draft = draft.create(
            {"ticket_id": self.ticket.id, "message_id": self.message.id}
        )
        new = self.split(queue_id=self.accounting)
        self.assertEqual(new.queue_id, self.accounting)
        self.assertEqual(draft.sudo().ticket_id, new)
        self.assertFalse(new.with_user(self.agent).has_access("read"))

    def test_address(self):
        """It is answered from where its message came to, whatever its queue"""
        self._make_account("accounting@test.example", self.accounting)
        forward = self.env["ticket.forward"].with_user(self.agent)
        with self.mock_mail_gateway():
            forward.create(
                {
                    "ticket_id": self.ticket.id,
                    "message_id": self.message.id,
                    "email_to": "expert@third.example",
                    "body": "<p>What do you think?</p>",
                }
            ).action_send()
        sent = self.ticket._conversation()[-1]
        opinion = mail(sender="expert@third.example", in_reply_to=sent.message_id)
        message = self.take_in(opinion).mail_message_id
        new = self.split(message=message, queue_id=self.accounting)
        self.env.flush_all()
        self.assertEqual(new.account_id, self.account)

    def test_agent(self):
        """Who has the ticket has the new one, too; in another queue its responsible"""
        self.ticket.user_id = self.agent
        self.accounting.user_id = self.other_agent
        for queue, user in (
            (self.accounting, self.other_agent),
            (self.support, self.agent),
        ):
            new = self.split(queue_id=queue)
            self.assertEqual(new.user_id, user)
            new._move_messages(new.message_ids, self.ticket)

    def test_private(self):
        """R35: it is private as well, and somebody's"""
        self.ticket.write({"is_private": True, "user_id": self.agent.id})
        new = self.split(user_id=self.env["res.users"])
        self.assertTrue(new.is_private)
        self.assertEqual(new.user_id, self.agent)
