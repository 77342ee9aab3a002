import logging
import re
from urllib.parse import parse_qs, urlsplit

from odoo import api, models
from odoo.tools import config, consteq

from ..mailflow.outgoing import encode_subject
from ..mailflow.pictures import Picture, embed

_logger = logging.getLogger(__name__)

DEFAULT_HOST = "localhost"  # of Odoo's option --smtp
PICTURE = re.compile(r"/web/image/(\d{1,9})(?:-[^/]*)?(?:/.*)?")


class IrMailServer(models.Model):
    """On the way out: pictures into the answers, a copy of them for the Sent folder."""

    _inherit = "ir.mail_server"

    @api.model
    def send_email(self, message, *args, **kwargs):
        if not _is_of_ticket(message):
            return super().send_email(message, *args, **kwargs)
        embed(message, self._ticket_picture)
        encode_subject(message)
        result = super().send_email(message, *args, **kwargs)
        try:
            with self.env.cr.savepoint():
                self.env["ticket.sent.copy"].sudo()._keep(message)
        except Exception:
            _logger.exception("No copy of %s is kept", message["Message-Id"])
        return result

    @api.model
    def _alter_message__(self, message, smtp_from, smtp_to_list):  # noqa: PLW3201
        """Without the comma that Odoo leaves where it had no recipient to add."""
        result = super()._alter_message__(message, smtp_from, smtp_to_list)
        if _is_of_ticket(message) and message["To"]:
            message.replace_header("To", str(message["To"]).rstrip(", "))
        return result

    @api.model
    def _ticket_is_set_up(self):
        """Whether somebody has said where mails are handed in: here, or to Odoo when
        it was started."""
        known = self.sudo().search_count([], limit=1)
        return bool(known) or config["smtp_server"] != DEFAULT_HOST

    def _ticket_unreachable(self, reason):
        if not self._ticket_is_set_up():
            return self.env._(
                "No outgoing mail server is set up yet: Settings → General Settings → "
                "Emails: tick Use Custom Email Servers, then Outgoing Email Servers."
            )
        return self.env._("The outgoing mail server cannot be reached: %s", reason)

    def _ticket_picture(self, source):
        """The Picture that an address of ours names, if its access token is right."""
        try:
            url, own = urlsplit(source), urlsplit(self.get_base_url())
        except ValueError:
            return None
        match = PICTURE.fullmatch(url.path)
        if not match or url.netloc not in ("", own.netloc):
            return None
        file = self.env["ir.attachment"].sudo().browse(int(match[1])).exists()
        token = parse_qs(url.query).get("access_token", [""])[0]
        known = file.access_token or "\0"
        is_allowed = file.public or (token.isascii() and consteq(known, token))
        is_picture = (file.mimetype or "").startswith("image/") and file.raw
        if not is_allowed or not is_picture:
            return None
        return Picture(file.name, file.mimetype, file.raw)


def _is_of_ticket(message):
    return (message["X-Odoo-Objects"] or "").startswith("ticket.ticket-")
