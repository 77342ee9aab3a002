from odoo import api, fields, models
from odoo.exceptions import AccessError


class TicketDocument(models.Model):
    """A document of any app that has to do with a ticket (R46, R65)."""

    _name = "ticket.document"
    _description = "Document of a Ticket"
    _order = "id desc"

    ticket_id = fields.Many2one(
        "ticket.ticket", required=True, index=True, ondelete="cascade", readonly=True
    )
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", required=True, readonly=True
    )
    name = fields.Char(compute="_compute_name")
    model_name = fields.Char("Kind", compute="_compute_name")

    _document_uniq = models.UniqueIndex("(ticket_id, res_model, res_id)")
    _res_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_name(self):
        for link in self:
            document = link._document()
            link.name = document.display_name or self.env._("Not visible to you")
            link.model_name = self.env["ir.model"]._get(link.res_model).name

    def _document(self):
        """The document, if it still exists and the user may read it."""
        if self.res_model not in self.env:
            return self.env["ticket.ticket"]
        document = self.env[self.res_model].browse(self.res_id).exists()
        return document if document.has_access("read") else document.browse()

    # ------------------------------------------------------------------
    # Rights: whoever may read or write the ticket
    # ------------------------------------------------------------------

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = fields.Domain(domain) & fields.Domain("ticket_id", "any", [])
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        if refused := super()._check_access(operation):
            return refused
        links = self.sudo()
        tickets = links.ticket_id.with_env(self.env)
        on_ticket = "read" if operation == "read" else "write"
        allowed = tickets._filtered_access(on_ticket)
        if allowed == tickets:
            return None
        forbidden = links.filtered(lambda link: link.ticket_id.id not in allowed.ids)
        return forbidden.with_env(self.env), lambda: AccessError(
            self.env._("You may not see the ticket of this document.")
        )

    def action_open(self):
        self.ensure_one()
        document = self.env[self.res_model].browse(self.res_id)
        document.check_access("read")
        return document.get_formview_action()
