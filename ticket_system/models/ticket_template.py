from odoo import api, fields, models

from ..mailflow.outgoing import unknown_placeholders


class TicketTemplate(models.Model):
    _name = "ticket.template"
    _description = "Ticket Template"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    category_id = fields.Many2one("ticket.template.category", index=True)
    project_ids = fields.Many2many(
        "project.project",
        "ticket_template_project_rel",
        "template_id",
        "project_id",
        "Projects",
        help="Offered only on tickets of these projects. Empty: always offered.",
    )
    user_id = fields.Many2one(
        "res.users", "Owner", help="Set: only this person sees it."
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(), "Language"
    )

    subject = fields.Char()
    body = fields.Html()
    attachment_ids = fields.Many2many("ir.attachment", bypass_search_access=True)
    unknown_placeholders = fields.Char(compute="_compute_unknown_placeholders")

    @api.depends("subject", "body")
    def _compute_unknown_placeholders(self):
        for template in self:
            unknown = unknown_placeholders(
                f"{template.subject or ''} {template.body or ''}"
            )
            template.unknown_placeholders = ", ".join(unknown)
