from odoo import api, fields, models
from odoo.tools import SQL

# of each message, in characters, and of each ticket, in words: far below what
# PostgreSQL can hold in one vector
TEXT_LIMIT = 100_000
WORDS_LIMIT = 20_000
LANGUAGES = "ticket_system.search_languages"
CUSTOMARY = ("english", "german")
CONFIGURATIONS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


class TicketText(models.Model):
    """The words of a ticket's messages, for PostgreSQL's full-text search.

    A table of its own keeps them out of the way of lists; see
    https://www.postgresql.org/docs/current/textsearch.html
    """

    _name = "ticket.text"
    _description = "Words of a Ticket"
    _log_access = False
    _rec_name = "ticket_id"

    ticket_id = fields.Many2one("ticket.ticket", required=True, ondelete="cascade")

    _ticket_uniq = models.UniqueIndex("(ticket_id)")

    def init(self):
        """The column that Odoo has no field for; on an upgrade, what is not in yet."""
        self.env.cr.execute(
            """ALTER TABLE ticket_text ADD COLUMN IF NOT EXISTS words tsvector;
               ALTER TABLE ticket_text SET (toast_tuple_target = 128);
               CREATE INDEX IF NOT EXISTS ticket_text_words_idx
                   ON ticket_text USING gin (words)"""
        )
        parameters = self.env["ir.config_parameter"].sudo()
        if not parameters.get_param(LANGUAGES):
            spoken = self.env["res.lang"].search([]).mapped("iso_code")
            found = {CONFIGURATIONS.get(code[:2]) for code in spoken} | {*CUSTOMARY}
            parameters.set_param(LANGUAGES, ",".join(sorted(filter(None, found))))
        self._rebuild_new()

    @api.model
    def _languages(self):
        """Those that words are reduced to their stems in; ticket texts are mixed."""
        named = self.env["ir.config_parameter"].sudo().get_param(LANGUAGES, "")
        known = {*CONFIGURATIONS.values()}
        return [name for name in named.split(",") if name in known] or [*CUSTOMARY]

    @api.model
    def _add(self, messages):
        """Add the words of new messages to those of their tickets."""
        if messages:
            messages.flush_recordset(["body", "model", "res_id"])
            self._index(SQL("id IN %s", tuple(messages.ids)))

    @api.model
    def _rebuild(self, ticket_ids):
        """Index tickets anew after their messages were changed or deleted."""
        if ticket_ids:
            self.env["mail.message"].flush_model(["body", "model", "res_id"])
            self.env.cr.execute(
                "DELETE FROM ticket_text WHERE ticket_id IN %s", [tuple(ticket_ids)]
            )
            self._index(SQL("res_id IN %s", tuple(ticket_ids)))

    @api.model
    def _rebuild_new(self):
        """Index the tickets that are not in yet."""
        self.env["mail.message"].flush_model(["body", "model", "res_id"])
        known = "NOT EXISTS (SELECT FROM ticket_text WHERE ticket_id = res_id)"
        self._index(SQL(known))

    @api.model
    def _index(self, condition):
        """Of all messages of tickets that a condition holds for."""
        words = SQL(" || ").join(
            SQL("to_tsvector(%s::regconfig, left(body, %s))", name, TEXT_LIMIT)
            for name in self._languages()
        )
        self.env.cr.execute(
            SQL(
                """
                WITH RECURSIVE message AS (
                    SELECT res_id, %(words)s AS words,
                           row_number() OVER (PARTITION BY res_id ORDER BY id) AS place
                      FROM mail_message
                     WHERE model = 'ticket.ticket' AND body != '' AND %(condition)s
                ), joined AS (
                    SELECT res_id, words, place FROM message WHERE place = 1
                    UNION ALL
                    SELECT res_id, %(sum)s, message.place
                      FROM joined JOIN message USING (res_id)
                     WHERE message.place = joined.place + 1
                )
                INSERT INTO ticket_text AS kept (ticket_id, words)
                SELECT DISTINCT ON (res_id) res_id, words
                  FROM joined JOIN ticket_ticket ON ticket_ticket.id = res_id
                 ORDER BY res_id, place DESC
                ON CONFLICT (ticket_id) DO UPDATE SET words = %(more)s
                """,
                words=words,
                condition=condition,
                sum=_sum("joined", "message"),
                more=_sum("kept", "excluded"),
            )
        )


def _sum(one, other):
    """The words of both, unless it would become too many."""
    return SQL(
        "CASE WHEN length(%(one)s.words) > %(limit)s THEN %(one)s.words "
        "ELSE %(one)s.words || %(other)s.words END",
        one=SQL.identifier(one),
        other=SQL.identifier(other),
        limit=WORDS_LIMIT,
    )
