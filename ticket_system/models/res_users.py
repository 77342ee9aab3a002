from odoo import api, fields, models
from odoo.fields import Domain


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

    @api.model
    def _ticket_agents(self):
        """A domain of those who can be given tickets."""
        group_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "ticket_system.group_agent", raise_if_not_found=False
        )
        return Domain("share", "=", False) & Domain("all_group_ids", "in", [group_id])

    def write(self, vals):
        result = super().write(vals)
        if "ticket_queue_ids" in vals:
            self.env["ticket.queue"]._forget_memberships()
        return result
