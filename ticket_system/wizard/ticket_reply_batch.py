import re

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ..mailflow import outgoing
from ..models.mail_message import picture_ids
from ..models.notification import notification

LIMIT = 500  # tickets in one request


class TicketReplyBatch(models.TransientModel):
    """The same answer to several tickets: a mail of its own to each customer (R67)."""

    _name = "ticket.reply.batch"
    _description = "Answer Several Tickets"

    ticket_ids = fields.Many2many("ticket.ticket", required=True, readonly=True)
    ticket_count = fields.Integer(compute="_compute_ticket_count")
    left_out_ids = fields.Many2many("ticket.ticket", compute="_compute_left_out_ids")

    body = fields.Html()
    unknown_placeholders = fields.Char(compute="_compute_unknown_placeholders")
    attachment_ids = fields.Many2many("ir.attachment", bypass_search_access=True)
    status_id = fields.Many2one(
        "ticket.status",
        "Status After Sending",
        required=True,
        compute="_compute_status_id",
        store=True,
        readonly=False,
    )

    is_sent = fields.Boolean("Sent", readonly=True)

    @api.depends("ticket_ids")
    def _compute_ticket_count(self):
        for batch in self:
            batch.ticket_count = len(batch.ticket_ids - batch.left_out_ids)

    @api.depends("ticket_ids")
    def _compute_left_out_ids(self):
        for batch in self:
            batch.left_out_ids = batch.ticket_ids.filtered(lambda t: not t.email_from)

    @api.depends("body")
    def _compute_unknown_placeholders(self):
        for batch in self:
            batch.unknown_placeholders = outgoing.unknown_placeholders(batch.body)

    @api.depends("ticket_ids")
    def _compute_status_id(self):
        """As an answer to one ticket does; of several queues what was chosen last."""
        for batch in self:
            queues = batch.ticket_ids.queue_id
            batch.status_id = self.env["ticket.reply"]._status_after(queues)

    def action_send(self):
        """Queue one mail for each ticket; tell which ones could not be answered."""
        self.ensure_one()
        if self.is_sent:
            raise UserError(self.env._("This answer has been sent already."))
        self.is_sent = True  # of two requests at once the later one ends here
        tickets = self.ticket_ids - self.left_out_ids
        tickets.check_access("write")
        if len(tickets) > LIMIT:
            raise UserError(
                self.env._("Answer at most %s tickets at once, please.", LIMIT)
            )
        if is_html_empty(self.body) and not self.attachment_ids:
            raise UserError(self.env._("There is nothing in this answer yet."))
        replies, refused = self.env["ticket.reply"], {}
        for ticket in tickets.with_context(mail_notify_force_send=False):
            try:
                with self.env.cr.savepoint():
                    reply = self._reply(ticket)
                    reply._send()
                    replies |= reply
            except UserError as error:
                refused[ticket] = error
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return self._tell(replies, refused)

    def _reply(self, ticket):
        reply = ticket.env["ticket.reply"].create(
            {
                "ticket_id": ticket.id,
                "attachment_ids": [Command.set(self._copies().ids)],
                "status_id": self.status_id.id,
            }
        )
        text = outgoing.placeholders(
            str(self.body or ""), ticket._placeholders(), is_html=True
        )
        reply.body = reply._beginning(self._with_own_pictures(text, reply))
        return reply

    def _with_own_pictures(self, text, reply):
        """The text with copies of the pictures put into it, so that each ticket has its
        own, and none goes with this wizard."""
        pictures = self.env["ir.attachment"].search(
            [
                ("id", "in", picture_ids(text)),
                ("res_model", "=", self._name),
                ("create_uid", "=", self.env.uid),
            ]
        )
        for picture in pictures:
            copy = picture.copy({"res_model": reply._name, "res_id": reply.id})
            shown = rf"(/web/image/){picture.id}\b"
            text = re.sub(shown, rf"\g<1>{copy.id}", text)
        return text

    def _copies(self):
        """The files once more, so that each ticket has its own."""
        files = self.attachment_ids
        files.check_access("read")
        copies = [
            file.copy({"res_model": "mail.compose.message", "res_id": 0})
            for file in files
        ]
        return files.browse(copy.id for copy in copies)

    def _tell(self, replies, refused):
        following = {"type": "ir.actions.client", "tag": "soft_reload"}
        if refused:
            reasons = "\n".join(
                f"{ticket.display_name}: {refused[ticket]}" for ticket in refused
            )
            following = notification("warning", reasons, following, sticky=True)
        if not replies:
            return following
        message = self.env._("Answers on their way: %s", len(replies))
        if replies.ticket_id._seconds_to_undo() > 0:
            return replies._tell_undoable(message, "action_undo_all", following)
        return notification("success", message, following)
