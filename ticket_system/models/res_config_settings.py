from odoo import api, fields, models
from odoo.exceptions import ValidationError

NUMBERS = (
    "ticket_reopen_days",
    "ticket_close_after_days",
    "ticket_undo_seconds",
    "ticket_storm_limit",
    "ticket_ledger_days",
)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ticket_number_suffices = fields.Boolean(
        "The Number Alone Suffices",
        config_parameter="ticket_system.number_suffices",
    )
    ticket_refuse_failed = fields.Boolean(
        "Doubt Forged Senders",
        config_parameter="ticket_system.refuse_failed",
    )
    ticket_block_external = fields.Boolean(
        "Block External Content",
    )
    ticket_reopen_days = fields.Integer(
        "Reopen Within",
        config_parameter="ticket_system.reopen_days",
    )
    ticket_close_after_days = fields.Integer(
        "Close When the Customer Is Silent",
        config_parameter="ticket_system.close_after_days",
    )
    ticket_undo_seconds = fields.Integer(
        "Time to Undo",
        config_parameter="ticket_system.undo_seconds",
    )
    ticket_storm_limit = fields.Integer(
        "Automatic Answers",
        config_parameter="ticket_system.storm_limit",
        default=10,
    )
    ticket_ledger_days = fields.Integer(
        "Keep Received Mails",
        config_parameter="ticket_system.ledger_days",
    )

    @api.constrains(*NUMBERS)
    def _check_numbers(self):
        for settings in self:
            for name in NUMBERS:
                if settings[name] < 0:
                    field = self._fields[name]._description_string(self.env)
                    raise ValidationError(
                        self.env._("“%s” must not be negative.", field)
                    )

    @api.model
    def get_values(self):
        """On unless switched off; Odoo's own parameters know only the reverse."""
        blocks = self.env["mail.message"]._ticket_blocks_external()
        return super().get_values() | {"ticket_block_external": blocks}

    def set_values(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "ticket_system.block_external", str(self.ticket_block_external)
        )
        return super().set_values()
