from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.tools import is_html_empty

from ..mailflow import outgoing


class TicketForward(models.Model):
    """A message of a ticket on its way to somebody else; the customer still waits."""

    _name = "ticket.forward"
    _inherit = "ticket.reply"
    _description = "Forward a Message of a Ticket"

    attachment_ids = fields.Many2many(
        "ir.attachment",
        compute="_compute_attachment_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
        bypass_search_access=True,
    )
    picked_file_ids = fields.Many2many(relation="ticket_forward_picked_file_rel")

    @api.depends("ticket_id")
    def _compute_subject(self):
        for forward in self:
            ticket = forward.ticket_id
            subject = outgoing.subject(ticket.name, ticket.number)
            forward.subject = f"Fwd: {subject}"

    def _participants(self):
        return "", ""

    @api.depends("ticket_id", "message_id")
    def _compute_body(self):
        for forward in self:
            message = forward._answered()
            forward.body = (
                Markup("<p><br></p>")
                + forward.ticket_id._signature()
                + (message._quoted() if message else Markup())
            )

    @api.depends("ticket_id", "message_id")
    def _compute_attachment_ids(self):
        """The quoted text shows no pictures: they come along as files."""
        for forward in self:
            message = forward._answered()
            pictures = (message._own_files() - message.attachment_ids).sudo(False)
            files = message.attachment_ids | pictures._filtered_access("read")
            forward.attachment_ids = [Command.set(files.ids)]

    @api.depends("ticket_id")
    def _compute_status_id(self):
        for forward in self:
            forward.status_id = forward.ticket_id.status_id

    def _says_something(self):
        return not is_html_empty(self.body)

    def _remember_status(self):
        """The customer still waits: no answer, no choice."""

    def _send_mail(self):
        forward = self.with_context(ticket_forward=True)
        return super(TicketForward, forward)._send_mail()

    def _show_again(self):
        return self._open(self.env._("Forward"), res_id=self.id)

    def _gc_sent(self):
        """Kept for ever: they tell what went to others, not to the customer."""
