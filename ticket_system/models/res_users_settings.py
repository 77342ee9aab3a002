from odoo import fields, models


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    ticket_reply_status_id = fields.Many2one(
        "ticket.status", "Status Chosen for the Last Answer", ondelete="set null"
    )
