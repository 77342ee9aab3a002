from odoo import models
from odoo.exceptions import UserError

from ..models.notification import notification


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
        for model, found in lines.grouped("res_model").items():
            there = self.env[model].sudo().browse(found.mapped("res_id")).exists()
            for line in found:
                line._tell_forgotten(there & there.browse(line.res_id), tickets)
        return notification(
            "success",
            self.env._("Anonymised tickets: %s", len(tickets)),
            {"type": "ir.actions.client", "tag": "soft_reload"},
        )

    def _tell_forgotten(self, record, tickets):
        """Keep what became of the line's record; it is empty if there is none now."""
        if not record:
            self.is_unlinked = True
            self.execution_details = self.env._(
                "Deleted %(model)s #%(number)s",
                model=self.res_model_id.name,
                number=self.res_id,
            )
        elif record._name == "ticket.mail":
            if not (record.email_from or record.raw_attachment_id):
                self.execution_details = self.env._(
                    "Erased Received Mail #%s", record.id
                )
        elif record._name == tickets._name and record in tickets:
            self.execution_details = self.env._("Anonymised Ticket #%s", record.number)
        elif record._name == "mail.message" and record.model == tickets._name:
            if not (record.email_from or record.author_id):
                self.execution_details = self.env._("Erased Message #%s", record.id)

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
