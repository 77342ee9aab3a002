from odoo import api, fields, models
from odoo.exceptions import UserError

RECENT = 20  # tickets shown in a contact's form


class ResPartner(models.Model):
    _inherit = "res.partner"

    ticket_ids = fields.One2many("ticket.ticket", "partner_id", "Tickets")
    ticket_count = fields.Integer(
        compute="_compute_ticket_count", groups="ticket_system.group_agent"
    )

    recent_ticket_ids = fields.Many2many(
        "ticket.ticket",
        string="Recent Tickets",
        compute="_compute_recent_ticket_ids",
        groups="ticket_system.group_agent",
    )

    @api.depends_context("uid")
    def _compute_recent_ticket_ids(self):
        for partner in self:
            partner.recent_ticket_ids = self.env["ticket.ticket"].search(
                [
                    ("commercial_partner_id", "!=", False),
                    (
                        "commercial_partner_id",
                        "=",
                        partner._origin.commercial_partner_id.id,
                    ),
                ],
                order="is_closed, last_message desc, id desc",
                limit=RECENT,
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

    def signup_prepare(self, signup_type="signup"):
        """Every answer to a customer asks for it: write what is new only."""
        new = self.filtered(lambda partner: partner.sudo().signup_type != signup_type)
        return super(ResPartner, new).signup_prepare(signup_type)

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_export_ticket_messages(self):
        """All that was written on this person's tickets, a ZIP of mails."""
        self.ensure_one()
        if not next(self.env["ticket.ticket"]._messages_of(self), None):
            raise UserError(
                self.env._("Nothing was written with %s.", self.display_name)
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/ticket_system/export/{self.id}",
            "target": "download",
        }
