from odoo import api, fields, models
from odoo.exceptions import UserError


class TicketAttachmentLink(models.TransientModel):
    """Attach files that came with a ticket to a document of any app (R46)."""

    _name = "ticket.attachment.link"
    _description = "Attach Files to a Document"

    ticket_id = fields.Many2one("ticket.ticket", required=True, readonly=True)
    available_ids = fields.Many2many("ir.attachment", compute="_compute_available_ids")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        domain="[('id', 'in', available_ids)]",
        required=True,
        bypass_search_access=True,
    )
    document = fields.Reference("_select_document", required=True)

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
        ]

    @api.depends("ticket_id")
    def _compute_available_ids(self):
        for wizard in self:
            wizard.available_ids = wizard.ticket_id.message_ids.attachment_ids

    def action_attach(self):
        """Copy the files, note it on both sides, and open the document."""
        self.ensure_one()
        self.ticket_id.check_access("read")
        self.document.check_access("write")
        if self.attachment_ids - self.available_ids:
            raise UserError(self.env._("These files do not belong to the ticket."))
        copies = self.env["ir.attachment"]
        for attachment in self.attachment_ids:
            copies |= attachment.copy(
                {"res_model": self.document._name, "res_id": self.document.id}
            )
        self.document.message_post(
            body=self.env._("Received with ticket %s", self.ticket_id._get_html_link()),
            attachment_ids=copies.ids,
        )
        self.ticket_id.message_post(
            body=self.env._(
                "Attached to %(document)s: %(files)s",
                document=self.document._get_html_link(),
                files=", ".join(copies.mapped("name")),
            )
        )
        return self.document.get_formview_action()
