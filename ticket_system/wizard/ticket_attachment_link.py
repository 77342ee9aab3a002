from odoo import api, fields, models
from odoo.exceptions import UserError

TECHNICAL = ("base.", "discuss.", "iap.", "ir.", "mail.", "phone.")


class TicketAttachmentLink(models.TransientModel):
    """A document of any app for a ticket: a new one or one that exists (R46, R65)."""

    _name = "ticket.attachment.link"
    _description = "Document for a Ticket"

    ticket_id = fields.Many2one("ticket.ticket", required=True, readonly=True)
    available_ids = fields.Many2many("ir.attachment", compute="_compute_available_ids")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        domain="[('id', 'in', available_ids)]",
        bypass_search_access=True,
    )
    new_model = fields.Selection("_select_new_model", "Make")
    can_make = fields.Boolean(compute="_compute_can_make")
    project_id = fields.Many2one(
        "project.project",
        compute="_compute_project_id",
        store=True,
        readonly=False,
        help="Of the task; without one it would be private.",
    )
    document = fields.Reference("_select_document", "Attach To")

    @api.model
    def _select_new_model(self):
        """The kinds of documents that are installed and that the user may create."""
        kinds = {
            "sale.order": self.env._("New quotation"),
            "account.move": self.env._("New vendor bill"),
            "purchase.order": self.env._("New request for quotation"),
            "crm.lead": self.env._("New lead"),
            "project.task": self.env._("New task"),
        }
        return [
            (model, label)
            for model, label in kinds.items()
            if model in self.env
            and self.env[model].has_access("create")
            and self._may_open(model)
        ]

    @api.model
    def _select_document(self):
        """The mail-enabled models whose records the user may write."""
        return [
            (model.model, model.name)
            for model in self.env["ir.model"]
            .sudo()
            .search([("is_mail_thread", "=", True), ("transient", "=", False)])
            .sorted("name")
            if model.model in self.env
            and not self.env[model.model]._abstract
            and self.env[model.model].has_access("write")
            and self._may_open(model.model)
        ]

    def _may_open(self, model):
        """Whether it is a document whose form the user has, nothing technical.

        Odoo lets every user make tasks, but shows them to those of its projects only.
        """
        if model == "project.task":
            return self.env.user.has_group("project.group_project_user")
        return not model.startswith(TECHNICAL)

    @api.constrains("ticket_id")
    def _check_ticket(self):
        """Odoo tells the name of what a record points to, whoever may read that."""
        self.sudo(False).ticket_id.check_access("read")

    @api.depends_context("uid")
    def _compute_can_make(self):
        self.can_make = bool(self._select_new_model())

    @api.depends("ticket_id")
    def _compute_project_id(self):
        for wizard in self:
            wizard.project_id = wizard.ticket_id.project_id

    @api.depends("ticket_id")
    def _compute_available_ids(self):
        for wizard in self:
            wizard.available_ids = wizard.ticket_id.message_ids.attachment_ids

    def action_link(self):
        """Make or take the document, link it and the ticket, and open it."""
        self.ensure_one()
        self.ticket_id.check_access("write")
        if self.attachment_ids - self.available_ids:
            raise UserError(self.env._("These files do not belong to the ticket."))
        document = self._new_document() if self.new_model else self.document
        if not document:
            raise UserError(self.env._("Choose what to make or what to attach to."))
        self.ticket_id._link(document, self.attachment_ids)
        return document.get_formview_action()

    def _new_document(self):
        if self.new_model != "project.task" and not self.ticket_id.partner_id:
            raise UserError(self.env._("Set the customer of the ticket first."))
        values = self.ticket_id._follow_up_values(self.new_model)
        if self.new_model == "project.task":
            values["project_id"] = self.project_id.id
        documents = self.env[self.new_model].with_context(is_of_ticket=True)
        return documents.create(values).with_env(self.env)
