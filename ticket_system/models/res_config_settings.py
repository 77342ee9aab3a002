from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ticket_number_suffices = fields.Boolean(
        "The Number Alone Suffices",
        config_parameter="ticket_system.number_suffices",
        help="Anybody who writes a ticket number into the subject joins that ticket. "
        "Otherwise strangers get a new, related ticket.",
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
        "themselves any more. Their tickets are made all the same.",
    )
    ticket_ledger_days = fields.Integer(
        "Keep Received Mails",
        config_parameter="ticket_system.ledger_days",
        help="Days after which the original bytes of processed mails are removed; "
        "quarantined ones always stay. 0: keep for ever.",
    )
