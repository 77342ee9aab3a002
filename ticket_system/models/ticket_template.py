from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..mailflow.outgoing import placeholders, unknown_placeholders


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

    # ------------------------------------------------------------------
    # On a ticket (R48, R49)
    # ------------------------------------------------------------------

    @api.model
    def _offered(self, ticket):
        """The templates for `ticket`: general ones and those of its project.

        Those in the customer's language come first, those in another one last.
        """
        templates = self.search([("project_ids", "in", [ticket.project_id.id, False])])
        ranks = {ticket.partner_id.lang: 0, False: 1}
        return templates.sorted(lambda template: ranks.get(template.lang, 2))

    @api.model
    def offers(self, ticket_id):
        """What the answer dialog offers on a ticket.

        :return: [{"id", "name", "category", "subject", "body"}], placeholders filled
        """
        ticket = self._ticket(ticket_id)
        values = ticket._placeholders()
        return [
            {
                "id": template.id,
                "name": template.name,
                "category": template.category_id.complete_name or "",
                "subject": placeholders(template.subject or "", values),
                "body": template._filled_body(values),
            }
            for template in self._offered(ticket)
        ]

    @api.model
    def take_files(self, template_id, ticket_id):
        """Copies of a template's files for an answer on the ticket: their ids."""
        template = self._offered(self._ticket(ticket_id)).filtered(
            lambda template: template.id == template_id
        )
        if not template:
            raise AccessError(self.env._("This template is not for this ticket."))
        return [
            file.copy({"res_model": "mail.compose.message", "res_id": 0}).id
            for file in template.sudo().attachment_ids
        ]

    def _ticket(self, ticket_id):
        ticket = self.env["ticket.ticket"].browse(ticket_id)
        ticket.check_access("read")
        return ticket

    def _filled_body(self, values):
        return Markup(placeholders(str(self.body or ""), values, is_html=True))
