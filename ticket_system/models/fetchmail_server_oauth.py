from odoo import api, fields, models, release

# server type: name, the parameters of the registered app, the field of the token
PROVIDERS = {
    "gmail": (
        "Gmail",
        ("google_gmail_client_id", "google_gmail_client_secret"),
        "google_gmail_refresh_token",
    ),
    "outlook": (
        "Outlook",
        ("microsoft_outlook_client_id", "microsoft_outlook_client_secret"),
        "microsoft_outlook_refresh_token",
    ),
}


class FetchmailServer(models.Model):
    """What a login without a password still wants."""

    _inherit = "fetchmail.server"

    ticket_login_hint = fields.Char(compute="_compute_ticket_login_hint")

    @api.depends("server_type")
    def _compute_ticket_login_hint(self):
        for account in self:
            account.ticket_login_hint = account._ticket_missing_login()

    def _ticket_missing_login(self):
        """What is still to be set up, and where; "" if nothing is."""
        self.ensure_one()
        if self.server_type not in PROVIDERS:
            return ""
        name, parameters, token = PROVIDERS[self.server_type]
        get_param = self.env["ir.config_parameter"].sudo().get_param
        brings_app = release.version_info[-1] == "e"  # Odoo Enterprise has its own
        if not brings_app and not all(map(get_param, parameters)):
            return self.env._(
                "%(provider)s refuses passwords, and Odoo has no app registered with "
                "it yet. An administrator of Odoo enters the app's ID and Secret in "
                "Settings → General Settings → Emails → Use Custom Email Servers.",
                provider=name,
            )
        if not self.sudo()[token]:
            return self.env._(
                "This account is not connected with %(provider)s yet. An administrator "
                "of Odoo presses “Connect your %(provider)s account” under the user "
                "name, and gives the consent there.",
                provider=name,
            )
        return ""
