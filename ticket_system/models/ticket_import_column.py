from odoo import fields, models

from ..mailflow import openxe

TARGETS = [
    ("account", "Our Address"),
    ("agent", "Agent"),
    ("answer", "Answer in the Same Row"),
    ("cc", "Cc"),
    ("code", "Code"),
    ("comment", "Internal Comment"),
    ("date", "Date"),
    ("email", "E-mail Address"),
    ("gdpr", "GDPR"),
    ("id", "Identifier"),
    ("name", "Name"),
    ("number", "Ticket Number"),
    ("priority", "Priority"),
    ("private", "Private"),
    ("project", "Project"),
    ("queue", "Queue"),
    ("reply_to", "Reply-To"),
    ("sent", "Written by Us"),
    ("sent_on", "Sent On"),
    ("sequence", "Sequence"),
    ("status", "Status"),
    ("subject", "Subject"),
    ("tags", "Tags"),
    ("text", "Text"),
    ("ticket", "Ticket"),
    ("visible", "Visible"),
]


class TicketImportColumn(models.Model):
    _name = "ticket.import.column"
    _description = "Column of an Import"
    _order = "id"

    import_id = fields.Many2one("ticket.import", required=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    kind = fields.Selection(
        [(kind, kind.title()) for kind in openxe.KINDS], readonly=True
    )
    name = fields.Char("Column", required=True, readonly=True)
    target = fields.Selection(TARGETS, "Means", help="Empty: not imported.")
