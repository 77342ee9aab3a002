from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

CLOSED_CATEGORIES = ("closed", "trash")
RESTING = (*CLOSED_CATEGORIES, "waiting_customer")  # nobody waits for us


class TicketStatus(models.Model):
    _name = "ticket.status"
    _description = "Ticket Status"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        copy=False,
        readonly=True,
        help="Set on the seven statuses the ticket system itself works with.",
    )
    category = fields.Selection(
        [
            ("new", "New"),
            ("open", "Open"),
            ("waiting_internal", "Waiting for Internal"),
            ("waiting_customer", "Waiting for Customer"),
            ("clarify", "Clarify"),
            ("closed", "Closed"),
            ("trash", "Trash"),
        ],
        required=True,
        default="open",
        help="What the status means to the ticket system.",
    )
    description = fields.Char(translate=True)
    sequence = fields.Integer(
        compute="_compute_sequence", store=True, readonly=False, precompute=True
    )
    fold = fields.Boolean("Folded in Kanban")
    color = fields.Integer()

    _code_uniq = models.Constraint("unique(code)", "The status code must be unique.")

    @api.depends("category")
    def _compute_sequence(self):
        """A new one comes after those of the same meaning."""
        for status in self.filtered(lambda status: not status.sequence):
            alike = self.search([("category", "=", status.category)])
            status.sequence = max(alike.mapped("sequence"), default=0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_basic(self):
        if basic := self.filtered("code"):
            raise UserError(
                self.env._(
                    "The status %(name)s belongs to the ticket system. "
                    "It can be renamed, but not deleted.",
                    name=basic[0].display_name,
                )
            )

    def write(self, vals):
        if {"code", "category"} & vals.keys() and self.filtered("code"):
            if not self.env.context.get("install_mode"):
                raise UserError(
                    self.env._("The meaning of a basic status cannot be changed.")
                )
        return super().write(vals)

    @api.model
    @ormcache("code")
    def _id_by_code(self, code):
        return self.sudo().search([("code", "=", code)]).id

    @api.model
    def _by_code(self, code):
        """The basic status of that code, one of the seven categories."""
        return self.browse(self._id_by_code(code))
