from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class Unsigned32(fields.Integer):
    """IMAP's numbers go up to 2**32 - 1 (RFC 3501, section 9)."""

    _column_type = ("int8", "int8")


class TicketMail(models.Model):
    """The ledger: one line for every message fetched from an account."""

    _name = "ticket.mail"
    _description = "Received Mail"
    _order = "id desc"
    _rec_name = "subject"

    # where it came from
    server_id = fields.Many2one(
        "fetchmail.server",
        "E-mail Account",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    folder = fields.Char(required=True, readonly=True)
    uidvalidity = Unsigned32("UIDVALIDITY", required=True, readonly=True)
    uid = Unsigned32("UID", required=True, readonly=True)
    server_action_due = fields.Boolean(readonly=True)

    # what it is
    raw_attachment_id = fields.Many2one(
        "ir.attachment", "Original", readonly=True, ondelete="restrict"
    )
    message_id = fields.Char("Message-ID", readonly=True, index="btree_not_null")
    content_hash = fields.Char(readonly=True)
    email_from = fields.Char("From", readonly=True)
    subject = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True)
    size = fields.Integer("Size (Bytes)", readonly=True)

    # what became of it
    state = fields.Selection(
        [
            ("received", "Received"),
            ("done", "Done"),
            ("duplicate", "Duplicate"),
            ("ignored", "Ignored"),
            ("quarantined", "Quarantined"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    reason = fields.Char(readonly=True)
    error = fields.Text(readonly=True)
    attempts = fields.Integer(readonly=True)
    ticket_id = fields.Many2one(
        "ticket.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _position_uniq = models.Constraint(
        "unique(server_id, folder, uidvalidity, uid)",
        "This message of the mailbox is in the ledger already.",
    )
    _due_idx = models.Index("(server_id) WHERE server_action_due IS TRUE")
    _quarantine_idx = models.Index("(server_id) WHERE state = 'quarantined'")

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_retry(self):
        """Process quarantined mails once more, each on its own."""
        for line in self._quarantined():
            line._process()

    @api.model
    def action_retry_all(self):
        self.search([("state", "=", "quarantined")]).action_retry()

    def action_discard(self):
        """Give a quarantined mail up; its line and its bytes stay."""
        self._quarantined().write({"state": "ignored", "reason": "discarded"})

    def action_open_ticket(self):
        self.ensure_one()
        return self.ticket_id.get_formview_action()

    def _quarantined(self):
        lines = self.filtered(lambda line: line.state == "quarantined")
        if not lines:
            raise UserError(self.env._("None of these mails is quarantined."))
        return lines

    # ------------------------------------------------------------------
    # Housekeeping
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_processed(self, limit=1000):
        """Remove the original bytes past the retention setting, quarantined never."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        days = int(get_param("ticket_system.ledger_days", 0))
        if days <= 0:
            return
        lines = self.search(
            [
                ("state", "!=", "quarantined"),
                ("raw_attachment_id", "!=", False),
                ("create_date", "<", fields.Datetime.now() - timedelta(days=days)),
            ],
            limit=limit,
        )
        attachments = lines.raw_attachment_id
        lines.raw_attachment_id = False
        attachments.unlink()
