from odoo import api, fields, models
from odoo.tools import SQL

# of what is added at once, in characters, and of what more is added to, in bytes: far
# below what PostgreSQL can hold in one vector (1 MB)
TEXT_LIMIT = 100_000
FOUND = "ticket_system.found"  # in the cursor's cache: {query: ids of tickets}
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
FILE_NAMES = SQL(
    """
    SELECT string_agg(regexp_replace(name, '[^[:alnum:]]+', ' ', 'g'), ' ') AS names
      FROM message_attachment_rel
      JOIN ir_attachment ON ir_attachment.id = attachment_id
     WHERE message_id = mail_message.id
    """
)


class TicketText(models.Model):
    """The words of a ticket's messages and the names of their files, for PostgreSQL's
    full-text search.

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
            spoken = (
                self.env["res.lang"].search([("active", "=", True)]).mapped("iso_code")
            )
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
        self.env.cr.cache.pop(FOUND, None)
        words = SQL(" || ").join(
            SQL("to_tsvector(%s::regconfig, message.text)", name)
            for name in self._languages()
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ticket_text AS kept (ticket_id, words)
                SELECT res_id, %(words)s
                  FROM (
                    SELECT res_id, left(string_agg(
                           concat_ws(' ', body, file.names), ' ' ORDER BY id
                           ), %(limit)s) AS text
                      FROM mail_message
                      LEFT JOIN LATERAL (%(file_names)s) AS file ON true
                     WHERE model = 'ticket.ticket'
                       AND (body != '' OR file.names IS NOT NULL)
                       AND %(condition)s
                     GROUP BY res_id
                  ) AS message
                  JOIN ticket_ticket ON ticket_ticket.id = message.res_id
                ON CONFLICT (ticket_id) DO UPDATE SET words = CASE
                    WHEN octet_length(kept.words::text) > %(limit)s THEN kept.words
                    ELSE kept.words || excluded.words END
                """,
                words=words,
                condition=condition,
                file_names=FILE_NAMES,
                limit=TEXT_LIMIT,
            ),
            log_exceptions=False,  # answered while a mail came in: Odoo tries once more
        )
