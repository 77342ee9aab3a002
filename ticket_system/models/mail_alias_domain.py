from odoo import api, models


class MailAliasDomain(models.Model):
    _inherit = "mail.alias.domain"

    @api.model
    def _find_aliases(self, email_list):
        """Our own mailboxes count as aliases: never a recipient, never a customer."""
        own = self.env["fetchmail.server"].sudo()._ticket_addresses()
        return super()._find_aliases(email_list) + [e for e in email_list if e in own]
