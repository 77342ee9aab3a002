from odoo import Command, fields, models


class TicketTicket(models.Model):
    """Documents of other apps that follow from a ticket (R46, R65)."""

    _inherit = "ticket.ticket"

    document_ids = fields.One2many("ticket.document", "ticket_id", "Documents")

    def _follow_up_values(self, model):
        """What a new document of `model` takes over from the ticket."""
        self.ensure_one()
        customer = {"partner_id": self.partner_id.id}
        return {
            "project.task": {
                **customer,
                "name": self.name,
                "user_ids": [Command.link(self.env.uid)],
            },
            "sale.order": {**customer, "client_order_ref": self.name},
            "account.move": {**customer, "move_type": "in_invoice"},
            "purchase.order": customer,
            "crm.lead": {
                **customer,
                "name": self.name,
                "email_from": self.email_from,
                "contact_name": self.partner_name,
            },
        }[model]

    def _link(self, document, attachments):
        """Note on both sides that they belong together; copy the files there.

        :param document: a record of a mail-enabled model
        """
        self.ensure_one()
        document.check_access("write")
        copies = self.env["ir.attachment"]
        for attachment in attachments:
            copies |= attachment.copy(
                {"res_model": document._name, "res_id": document.id}
            )
        target = {"res_model": document._name, "res_id": document.id}
        known = self.document_ids.filtered_domain(
            [(name, "=", value) for name, value in target.items()]
        )
        if not known:
            self.sudo().document_ids = [Command.create(target)]
        document.message_post(
            body=self.env._("Belongs to ticket %s", self._get_html_link()),
            attachment_ids=copies.ids,
        )
        self.message_post(
            body=self.env._(
                "Linked: %(document)s %(files)s",
                document=document._get_html_link(),
                files=", ".join(copies.mapped("name")),
            )
        )
