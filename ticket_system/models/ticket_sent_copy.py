import base64
from email.policy import SMTP

from odoo import api, fields, models
from odoo.tools import email_normalize, escape_psql
from odoo.tools.mail import email_normalize_all


class TicketSentCopy(models.Model):
    """An answer on its way into the account's Sent folder (R17).

    It is kept when the answer has left, and put there by the account's next fetch:
    sending neither waits for the IMAP server nor fails with it.
    """

    _name = "ticket.sent.copy"
    _description = "Copy for the Sent Folder"
    _order = "id"

    server_id = fields.Many2one(
        "fetchmail.server", required=True, readonly=True, index=True, ondelete="cascade"
    )
    message_id = fields.Char("Message-ID", required=True, readonly=True, index=True)
    raw = fields.Binary("Original", attachment=False, required=True, readonly=True)

    @api.model
    def _keep(self, mail):
        """Keep a copy of `mail`, an email.message.EmailMessage that has just been sent.

        Only of answers to the outside, and once: colleagues who follow the ticket get
        the same answer in mails of their own.
        """
        sender = email_normalize(mail["From"] or "")
        account = self.env["fetchmail.server"].search(
            [
                ("use_ticket_system", "=", True),
                ("ticket_copy_to_sent", "=", True),
                ("ticket_address", "=ilike", escape_psql(sender)),
            ],
            limit=1,
        )
        message_id = (mail["Message-Id"] or "").strip()
        if not account or not message_id:
            return
        answer = self.env["mail.message"].search(
            [("message_id", "=", message_id), ("model", "=", "ticket.ticket")], limit=1
        )
        wanted = email_normalize_all(answer.outgoing_email_to or "")
        wanted += answer.partner_ids.mapped("email_normalized")
        if not set(email_normalize_all(mail["To"] or "")) <= set(wanted):
            return
        if self.search_count([("message_id", "=", message_id)], limit=1):
            return
        raw = mail.as_bytes(policy=SMTP)
        self.create(
            {
                "server_id": account.id,
                "message_id": message_id,
                "raw": base64.b64encode(raw),
            }
        )
        account.ticket_cron_id._trigger()

    def _put(self, mailbox, folder):
        """Append these to the Sent folder; one that is there already is not doubled."""
        for copy in self:
            if not mailbox.holds(folder, copy.message_id):
                mailbox.append(folder, base64.b64decode(copy.raw))
            copy.unlink()
            self.env["ir.cron"]._commit_progress()
