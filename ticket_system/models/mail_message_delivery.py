from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize_all

from ..mailflow.plain_words import smtp_reply
from .ticket_ticket_presence import ALTERED

FAILED = ("exception", "bounce")


class MailMessage(models.Model):
    """Whether an answer has left us, and what to do if it could not."""

    _inherit = "mail.message"

    def _is_answer_to_customer(self):
        return self.message_type != "email" and self._is_conversation()

    def _delivery(self):
        """What became of an answer: "failed", "queued" or "sent"."""
        message = self.sudo()
        statuses = set(message.notification_ids.mapped("notification_status"))
        if not statuses and message.ticket_schedule_ids:
            return "queued"
        if statuses & set(FAILED):
            return "failed"
        return "queued" if statuses & {"ready", "process"} else "sent"

    def _failed_outside(self):
        return self.sudo().notification_ids.filtered(
            lambda told: (
                told.notification_status in FAILED
                and (not told.res_partner_id or told.res_partner_id.partner_share)
            )
        )

    def _failed_mails(self):
        return self.sudo().mail_ids.filtered(lambda mail: mail.state == "exception")

    def action_send_again(self):
        """Try once more to deliver an answer that the mail server did not take."""
        self.ensure_one()
        self.env[self.model].browse(self.res_id).check_access("write")
        mails = self._failed_mails()
        if not mails:
            raise UserError(
                self.env._("The recipient's server refused it. Write a new answer.")
            )
        mails.mark_outgoing()
        mails.send()
        self._tell_delivery()

    def _my_answer(self):
        """The user's own answer or forward that was sent as this message."""
        sent = [("sent_message_id", "=", self.id), ("user_id", "=", self.env.uid)]
        models = (self.env["ticket.reply"], self.env["ticket.forward"])
        return next(
            filter(None, (model.search(sent, limit=1) for model in models)), None
        )

    def action_take_back(self):
        """Make a draft of one's answer again, while it has not left, and show it."""
        self.ensure_one()
        answer = self._my_answer()
        if not answer:
            raise UserError(self.env._("Too late: the answer has left."))
        return answer.action_undo()

    def _note_bounced(self, reason, recipient=""):
        """The recipient's server has sent the answer back (P6).

        :param str recipient: the address it could not deliver to, if it names one
        """
        self.notification_ids.write(
            {
                "notification_status": "bounce",
                "failure_type": "mail_bounce",
                "failure_reason": reason,
            }
        )
        self._note_undelivered(reason, recipient)

    def _note_undelivered(self, reason, recipient="", is_unreachable=False):
        """Mark the tickets; the authors get an activity, once until it is done.

        :param bool is_unreachable: whether no outgoing mail server answered
        """
        for message in self:
            ticket = message._ticket()
            waits = ticket.waiting_since or ticket.last_inbound
            ticket.write({**ticket._status("new"), "delivery_failed": True})
            ticket.waiting_since = waits
            ticket._tell_agents(ALTERED)
            author = message.author_id.main_user_id or ticket.user_id
            if author and not message._warnings(author):
                ticket.activity_schedule(
                    "ticket_system.activity_undelivered",
                    user_id=author.id,
                    note=message._told_undelivered(
                        author, recipient, reason, is_unreachable
                    ),
                )
        self._tell_delivery()

    def _told_undelivered(self, user, recipient, reason, is_unreachable):
        """A sentence in the user's language, then what the mail server said."""
        addresses = recipient or ", ".join(
            email_normalize_all(self.outgoing_email_to or "")
            or filter(None, self.partner_ids.mapped("email"))
        )
        there = self.with_context(lang=user.lang)
        sentence = (
            there.env._("Your answer to %s could not be delivered.", addresses)
            if addresses
            else there.env._("Your answer could not be delivered.")
        )
        told = Markup("<p>%s</p>") % sentence
        reply = smtp_reply(reason or "")
        if is_unreachable:
            reply = there.env["ir.mail_server"]._ticket_unreachable(reply)
        return told + Markup("<p>%s</p>") % reply if reply else told

    def _note_delivered(self):
        """A mail of these answers has left; others of the same answer may not have."""
        for message in self:
            ticket = message._ticket()
            if ticket.delivery_failed and not message._failed_outside():
                ticket.delivery_failed = False
                if not ticket._is_unanswered():
                    ticket.waiting_since = False
                    message._set_status_after_sending()
                message._warnings().action_done()
                ticket._tell_agents(ALTERED)
        self._tell_delivery()

    def _set_status_after_sending(self):
        """What its author chose, if nobody has worked on the ticket meanwhile."""
        sent = [("sent_message_id", "=", self.id)]
        answer = self.env["ticket.reply"].sudo().search(sent, limit=1)
        ticket = self._ticket()
        if answer.status_id and ticket.status_category == "new":
            ticket.status_id = answer.status_id

    def _ticket(self):
        return self.env["ticket.ticket"].sudo().browse(self.res_id)

    def _warnings(self, user=None):
        activities = self._ticket().activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("ticket_system.activity_undelivered")
            )
        )
        if user:
            activities = activities.filtered(lambda activity: activity.user_id == user)
        return activities

    def _tell_delivery(self):
        """Bring the histories that are open up to date."""
        for message in self:
            message._ticket()._tell_agents(
                "ticket_system.delivery",
                message_id=message.id,
                delivery=message._delivery(),
                may_retry=bool(message._failed_mails()),
            )
        self._notify_message_notification_update()
