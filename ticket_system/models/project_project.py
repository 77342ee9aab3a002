from odoo import api, fields, models


class ProjectProject(models.Model):
    _inherit = "project.project"

    ticket_ids = fields.One2many("ticket.ticket", "project_id", "Tickets")
    ticket_count = fields.Integer(
        "Open Tickets",
        compute="_compute_ticket_count",
        groups="ticket_system.group_agent",
    )
    ticket_queue_ids = fields.Many2many(
        "ticket.queue",
        "ticket_queue_project_rel",
        "project_id",
        "queue_id",
        "Ticket Queues",
        copy=False,
        groups="ticket_system.group_administrator",
    )
    ticket_template_ids = fields.Many2many(
        "ticket.template",
        "ticket_template_project_rel",
        "project_id",
        "template_id",
        "Ticket Templates",
        copy=False,
        groups="ticket_system.group_administrator",
    )

    @api.depends_context("uid")
    def _compute_ticket_count(self):
        counts = dict(
            self.env["ticket.ticket"]._read_group(
                [("project_id", "in", self.ids), ("is_closed", "=", False)],
                ["project_id"],
                ["__count"],
            )
        )
        for project in self:
            project.ticket_count = counts.get(project, 0)

    @api.constrains("company_id")
    def _check_company_of_ticket_sources(self):
        self.env["ticket.queue"]._check_sources("project_id", self)

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {
            "domain": [("project_id", "=", self.id)],
            "context": {"default_project_id": self.id, "search_default_open": 1},
        }
