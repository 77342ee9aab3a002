from odoo import api, models


class MailLinkPreview(models.Model):
    _inherit = "mail.link.preview"

    @api.model
    def _create_from_message_and_notify(self, message, request_url=None):
        """What is written on tickets never makes the server fetch an address."""
        if message.model == "ticket.ticket":
            return None
        return super()._create_from_message_and_notify(message, request_url)
