from odoo import fields, models
from odoo.tools import SQL

from .ticket_status import RESTING


class TicketTicket(models.Model):
    """Imported tickets are as old as what they came from."""

    _inherit = "ticket.ticket"

    import_id = fields.Many2one(
        "ticket.import",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="ticket_system.group_administrator",
    )

    def _date_creation(self):
        """They were made when they were written, not today."""
        if not self:
            return
        self.flush_recordset(["create_date", "last_message"])
        self.env.cr.execute(
            SQL(
                "UPDATE ticket_ticket SET create_date = last_message WHERE id IN %s",
                self._ids,
            )
        )
        self.invalidate_recordset(["create_date"], flush=False)

    def _date_by_messages(self):
        """Their times are those of their messages, whatever was known before.

        A customer waits since the first message after our last.
        """
        if not self:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE ticket_ticket AS ticket
                   SET create_date = least(ticket.create_date, said.first),
                       last_inbound = said.last_inbound,
                       last_outbound = said.last_outbound,
                       last_message = said.last,
                       first_response = least(ticket.first_response, said.response),
                       waiting_since = CASE WHEN status.category NOT IN %(resting)s
                                            THEN said.waiting_since END
                  FROM ticket_status AS status,
                       (
                        SELECT res_id, min(date) AS first, max(date) AS last,
                               max(date) FILTER (WHERE is_inbound) AS last_inbound,
                               max(date) FILTER (WHERE NOT is_inbound) AS last_outbound,
                               min(date) FILTER (WHERE NOT is_inbound) AS response,
                               min(date) FILTER (
                                   WHERE is_inbound AND NOT date <= answered
                               ) AS waiting_since
                          FROM (
                            SELECT res_id, date, message_type = 'email' AS is_inbound,
                                   coalesce(
                                       max(date) FILTER (WHERE message_type != 'email')
                                           OVER (PARTITION BY res_id),
                                       '-infinity'
                                   ) AS answered
                              FROM mail_message
                             WHERE model = 'ticket.ticket' AND res_id IN %(tickets)s
                               AND message_type IN ('email', 'comment')
                               AND subtype_id = %(comment)s
                               AND is_internal IS NOT TRUE
                          ) AS message
                         GROUP BY res_id
                       ) AS said
                 WHERE ticket.id = said.res_id AND status.id = ticket.status_id
                """,
                tickets=tuple(set(self._ids)),
                comment=self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
                resting=RESTING,
            )
        )
        self.invalidate_recordset(flush=False)

    def _join_history(self, date, is_sent):
        """A customer wrote at `date`, or we did: times move forward, and who got an
        answer waits no longer. Who answers what this import brought waits; nothing else
        changes."""
        direction = "last_outbound" if is_sent else "last_inbound"
        for ticket in self.with_context(tracking_disable=True):
            names = [direction, "last_message"]
            names += ["closed_on"] if ticket.is_closed else []
            later = [name for name in names if not ticket[name] or ticket[name] < date]
            values = dict.fromkeys(later, date)
            if is_sent:
                values["first_response"] = min(ticket.first_response or date, date)
                if ticket.waiting_since and ticket.waiting_since <= date:
                    values["waiting_since"] = False
            elif ticket._is_answered_in_import(date):
                new = self.env["ticket.status"]._by_code("new")
                values |= {"status_id": new.id, "is_unread": True}
            ticket.write(values)

    def _is_answered_in_import(self, date):
        return (
            self.import_id.id == self.env.context.get("default_import_id")
            and self.status_id.category == "waiting_customer"
            and bool(self.last_outbound)
            and self.last_outbound < date
        )
