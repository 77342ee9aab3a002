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
        help="Anybody who writes a ticket number into the subject joins that ticket. "
        "Otherwise strangers get a new, related ticket.",
    )
    ticket_refuse_failed = fields.Boolean(
        "Doubt Forged Senders",
        config_parameter="ticket_system.refuse_failed",
        help="Mails whose sender your mail server found to be forged start a new, "
        "related ticket, whatever number they name.",
    )
    ticket_block_external = fields.Boolean(
        "Block External Content",
        help="Images that mails load from elsewhere are not shown before one asks for "
        "them: they would tell the sender when and where the mail was read.",
    )
    ticket_reopen_days = fields.Integer(
        "Reopen Within",
        config_parameter="ticket_system.reopen_days",
        help="Days after closing in which an answer reopens the ticket; later ones "
        "start a new, related ticket. 0: always reopen.",
    )
    ticket_close_after_days = fields.Integer(
        "Close When the Customer Is Silent",
        config_parameter="ticket_system.close_after_days",
        help="Days after which tickets waiting for the customer are closed. 0: never.",
    )
    ticket_undo_seconds = fields.Integer(
        "Time to Undo",
        config_parameter="ticket_system.undo_seconds",
        help="Seconds that an answer waits before it leaves; meanwhile it can be taken "
        "back. 0: answers leave at once.",
    )
    ticket_storm_limit = fields.Integer(
        "Automatic Answers",
        config_parameter="ticket_system.storm_limit",
        default=10,
        help="Mails of one sender within an hour after which they are not answered by "
        "themselves any more. Their tickets are made all the same. 0: no limit.",
    )
    ticket_ledger_days = fields.Integer(
        "Keep Received Mails",
        config_parameter="ticket_system.ledger_days",
        help="Days after which the original bytes of processed mails are removed; "
        "quarantined ones always stay. 0: keep for ever.",
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
