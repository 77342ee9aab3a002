from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# seconds; the client tells every HEARTBEAT (presence.js) that it is still there
EXPIRY = 120


class TicketLock(models.Model):
    """Who has which ticket open. A table of its own, so that nobody's heartbeat gets in
    the way of who changes the ticket; what is not renewed expires."""

    _name = "ticket.lock"
    _description = "Ticket Being Edited"
    _log_access = False

    ticket_id = fields.Many2one("ticket.ticket", required=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="cascade"
    )
    since = fields.Datetime(required=True)
    last_seen = fields.Datetime(required=True, index=True)

    _ticket_user_uniq = models.Constraint(
        "unique(ticket_id, user_id)", "A user edits a ticket once."
    )

    @api.model
    def _alive(self):
        return Domain(
            "last_seen", ">", fields.Datetime.now() - timedelta(seconds=EXPIRY)
        )

    def _renew(self, ticket):
        """Note that the user has the ticket open; whether that is new."""
        self.flush_model()
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                WITH alive AS (
                    SELECT since FROM ticket_lock
                    WHERE ticket_id = %(ticket)s AND user_id = %(user)s
                      AND last_seen > %(alive)s
                )
                INSERT INTO ticket_lock (ticket_id, user_id, since, last_seen)
                VALUES (%(ticket)s, %(user)s, %(now)s, %(now)s)
                ON CONFLICT (ticket_id, user_id) DO UPDATE
                SET since = coalesce((SELECT since FROM alive), %(now)s),
                    last_seen = %(now)s
                RETURNING NOT EXISTS (SELECT FROM alive)
                """,
                ticket=ticket.id,
                user=self.env.uid,
                now=now,
                alive=now - timedelta(seconds=EXPIRY),
            ),
            log_exceptions=False,  # two tabs at once: Odoo tries the later one again
        )
        [is_new] = self.env.cr.fetchone()
        self.invalidate_model()
        return is_new

    def _release(self, tickets):
        """Note that the user has the tickets open no more; those that they had."""
        if not tickets:
            return tickets
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "DELETE FROM ticket_lock WHERE user_id = %s AND ticket_id IN %s "
                "RETURNING ticket_id",
                self.env.uid,
                tuple(tickets.ids),
            ),
            log_exceptions=False,  # entered again meanwhile: Odoo tries once more
        )
        self.invalidate_model()
        return tickets.browse(ticket_id for [ticket_id] in self.env.cr.fetchall())

    @api.autovacuum
    def _gc_expired(self):
        self.search(~self._alive()).unlink()
