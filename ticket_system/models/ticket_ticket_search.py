import re

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ticket_text import FOUND

FEW = 30_000  # tickets found, up to which they are looked up first


class TicketTicket(models.Model):
    """Finding tickets by what was written on them."""

    _inherit = "ticket.ticket"

    text = fields.Char(
        "Messages",
        compute="_compute_text",
        search="_search_text",
        help="Words of the messages, in any inflection; “in quotes” for a phrase, "
        "-word for tickets without it.",
    )

    def _compute_text(self):
        self.text = False

    def _search_text(self, operator, value):
        """Few hits are found first; among many, the list finds its page as it goes.

        PostgreSQL cannot know which of both it is, and goes astray for seconds.
        """
        if operator not in ("ilike", "like", "="):
            return NotImplemented
        asked = SQL(" || ").join(
            _query(name, str(value)) for name in self.env["ticket.text"]._languages()
        )
        found = self._first_with(asked)
        if len(found) <= FEW:
            return Domain("id", "in", found)
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "EXISTS (SELECT FROM ticket_text "
                "WHERE ticket_text.ticket_id = %s AND words @@ (%s))",
                SQL.identifier(alias, "id"),
                asked,
            )
        )

    def _first_with(self, asked):
        """The ids of at most FEW + 1 tickets, by the index.

        Reading the table instead looks cheap to PostgreSQL, which does not count that
        the words lie apart from the rows. A list asks twice: for its page, its count.
        """
        cr = self.env.cr
        known = cr.cache.setdefault(FOUND, {})
        if asked in known:
            return known[asked]
        cr.execute("SET LOCAL enable_seqscan = off")
        rows = self.env.execute_query(
            SQL(
                "SELECT ticket_id FROM ticket_text WHERE words @@ (%s) LIMIT %s",
                asked,
                FEW + 1,
            )
        )
        cr.execute("SET LOCAL enable_seqscan = on")
        known[asked] = [ticket_id for [ticket_id] in rows]
        return known[asked]


def _query(configuration, text):
    """Beginnings of words, all of which are there; or what quotes and signs say."""
    if re.search(r'["\-]|\bor\b', text):
        return SQL("websearch_to_tsquery(%s::regconfig, %s)", configuration, text)
    prefixes = " & ".join(f"{word}:*" for word in re.findall(r"\w+", text))
    return SQL("to_tsquery(%s::regconfig, %s)", configuration, prefixes)
