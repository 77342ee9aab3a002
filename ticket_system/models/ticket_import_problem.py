from odoo import fields, models


class TicketImportProblem(models.Model):
    _name = "ticket.import.problem"
    _description = "Skipped Row of an Import, or Note on One"
    _order = "attachment_id, row, id"
    _rec_name = "reason"

    import_id = fields.Many2one("ticket.import", required=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    row = fields.Integer(readonly=True)
    reason = fields.Char(readonly=True)
    is_note = fields.Boolean(
        "Note", readonly=True, help="The row was taken, but for what is told here."
    )
