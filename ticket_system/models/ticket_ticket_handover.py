from odoo import models

from .ticket_ticket_followers import ACCESS


class TicketTicket(models.Model):
    """Handing a ticket over to colleagues whose tickets the user does not see."""

    _inherit = "ticket.ticket"

    def web_save(self, vals, specification, next_id=None):
        """Of a ticket that is out of the user's reach afterwards nothing is read: it is
        given back as it was before, a new one as its id alone."""
        if next_id or not ACCESS & vals.keys():
            return super().web_save(vals, specification, next_id)
        before = {row["id"]: row for row in self.web_read(specification)}
        if self:
            self.write(vals)
        else:
            self = self.create(vals)
        reach = self._filtered_access("read").with_context(bin_size=True)
        after = {row["id"]: row for row in reach.web_read(specification)}
        known = before | after
        return [known.get(ticket_id, {"id": ticket_id}) for ticket_id in self.ids]
