from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    ticket_queue_ids = fields.Many2many(
        "ticket.queue",
        "ticket_queue_member_rel",
        "user_id",
        "queue_id",
        "Ticket Queues",
        context={"active_test": False},  # who worked in one still sees its history
    )

    def write(self, vals):
        result = super().write(vals)
        if "ticket_queue_ids" in vals:
            self.env["ticket.queue"]._forget_memberships()
        return result
