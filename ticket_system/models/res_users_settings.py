from odoo import api, fields, models
from odoo.exceptions import UserError

SENDERS = 500


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    ticket_reply_status_id = fields.Many2one(
        "ticket.status", "Status Chosen for the Last Answer", ondelete="set null"
    )
    ticket_image_senders = fields.Json(
        "Senders Whose Images Are Shown", help="Normalised e-mail addresses."
    )

    @api.model
    def _get_fields_blacklist(self):
        return [*super()._get_fields_blacklist(), "ticket_image_senders"]

    def _ticket_show_images_of(self, address):
        if not address:
            raise UserError(self.env._("This message has no sender one could trust."))
        known = [found for found in self.ticket_image_senders or [] if found != address]
        self.ticket_image_senders = [*known, address][-SENDERS:]
