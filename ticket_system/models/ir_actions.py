from odoo import models
from odoo.exceptions import AccessError


class IrActionsActWindow(models.Model):
    _inherit = "ir.actions.act_window"

    def _get_action_dict(self):
        """Refuse the set-up pages to others when they are called by their URL (R6).

        Odoo hides a menu whose action has groups, but serves the action itself.
        """
        administrators = self.env.ref(
            "ticket_system.group_administrator", raise_if_not_found=False
        )
        if administrators and administrators in self.sudo().group_ids:
            if administrators not in self.env.user.all_group_ids:
                raise AccessError(
                    self.env._(
                        "Only administrators of the ticket system may set it up."
                    )
                )
        return super()._get_action_dict()
