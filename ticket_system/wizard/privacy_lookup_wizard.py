from odoo import models
from odoo.exceptions import UserError


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def action_open_lines(self):
        action = super().action_open_lines()
        context = {"search_default_group_by_res_model_id": 1, "no_create_edit": True}
        return action | {"context": {**context, "ticket_lookup_id": self.id}}


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_anonymise_tickets(self):
        """Forget the person looked up on every ticket; their figures stay."""
        lookup = self._ticket_lookup()
        tickets = self.env["ticket.ticket"]._forget_person(lookup.email)
        lines = lookup.line_ids.filtered(lambda line: not line.is_unlinked)
        for line in lines:
            if line.res_model == tickets._name and line.res_id in tickets.ids:
                line.execution_details = self.env._(
                    "Anonymised Ticket #%s", line.res_id
                )
        received = lines.filtered(lambda line: line.res_model == "ticket.mail")
        mails = self.env["ticket.mail"].browse(received.mapped("res_id"))
        for line, mail in zip(received, mails, strict=True):
            if not (mail.email_from or mail.raw_attachment_id):
                line.execution_details = self.env._(
                    "Erased Received Mail #%s", line.res_id
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s tickets are anonymised.", len(tickets)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _ticket_lookup(self):
        """The look-up that shows these lines: it knows who is to be forgotten."""
        lookup_id = self.env.context.get("ticket_lookup_id")
        lookup = self.env["privacy.lookup.wizard"].browse(lookup_id or []).exists()
        if len(lookup) != 1:
            raise UserError(
                self.env._("Please look the person up again, then anonymise.")
            )
        lookup.check_access("write")
        return lookup
