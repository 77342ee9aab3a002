from odoo import api, fields, models

from ..mailflow import outgoing
from ..models.notification import CLOSE, notification


class TicketSplit(models.TransientModel):
    """What a new ticket is made of: messages of another one."""

    _name = "ticket.split"
    _description = "Move Messages to a New Ticket"

    ticket_id = fields.Many2one("ticket.ticket", required=True, readonly=True)
    message_id = fields.Many2one("mail.message", required=True, readonly=True)
    scope = fields.Selection(
        [
            ("one", "This message alone"),
            ("following", "This message and all that follow"),
        ],
        "Move",
        required=True,
        default="one",
    )
    count = fields.Integer("Messages", compute="_compute_count")

    # the new ticket
    name = fields.Char(
        "Subject", compute="_compute_name", store=True, readonly=False, required=True
    )
    queue_id = fields.Many2one(
        "ticket.queue",
        domain="queue_domain",
        compute="_compute_queue_id",
        store=True,
        readonly=False,
    )
    queue_domain = fields.Binary(compute="_compute_queue_domain")
    user_id = fields.Many2one(
        "res.users",
        "Agent",
        domain=lambda self: self.env["res.users"]._ticket_agents(),
        compute="_compute_user_id",
        store=True,
        readonly=False,
    )

    @api.constrains("ticket_id", "message_id", "queue_id")
    def _check_readable(self):
        """Odoo tells the name of what a record points to, whoever may read that."""
        wizards = self.sudo(False)
        for records in (wizards.ticket_id, wizards.message_id, wizards.queue_id):
            records.check_access("read")

    @api.depends("scope", "message_id")
    def _compute_count(self):
        for wizard in self:
            messages = wizard._messages().filtered(lambda m: m._is_conversation())
            wizard.count = len(messages)

    @api.depends("ticket_id", "message_id")
    def _compute_name(self):
        """The message's own subject, without what marks it as an answer."""
        for wizard in self:
            ticket, written = wizard.ticket_id, wizard.message_id.subject or ""
            marked = outgoing.subject(written, ticket.number or "")
            own = outgoing.without_marks(marked.partition("] ")[2])
            wizard.name = own or ticket.name

    @api.depends("ticket_id", "message_id")
    def _compute_queue_id(self):
        """That of the ticket, or of the account the message came to if that is
        another one."""
        for wizard in self:
            ticket = wizard.ticket_id
            account = wizard.message_id.sudo().ticket_mail_ids.server_id[:1]
            queue = account.ticket_queue_id if account != ticket.account_id else None
            wizard.queue_id = queue or ticket.queue_id

    @api.depends("ticket_id")
    def _compute_queue_domain(self):
        """Queues of the ticket's project, and those of all."""
        for wizard in self:
            project = wizard.ticket_id.sudo().project_id
            wizard.queue_domain = [("project_ids", "in", [False, *project.ids])]

    @api.depends("ticket_id", "queue_id")
    def _compute_user_id(self):
        """Who has the ticket; in another queue its responsible."""
        for wizard in self:
            ticket, queue = wizard.ticket_id, wizard.queue_id
            has_moved = queue and queue != ticket.queue_id
            wizard.user_id = (queue if has_moved else ticket).user_id

    def _messages(self):
        if self.scope == "following":
            return self.ticket_id._from(self.message_id)
        return self.message_id

    def action_split(self):
        """Make the ticket and show it, or tell of it where the user may not see it."""
        self.ensure_one()
        new = self.ticket_id._split(
            self._messages(),
            name=self.name,
            queue=self.queue_id,
            user=self.user_id,
        )
        if new.has_access("read"):
            return new._show_instead()
        message = self.env._("Moved to ticket #%s", new.sudo().number)
        return notification("success", message, CLOSE)
