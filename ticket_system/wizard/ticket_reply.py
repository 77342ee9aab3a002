from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mailflow import outgoing
from ..mailflow.errors import MailflowError


class TicketReply(models.TransientModel):
    _name = "ticket.reply"
    _description = "Answer a Ticket"

    ticket_id = fields.Many2one("ticket.ticket", required=True, readonly=True)
    subject = fields.Char(compute="_compute_subject", store=True, readonly=False)
    email_to = fields.Char(
        "To", compute="_compute_email_to", store=True, readonly=False
    )
    email_cc = fields.Char("Cc")
    body = fields.Html(compute="_compute_body", store=True, readonly=False)
    attachment_ids = fields.Many2many("ir.attachment", bypass_search_access=True)
    status_id = fields.Many2one(
        "ticket.status",
        "Status After Sending",
        required=True,
        default=lambda self: self.env["ticket.status"]._by_code("closed"),
    )

    seen_message_id = fields.Many2one(
        "mail.message", compute="_compute_seen_message_id", store=True
    )
    news = fields.Text(readonly=True)

    @api.depends("ticket_id")
    def _compute_seen_message_id(self):
        for reply in self:
            reply.seen_message_id = reply.ticket_id._conversation()[-1:]

    @api.depends("ticket_id")
    def _compute_subject(self):
        for reply in self:
            ticket = reply.ticket_id
            reply.subject = outgoing.subject(f"Re: {ticket.name}", ticket.number)

    @api.depends("ticket_id")
    def _compute_email_to(self):
        for reply in self:
            reply.email_to = reply.ticket_id.email_from

    @api.depends("ticket_id")
    def _compute_body(self):
        for reply in self:
            reply.body = reply.ticket_id._signature()

    def action_send(self):
        """Send, unless somebody wrote meanwhile: then show that first (P8)."""
        self.ensure_one()
        self.ticket_id.check_access("write")
        if news := self._news():
            self.write({"seen_message_id": news[-1].id, "news": self._in_short(news)})
            return self._show_again()
        try:
            self.ticket_id._send_reply(
                subject=self.subject,
                body=self.body,
                email_to=self.email_to or "",
                email_cc=self.email_cc or "",
                attachments=self.attachment_ids,
                status=self.status_id,
            )
        except MailflowError as error:
            raise UserError(str(error)) from error
        return {"type": "ir.actions.act_window_close"}

    def _news(self):
        """What was written by and to the customer since this answer was begun."""
        messages = self.ticket_id._conversation()
        return messages.filtered(lambda message: message.id > self.seen_message_id.id)

    def _in_short(self, messages):
        return "\n".join(
            f"{message.email_from or message.author_id.name}: {message.preview}"
            for message in messages
        )

    def _show_again(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reply"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "large"},
        }
