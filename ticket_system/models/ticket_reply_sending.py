from datetime import datetime

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ..mailflow.errors import MailflowError
from .mail_message import picture_ids
from .notification import CLOSE, notification
from .ticket_status import RESTING

CHANGED_BY_SENDING = [
    "status_id",
    "is_unread",
    "last_outbound",
    "last_message",
    "waiting_since",
    "first_response",
    "delivery_failed",
]
# of a ticket made by hand, where they are empty; see _adopt_customer
ADOPTED = ("email_from", "partner_id", "partner_name", "queue_id", "user_id")
# also where the customer wrote again before the undo
CHANGED_IN_ANY_CASE = ("last_outbound", "first_response", "delivery_failed")


class TicketReply(models.Model):
    """Sending an answer, and taking it back."""

    _inherit = "ticket.reply"

    def action_send(self):
        """Send, unless somebody wrote meanwhile: then show that first (P8)."""
        return self._send() or self._tell_sent()

    def action_send_and_next(self):
        """Send, and go on with who waits longest, if anybody does."""
        if kept := self._send():
            return kept
        is_last = not self.ticket_id._next_waiting()
        return self._tell_sent(None if is_last else self.ticket_id.action_next())

    def _tell_sent(self, following=None):
        """Close the dialog; while the answer has not left yet, offer the undo."""
        following = following or CLOSE
        if not self._schedule():
            message = self.env._("On its way to %s", self.email_to.strip(" ,"))
            return notification("success", message, following)
        message = self.env._("The mail leaves in a moment.")
        return self._tell_undoable(message, "action_undo", following)

    def _tell_undoable(self, message, undo, following):
        """Tell `message`, and for the Time to Undo offer the method `undo`."""
        return {
            "type": "ir.actions.client",
            "tag": "ticket_system.changed",
            "params": {
                "message": message,
                "undo": [self._name, undo, [self.ids]],
                "seconds": self.ticket_id._seconds_to_undo(),
                "next": following,
            },
        }

    def action_undo(self):
        """Take back an answer that has not left yet; it is a draft again."""
        self._take_back()
        return self._show_again()

    def action_undo_all(self):
        """Take back those that have not left yet; each is a draft again."""
        left = self.browse()
        for answer in self:
            try:
                with self.env.cr.savepoint():
                    answer._take_back()
            except UserError:
                left |= answer
        if not left:
            return None
        names = ", ".join(left.ticket_id.mapped("display_name"))
        return notification("warning", self.env._("Too late for %s", names))

    def _take_back(self):
        self.ensure_one()
        if not self.exists().is_sent:
            raise UserError(self.env._("This answer has been taken back already."))
        self.ticket_id.check_access("write")
        schedule = self._schedule().try_lock_for_update()
        if not schedule:
            raise UserError(self.env._("Too late: the answer has left."))
        if not self.ticket_before:
            raise UserError(
                self.env._("Too late: the answer was moved to another ticket.")
            )
        schedule.unlink()
        before = {name: self.ticket_before[name] for name in CHANGED_BY_SENDING}
        withdrawn = self._sent_message()
        if self.ticket_id._conversation()[-1:].id > self.sent_message_id.id:
            before = {name: before[name] for name in CHANGED_IN_ANY_CASE}
        elif self.ticket_id.status_id == self.status_id:
            withdrawn |= self._log_of_sending()
        else:  # a colleague's choice stays
            del before["status_id"]
            if self.ticket_id.status_category in RESTING:
                del before["waiting_since"]
        before |= self._adopted()
        deleted = {"message_ids": withdrawn.ids}
        withdrawn.unlink()
        self.ticket_id._agents()._bus_send("mail.message/delete", deleted)
        self.ticket_id.with_context(mail_notrack=True).write(before)
        self.is_sent = False

    def _adopted(self):
        """What the ticket got by this answer, to be empty again, unless a colleague has
        taken it."""
        ticket, before = self.ticket_id, self.ticket_before
        known = (self.user_id.id, before.get("user_id"))
        if ticket.last_inbound or ticket.user_id.id not in known:
            return {}
        return {name: False for name in ADOPTED if not before.get(name, True)}

    def _schedule(self):
        """The delayed sending of this answer, if it has not left yet."""
        return self._sent_message().ticket_schedule_ids

    def _sent_message(self):
        """The message the author has sent by this answer."""
        return self.sent_message_id.sudo().filtered(
            lambda message: (
                message.model == "ticket.ticket"
                and message.res_id == self.ticket_id.id
                and message.author_id == self.user_id.partner_id
            )
        )

    def _log_of_sending(self):
        """What the ticket's log says of the status that came with this answer."""
        sent = self._sent_message()
        later = self.ticket_id.message_ids.sudo().filtered(
            lambda message: message.id > sent.id and message.author_id == sent.author_id
        )
        return later.filtered(
            lambda message: (
                {"status_id"}
                <= {*message.tracking_value_ids.field_id.mapped("name")}
                <= {"status_id", *ADOPTED}
            )
        )

    def action_discard(self):
        """Throw the draft away."""
        self.unlink()
        return CLOSE

    def _send(self):
        """Send the answer.

        :return: None, or the action that shows what keeps it from being sent
        """
        self.ensure_one()
        self.ticket_id.check_access("write")
        if self.is_sent:
            raise UserError(self.env._("This answer has been sent already."))
        if self.look_for_news():
            return self._show_again()
        [before] = self.ticket_id.read([*CHANGED_BY_SENDING, *ADOPTED], load="")
        del before["id"]
        self._hand_over_files()
        try:
            message = self._send_mail()
        except MailflowError as error:
            raise UserError(error.translated(self.env._)) from error
        self._remember_status()
        self.write(
            {
                "is_sent": True,
                "sent_message_id": message.id,
                "ticket_before": {
                    name: fields.Datetime.to_string(value)
                    if isinstance(value, datetime)
                    else value
                    for name, value in before.items()
                },
            }
        )
        return None

    def _hand_over_files(self):
        """What came with the draft is the ticket's now; pictures in its text, too, even
        those put in before the draft was saved."""
        files = self.env["ir.attachment"].sudo()
        of_drafts = Domain("res_model", "=", self._name) & Domain(
            "res_field", "=", False
        )
        early = Domain("res_id", "=", 0) & Domain("create_uid", "=", self.env.uid)
        early &= Domain("id", "in", picture_ids(self.body))
        files.search(of_drafts & (Domain("res_id", "=", self.id) | early)).write(
            {"res_model": self.ticket_id._name, "res_id": self.ticket_id.id}
        )

    def _remember_status(self):
        settings = self.env["res.users.settings"]._find_or_create_for_user(
            self.env.user
        )
        if settings.ticket_reply_status_id != self.status_id:
            settings.sudo().ticket_reply_status_id = self.status_id

    def _send_mail(self):
        return self.ticket_id._send_reply(
            subject=self.subject,
            body=self._full_body(),
            email_to=self.email_to or "",
            email_cc=self.email_cc or "",
            email_bcc=self.email_bcc or "",
            attachments=self._files(),
            status=self.status_id,
            answered=self._answered(),
        )

    def _full_body(self):
        if not self._files() and not self._says_something():
            raise UserError(self.env._("There is nothing in this answer yet."))
        return (self.body or "") + (self.history or "")

    def _files(self):
        return self.attachment_ids | (self.picked_file_ids & self.ticket_file_ids)

    def _says_something(self):
        """Whether there is more than the greeting and the signature."""
        text, beginning = (
            html2plaintext(html or "") for html in (self.body, self._beginning())
        )
        return text.split() not in ([], beginning.split())
