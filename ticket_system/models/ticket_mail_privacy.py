from odoo import api, models
from odoo.tools import SQL, email_normalize
from odoo.tools.mail import email_normalize_all

BATCH = 50


class TicketMail(models.Model):
    """Forgetting a person in the ledger: what they wrote, and what names them."""

    _inherit = "ticket.mail"

    @api.model
    def _forget_person(self, address):
        """:param address: normalised"""
        self.search([("email_from", "=", address)])._forget()
        candidates = self._holding(address)
        for start in range(0, len(candidates), BATCH):
            batch = candidates[start : start + BATCH]
            batch.filtered(lambda line: line._is_sent_to(address))._drop_originals()

    @api.model
    def _holding(self, address):
        """Lines without a message whose original may hold the address.

        The large ones, outside the database, are not looked into.
        """
        self.flush_model(["mail_message_id", "raw_attachment_id"])
        found = self.env.execute_query(
            SQL(
                """
                SELECT line.id
                  FROM ticket_mail line
                  JOIN ir_attachment original ON original.id = line.raw_attachment_id
                 WHERE line.mail_message_id IS NULL
                   AND (original.db_datas IS NULL
                        OR strpos(
                            lower(encode(original.db_datas, 'escape') COLLATE "C"),
                            encode(%s, 'escape')
                        ) > 0)
                 ORDER BY line.id
                """,
                address.encode(),
            )
        )
        return self.browse(line_id for [line_id] in found)

    def _is_sent_to(self, address):
        message = self._parsed()
        blind_copies = email_normalize_all(message.header("Bcc"))
        return address in blind_copies or any(
            email_normalize(recipient.email) == address
            for recipient in (*message.to, *message.cc)
        )
