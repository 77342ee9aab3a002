from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    ticket_ids = fields.One2many("ticket.ticket", "partner_id", "Tickets")
    ticket_count = fields.Integer(
        compute="_compute_ticket_count", groups="ticket_system.group_agent"
    )

    @api.depends_context("uid")
    def _compute_ticket_count(self):
        counts = dict(
            self.env["ticket.ticket"]._read_group(
                [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
                ["commercial_partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.ticket_count = counts.get(partner.commercial_partner_id, 0)

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.id},
        }
