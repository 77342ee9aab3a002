from odoo import fields, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    outgoing_email_cc = fields.Char(
        "Emails Cc (outgoing)",
        help="Addresses that got an answer as copy, separated by commas.",
    )
