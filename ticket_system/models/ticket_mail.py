from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from ..mailflow.charset import decode
from ..mailflow.mailbox import MAIL_BYTES
from ..mailflow.message import Address, Attachment, IncomingMessage, parse

PLAIN_TEXT_LIMIT = 100_000
# why: those of mailflow/route.py and mailflow/screen.py, and what is decided here
REASONS = [
    ("new", "New ticket"),
    ("reference", "Answers a message of the ticket"),
    ("number", "Ticket number in the subject"),
    ("reference_untrusted", "Answers a ticket that is not the sender's"),
    ("number_untrusted", "Number of a ticket that is not the sender's"),
    ("closed_long_ago", "The ticket was closed too long ago"),
    ("own_address", "Comes from an address of ours"),
    ("bounce", "Delivery report"),
    ("receipt", "Read receipt"),
    ("auto_reply", "Automatic answer"),
    ("list", "Mailing list"),
    ("machine", "Sent by a machine"),
    ("no_sender", "Names no sender"),
    ("storm", "Too many mails in an hour"),
    ("loop", "Our own automatic answer"),
    ("rule", "Ignored by a rule"),
    ("duplicate", "Received before"),
    ("discarded", "Discarded"),
    ("sent", "Written by us"),
    ("sent_by_odoo", "Sent from Odoo"),
    ("no_ticket", "Written by us, about no ticket"),
]


class Unsigned32(fields.Integer):
    """IMAP's numbers go up to 2**32 - 1 (RFC 3501, section 9)."""

    _column_type = ("int8", "int8")


class TicketMail(models.Model):
    """The ledger: one line for every message fetched from an account."""

    _name = "ticket.mail"
    _description = "Received Mail"
    _order = "id desc"
    _rec_name = "subject"

    # where it came from
    server_id = fields.Many2one(
        "fetchmail.server",
        "E-mail Account",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    folder = fields.Char(required=True, readonly=True)
    is_sent = fields.Boolean("Written by Us", readonly=True)
    uidvalidity = Unsigned32("UIDVALIDITY", required=True, readonly=True)
    uid = Unsigned32("UID", required=True, readonly=True)
    server_action_due = fields.Boolean(readonly=True)

    # what it is
    raw_attachment_id = fields.Many2one(
        "ir.attachment", "Original", readonly=True, ondelete="restrict"
    )
    message_id = fields.Char("Message-ID", readonly=True)
    content_hash = fields.Char(readonly=True, index=True)
    email_from = fields.Char("From", readonly=True)
    subject = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True)
    arrived_on = fields.Datetime("Arrived", readonly=True)
    size = fields.Integer("Size (Bytes)", readonly=True)
    is_cut = fields.Boolean(
        "Cut", readonly=True, help="Too large: only its beginning is kept here."
    )

    # what became of it
    state = fields.Selection(
        [
            ("received", "Received"),
            ("done", "Done"),
            ("duplicate", "Duplicate"),
            ("ignored", "Ignored"),
            ("quarantined", "Quarantined"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    reason = fields.Selection(REASONS, readonly=True)
    error = fields.Text(readonly=True)
    why = fields.Text(compute="_compute_why")
    is_discarded = fields.Boolean(compute="_compute_is_discarded")
    is_autoresponded = fields.Boolean("Answered by Itself", readonly=True)
    attempts = fields.Integer(readonly=True)
    ticket_id = fields.Many2one(
        "ticket.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _position_uniq = models.Constraint(
        "unique(server_id, folder, uidvalidity, uid)",
        "This message of the mailbox is in the ledger already.",
    )
    _sender_idx = models.Index("(email_from, create_date DESC)")
    _due_idx = models.Index("(server_id) WHERE server_action_due IS TRUE")
    _quarantine_idx = models.Index("(server_id) WHERE state = 'quarantined'")

    @api.depends("subject")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.subject or self.env._("(no subject)")

    @api.depends("error", "reason", "is_cut", "size")
    @api.depends_context("lang")
    def _compute_why(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for line in self:
            error = line._why_cut() if line.error and line.is_cut else line.error
            line.why = error or reasons.get(line.reason)

    def _why_cut(self):
        if self.size < MAIL_BYTES:
            return self.env._(
                "The mail server did not hand this mail over; it is there only."
            )
        return self.env._(
            "The mail is too large: it has %(size)s, and at most %(limit)s are taken. "
            "Its beginning is kept here, the whole mail is on the mail server.",
            size=readable_size(self.env, self.size),
            limit=readable_size(self.env, MAIL_BYTES),
        )

    @api.depends("state", "reason", "raw_attachment_id")
    def _compute_is_discarded(self):
        """Whether a ticket can still be made of what was given up."""
        for line in self:
            line.is_discarded = (
                line.state == "ignored"
                and line.reason == "discarded"
                and bool(line.raw_attachment_id)
            )

    # ------------------------------------------------------------------
    # The original
    # ------------------------------------------------------------------

    def _raw(self):
        """The stored bytes; none if they are kept no longer or the mail was empty. They
        are not kept in memory: of many mails there is one at a time."""
        self.ensure_one()
        original = self.raw_attachment_id.with_prefetch()
        raw = original.raw or b""
        original.invalidate_recordset(["raw", "db_datas"])
        return raw

    def _parsed(self):
        return parse(self._raw(), self.server_id._ticket_language())

    def _is_whole(self):
        return not self.is_cut and len(self._raw()) == self.size

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_retry(self):
        """Process quarantined mails once more, each on its own."""
        lines = self._quarantined().sudo()
        whole = lines.filtered(lambda line: line._is_whole())
        if not whole:
            raise UserError(
                self.env._(
                    "The original is not complete here, so it cannot be tried again. "
                    "“Make Ticket Anyway” shows what there is."
                )
            )
        for line in whole:
            line._process()
        self._tell_quarantine()

    def action_make_ticket(self):
        """Make a ticket of what can be read, with the original mail attached; of what
        was discarded, too, as long as the original is there."""
        lines = self.filtered("is_discarded") or self._quarantined()
        lines |= self.filtered(lambda line: line.state == "quarantined")
        for line in lines.sudo():
            line._process([line._as_plain_message()])
            if line.is_cut and line.ticket_id:
                line.ticket_id._message_log(body=line._what_is_left_out())
        self._tell_quarantine()

    def _what_is_left_out(self):
        if self.size < MAIL_BYTES:
            return self._why_cut()
        return self.env._(
            "This mail was cut because it is too large: it has %(full)s, of which "
            "%(kept)s are kept. The whole mail is on the mail server.",
            full=readable_size(self.env, self.size),
            kept=readable_size(self.env, len(self._raw())),
        )

    def _as_plain_message(self):
        """The mail without understanding it: its source as text, and as a file.

        Of one that was cut, which is no worse than others, its text.
        """
        raw = self._raw()
        parsed = self._parsed() if self.is_cut else None
        has_text = parsed and (parsed.text or parsed.html)
        return IncomingMessage(
            sender=Address("", self.email_from or ""),
            subject=self.subject or "",
            date=self.date or None,
            text=parsed.text if has_text else decode(raw[:PLAIN_TEXT_LIMIT], "utf-8"),
            html=parsed.html if has_text else "",
            attachments=(
                (Attachment("original.eml", "message/rfc822", raw),) if raw else ()
            ),
            content_hash=self.content_hash or "",
        )

    def action_retry_all(self):
        """Process all that are quarantined once more, whatever is selected."""
        self.search([("state", "=", "quarantined")]).action_retry()

    def action_discard(self):
        """Give a quarantined mail up; its line and its bytes stay."""
        self._quarantined().write({"state": "ignored", "reason": "discarded"})
        self._tell_quarantine()

    def action_download(self):
        """The exact bytes, to be opened in a mail program."""
        self.ensure_one()
        if not self.raw_attachment_id:
            raise UserError(self.env._("The original of this mail is kept no longer."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.raw_attachment_id.id}?download=1",
            "target": "self",
        }

    def action_open_ticket(self):
        self.ensure_one()
        return self.ticket_id.get_formview_action()

    @api.model
    def _tell_quarantine(self):
        """Bring the administrators' counter up to date."""
        count = self.sudo().search_count([("state", "=", "quarantined")])
        group = self.env.ref("ticket_system.group_administrator")
        group._bus_send("ticket_system.quarantine", {"count": count})

    def _quarantined(self):
        lines = self.filtered(lambda line: line.state == "quarantined")
        if not lines:
            raise UserError(self.env._("None of these mails is quarantined."))
        return lines

    # ------------------------------------------------------------------
    # Housekeeping
    # ------------------------------------------------------------------

    def _drop_originals(self):
        """One in quarantine is given up: without its bytes it cannot be tried again."""
        originals = self.raw_attachment_id
        self.raw_attachment_id = False
        originals.unlink()
        if waiting := self.filtered(lambda line: line.state == "quarantined"):
            waiting.write({"state": "ignored", "reason": "discarded"})
            self._tell_quarantine()

    def _forget(self):
        """Keep only that there was a mail at this place: it is not fetched again."""
        self._drop_originals()
        self.write({"email_from": False, "subject": False, "error": False})


def readable_size(env, size):
    """Megabytes, written as in the reader's language."""
    return f"{formatLang(env, size / 1e6, digits=1)} MB"
