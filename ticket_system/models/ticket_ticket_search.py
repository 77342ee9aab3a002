import re

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .ticket_text import FOUND

FEW = 30_000  # tickets found, up to which they are looked up first
EXCLUDED = re.compile(r'(?<!\S)-("[^"]*"|[^\s"]+)')
NEWEST, EVERYWHERE = 500, 0.1  # tickets looked at, and the share that tells


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
        asked = self._asked(str(value))
        found = self._first_with(asked)
        if found is None:
            return Domain.custom(
                to_sql=lambda _model, alias, _query: SQL(
                    "EXISTS (SELECT FROM ticket_text "
                    "WHERE ticket_text.ticket_id = %s AND words @@ %s::tsquery)",
                    SQL.identifier(alias, "id"),
                    asked,
                )
            )
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s = ANY(%s::int[])", SQL.identifier(alias, "id"), found
            )
        )

    def _asked(self, text):
        """What was typed, as a tsquery in text.

        What is left out, is left out in each language: a word that one language makes
        nothing of, or another stem, must not let everything else in.
        """
        wanted = self._in_any_language(_query, EXCLUDED.sub(" ", text))
        excluded = " or ".join(EXCLUDED.findall(text))
        excluded = excluded and self._in_any_language(_phrases, excluded)
        parts = (f"({wanted})" * bool(wanted), f"!({excluded})" * bool(excluded))
        return " & ".join(filter(None, parts))

    def _in_any_language(self, query, text):
        """Each different query of them once."""
        languages = self.env["ticket.text"]._languages()
        queries = SQL(", ").join(query(language, text) for language in languages)
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT unnest(ARRAY[%s])::text ORDER BY 1", queries)
        )
        return " | ".join(f"({query})" for [query] in rows if query)

    def _first_with(self, asked):
        """The ids of at most FEW tickets, an array in text; None: there are too many.

        By the index: reading the table looks cheaper to PostgreSQL, which does not
        count that the words lie apart. A list asks twice: for its page, its number.
        """
        cr = self.env.cr
        known = cr.cache.setdefault(FOUND, {})
        if asked in known:
            return known[asked]
        if self._are_everywhere(asked):
            known[asked] = None
            return None
        cr.execute("SET LOCAL enable_seqscan = off")
        [[count, ids]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), coalesce(array_agg(ticket_id)::text, '{}') FROM (
                    SELECT ticket_id FROM ticket_text
                     WHERE words @@ %s::tsquery LIMIT %s
                ) AS found
                """,
                asked,
                FEW + 1,
            )
        )
        cr.execute("SET LOCAL enable_seqscan = on")
        known[asked] = ids if count <= FEW else None
        return known[asked]

    def _are_everywhere(self, asked):
        """Whether PostgreSQL reckons with a tenth of all tickets, and so many of the
        newest ones hold the words, too: then a page is full soon."""
        [[[explained]]] = self.env.execute_query(
            SQL(
                "EXPLAIN (FORMAT JSON) "
                "SELECT FROM ticket_text WHERE words @@ %s::tsquery",
                asked,
            )
        )
        expected = explained["Plan"]["Plan Rows"]
        if expected <= FEW:
            return False
        [[newest, tickets]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE words @@ %s::tsquery),
                       (SELECT reltuples FROM pg_class WHERE relname = 'ticket_text')
                  FROM (
                    SELECT words FROM ticket_text ORDER BY ticket_id DESC LIMIT %s
                  ) AS newest
                """,
                asked,
                NEWEST,
            )
        )
        return min(newest / NEWEST, expected / tickets) > EVERYWHERE


def _query(configuration, text):
    """Beginnings of words, all of which are there; or what quotes and signs say."""
    if re.search(r'["\-]|\bor\b', text):
        return _phrases(configuration, text)
    prefixes = " & ".join(f"{word}:*" for word in re.findall(r"\w+", text))
    return SQL("to_tsquery(%s::regconfig, %s)", configuration, prefixes)


def _phrases(configuration, text):
    return SQL("websearch_to_tsquery(%s::regconfig, %s)", configuration, text)
