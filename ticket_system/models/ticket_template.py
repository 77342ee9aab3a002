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
        "res.users",
        "Owner",
        help="Set: only this person sees it.",
        default=lambda self: self._default_user_id(),
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(), "Language"
    )

    subject = fields.Char()
    body = fields.Html()
    attachment_ids = fields.Many2many("ir.attachment", bypass_search_access=True)
    unknown_placeholders = fields.Char(compute="_compute_unknown_placeholders")

    def _default_user_id(self):
        """Agents write templates of their own; administrators write for all."""
        is_administrator = self.env.user.has_group("ticket_system.group_administrator")
        return False if is_administrator else self.env.user

    @api.depends("subject", "body")
    def _compute_unknown_placeholders(self):
        for template in self:
            template.unknown_placeholders = unknown_placeholders(
                template.subject, template.body
            )

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates.attachment_ids.check_access("read")
        return templates

    def write(self, vals):
        result = super().write(vals)
        self.check_access("write")  # nobody gives away what is not theirs afterwards
        self.attachment_ids.check_access("read")
        return result

    # ------------------------------------------------------------------
    # On a ticket (R48, R49)
    # ------------------------------------------------------------------

    @api.model
    def _offered(self, tickets):
        """The templates for `tickets`: general ones and those of all their projects.

        Who may read a ticket is offered the templates of its project, also where they
        may not see the project. Those in the customer's language come first, those in
        another one last.
        """
        own = [("user_id", "in", (self.env.uid, False))]
        projects = [ticket.project_id for ticket in tickets]
        templates = self.sudo().search(own)
        templates = templates.filtered(
            lambda template: (
                not template.project_ids
                or (projects and all(p in template.project_ids for p in projects))
            )
        )
        ranks = {False: 1} | dict.fromkeys(tickets.partner_id.mapped("lang"), 0)
        return templates.sorted(lambda template: ranks.get(template.lang, 2))

    @api.model
    def offers(self, ticket_ids):
        """What the answer dialog offers on these tickets.

        :return: [{"id", "name", "category", "is_own", "subject", "body"}], placeholders
            filled where there is one ticket
        """
        tickets = self._tickets(ticket_ids)
        values = tickets._placeholders() if len(tickets) == 1 else {}
        return [
            {
                "id": template.id,
                "name": template.name,
                "category": template.category_id.display_name or "",
                "is_own": bool(template.user_id),
                "subject": placeholders(template.subject or "", values),
                "body": template._filled_body(values),
            }
            for template in self._offered(tickets)
        ]

    @api.model
    def take_files(self, template_id, ticket_ids):
        """Copies of a template's files for an answer on these tickets: their ids."""
        template = self._offered(self._tickets(ticket_ids)).filtered(
            lambda template: template.id == template_id
        )
        if not template:
            raise AccessError(self.env._("This template is not for this ticket."))
        return [
            file.copy({"res_model": "ticket.reply", "res_id": 0}).id
            for file in template.sudo().attachment_ids
        ]

    def _tickets(self, ticket_ids):
        tickets = self.env["ticket.ticket"].browse(ticket_ids)
        tickets.check_access("read")
        return tickets

    def _filled_body(self, values):
        return Markup(placeholders(str(self.body or ""), values, is_html=True))
