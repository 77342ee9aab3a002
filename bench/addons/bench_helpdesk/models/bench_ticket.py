from odoo import api, fields, models


class BenchTicket(models.Model):
    """The least that deserves the name of a ticket; made as crm makes leads."""

    _name = "bench.ticket"
    _description = "Benchmark Ticket"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _primary_email = "email_from"

    name = fields.Char("Subject", required=True)
    email_from = fields.Char()
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null")
    team_id = fields.Many2one(
        "bench.team",
        index=True,
        default=lambda self: self.env["bench.team"].search([], limit=1),
    )

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        defaults = {
            "name": msg_dict.get("subject") or self.env._("No Subject"),
            "email_from": msg_dict.get("from"),
            "partner_id": msg_dict.get("author_id"),
        }
        return super().message_new(
            msg_dict, custom_values=defaults | (custom_values or {})
        )
