from odoo import api, fields, models


class TicketTemplateCategory(models.Model):
    _name = "ticket.template.category"
    _description = "Ticket Template Category"
    _parent_store = True
    _order = "complete_name"
    _rec_name = "complete_name"

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(
        compute="_compute_complete_name", recursive=True, store=True
    )
    parent_id = fields.Many2one(
        "ticket.template.category", index=True, ondelete="cascade"
    )
    parent_path = fields.Char(index=True)

    @api.model
    def name_create(self, name):
        category = self.create({"name": name})
        return category.id, category.display_name

    @api.depends("name", "parent_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """In the reader's language; `complete_name` is for the order alone."""
        for category in self:
            names, above = [], category
            while above:
                names.append(above.name or "")
                above = above.parent_id
            category.display_name = " / ".join(reversed(names))

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for category in self:
            parts = (category.parent_id.complete_name, category.name)
            category.complete_name = " / ".join(part for part in parts if part)
