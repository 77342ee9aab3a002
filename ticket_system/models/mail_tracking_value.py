from odoo import models
from odoo.exceptions import MissingError


class MailTrackingValue(models.Model):
    """A ticket's history tells its changes in the language of who reads it."""

    _inherit = "mail.tracking.value"

    def _format_display_value(self, field_type, new=True):
        values = super()._format_display_value(field_type, new=new)
        if field_type != "many2one":
            return values
        return [
            tracking._ticket_name(new) or value
            for tracking, value in zip(self, values, strict=True)
        ]

    def _ticket_name(self, new):
        """What the ticket's record of that time is called now; "" if it is gone."""
        field = self.field_id.sudo()
        if field.model != "ticket.ticket" or not field.relation.startswith("ticket."):
            return ""
        found = self.new_value_integer if new else self.old_value_integer
        record = self.env[field.relation].sudo().browse(found or [])
        try:
            return record.display_name or ""
        except MissingError:
            return ""
