from collections.abc import Iterable
from contextlib import contextmanager

from odoo import fields, models

SAFE_BODIES = "ticket_system.safe_bodies"


class MessageBody(fields.Html):
    """Sanitised by Odoo, unless the ticket system just did, by a narrower list."""

    def _convert(self, value, record, validate):
        safe = record.env.cr.cache.get(SAFE_BODIES, ())
        return super()._convert(value, record, validate and value not in safe)


class MailMessage(models.Model):
    _inherit = "mail.message"

    body = MessageBody()
    outgoing_email_cc = fields.Char(
        "Emails Cc (outgoing)",
        help="Addresses that got an answer as copy, separated by commas.",
    )

    @contextmanager
    def _with_safe_bodies(self, bodies: Iterable[str]):
        """Take exactly these texts as safe HTML (mailflow.content) in the block."""
        self.env.cr.cache[SAFE_BODIES] = frozenset(map(str, bodies))
        try:
            yield
        finally:
            self.env.cr.cache.pop(SAFE_BODIES, None)
