from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import email_normalize
from odoo.tools.mail import email_normalize_all, email_split_tuples

from ..mailflow import outgoing

OFFERED = 8  # addresses while one is typed
LARGE = 10_000_000  # bytes of files; in a mail they take a third more
UPLOADED_FOR = ("ticket.reply", "ticket.forward")
KEPT_AFTER_SENDING = timedelta(days=1)


class TicketReply(models.Model):
    """An answer being written: a draft of one agent until it is sent (R47, R66)."""

    _name = "ticket.reply"
    _description = "Answer a Ticket"
    _order = "write_date desc, id desc"
    _rec_name = "subject"

    ticket_id = fields.Many2one(
        "ticket.ticket", required=True, readonly=True, index=True, ondelete="cascade"
    )
    message_id = fields.Many2one(
        "mail.message", "In Answer To", readonly=True, ondelete="set null"
    )
    user_id = fields.Many2one(
        "res.users",
        "Author",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    is_to_all = fields.Boolean("Reply to All", readonly=True)
    is_sent = fields.Boolean(readonly=True)
    sent_message_id = fields.Many2one(
        "mail.message", "Sent As", readonly=True, ondelete="set null"
    )
    ticket_before = fields.Json(
        readonly=True, help="What sending changed on the ticket, for the undo."
    )

    subject = fields.Char(
        compute="_compute_subject", compute_sudo=False, store=True, readonly=False
    )
    email_to = fields.Char(
        "To",
        compute="_compute_email_to",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    email_cc = fields.Char(
        "Cc",
        compute="_compute_email_cc",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    email_bcc = fields.Char("Bcc")
    sender = fields.Char("From", compute="_compute_sender", compute_sudo=False)
    reply_to = fields.Char(compute="_compute_reply_to", compute_sudo=False)
    newcomers = fields.Char(compute="_compute_newcomers", compute_sudo=False)
    body = fields.Html(
        compute="_compute_body", compute_sudo=False, store=True, readonly=False
    )
    unknown_placeholders = fields.Char(compute="_compute_unknown_placeholders")
    attachment_ids = fields.Many2many("ir.attachment", bypass_search_access=True)
    ticket_file_ids = fields.Many2many(
        "ir.attachment", compute="_compute_ticket_file_ids"
    )
    picked_file_ids = fields.Many2many(
        "ir.attachment",
        "ticket_reply_picked_file_rel",
        string="Files of the Ticket",
        domain="[('id', 'in', ticket_file_ids)]",
        bypass_search_access=True,
    )
    is_large = fields.Boolean(compute="_compute_is_large")
    with_history = fields.Boolean(
        "Append the History",
        help="What was written to and fro follows the answer; internal notes never do.",
    )
    history = fields.Html(
        compute="_compute_history", compute_sudo=False, sanitize=False
    )
    status_id = fields.Many2one(
        "ticket.status",
        "Status After Sending",
        compute="_compute_status_id",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    seen_message_id = fields.Many2one(
        "mail.message",
        compute="_compute_seen_message_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        ondelete="set null",
    )
    news = fields.Text(readonly=True)

    # ------------------------------------------------------------------
    # What a new answer starts with
    # ------------------------------------------------------------------

    def _answered(self):
        """The message to answer: one of the ticket's conversation, nothing else."""
        self.ticket_id.check_access("read")
        return self.message_id.sudo().filtered(
            lambda message: (
                message.res_id == self.ticket_id.id and message._is_conversation()
            )
        )

    @api.depends("ticket_id")
    def _compute_seen_message_id(self):
        for reply in self:
            reply.seen_message_id = reply.ticket_id._conversation()[-1:]

    @api.depends("ticket_id")
    def _compute_subject(self):
        for reply in self:
            ticket = reply.ticket_id
            answer = "Re: " if ticket.last_inbound else ""
            reply.subject = outgoing.subject(f"{answer}{ticket.name}", ticket.number)

    @api.depends("ticket_id")
    def _compute_sender(self):
        """The address it leaves from."""
        for reply in self:
            sender = reply.ticket_id._sender() or self.env.user.email_formatted
            reply.sender = outgoing.readable(email_split_tuples(sender))

    @api.depends("ticket_id", "message_id")
    def _compute_email_to(self):
        for reply in self:
            reply.email_to, _others = reply._participants()

    @api.depends("ticket_id", "message_id", "is_to_all")
    def _compute_email_cc(self):
        for reply in self:
            _sender, others = reply._participants()
            reply.email_cc = others if reply.is_to_all else ""

    @api.depends("ticket_id", "message_id", "email_to")
    def _compute_reply_to(self):
        """Where the sender wants answers, as long as none goes there (threat 7)."""
        for reply in self:
            facts = reply._to_answer().sudo().ticket_facts or {}
            wanted = facts.get("reply_to", "")
            written = email_normalize_all(reply.email_to or "")
            is_there = set(email_normalize_all(wanted)) <= set(written)
            reply.reply_to = "" if is_there else wanted

    def _participants(self):
        return self.ticket_id._participants(self._to_answer())

    def _to_answer(self):
        """The message chosen, or else the customer's last one."""
        received = self.ticket_id._with_customer().filtered(
            lambda message: message.message_type == "email"
        )
        return self._answered() or received[-1:]

    def action_answer_there(self):
        """Write to where the sender wants answers instead, to somebody unknown."""
        self.ensure_one()
        greetings = (self.ticket_id._greeting(known) for known in (True, False))
        old, new = (escape(greeting) for greeting in greetings)
        body = str(self.body or "").replace(old, new, 1)
        self.write({"email_to": self.reply_to, "body": Markup(body)})
        return self._show_again()

    @api.depends("ticket_id", "email_to", "email_cc", "email_bcc")
    def _compute_newcomers(self):
        for reply in self:
            addresses = (reply.email_to, reply.email_cc, reply.email_bcc)
            named = ", ".join(filter(None, addresses))
            reply.newcomers = ", ".join(reply.ticket_id._strangers(named))

    @api.depends("ticket_id")
    def _compute_body(self):
        for reply in self:
            reply.body = reply._beginning()

    @api.depends("subject", "body")
    def _compute_unknown_placeholders(self):
        """All there are: nothing is put in any more when an answer is sent."""
        for reply in self:
            reply.unknown_placeholders = outgoing.unknown_placeholders(
                reply.subject, reply.body, known=()
            )

    def _beginning(self, text="<p><br></p>"):
        """Greeting and signature around `text`, HTML; by default room to write."""
        ticket = self.ticket_id
        greeting = Markup("<p>%s</p>") % ticket._greeting()
        return greeting + Markup(text) + ticket._signature()

    @api.depends("ticket_id")
    def _compute_status_id(self):
        """Where we write first, we wait for the customer."""
        first = self.env["ticket.status"]._by_code("waiting_customer")
        for reply in self:
            ticket = reply.ticket_id
            answer = self._status_after(ticket.queue_id)
            reply.status_id = answer if ticket.last_inbound else first

    @api.model
    def _status_after(self, queues):
        """What all these queues preset, else what the agent chose last (R53)."""
        presets = {queue.reply_status_id for queue in queues}
        preset = presets.pop() if len(presets) == 1 else None
        chosen = self.env.user.res_users_settings_id.ticket_reply_status_id
        return preset or chosen or self.env["ticket.status"]._by_code("closed")

    @api.depends("ticket_id", "with_history")
    def _compute_history(self):
        for reply in self:
            reply.history = reply.with_history and reply.ticket_id._history()

    @api.depends("ticket_id")
    def _compute_ticket_file_ids(self):
        for reply in self:
            reply.ticket_file_ids = reply.ticket_id._conversation().attachment_ids

    @api.depends("attachment_ids", "picked_file_ids")
    def _compute_is_large(self):
        for reply in self:
            files = reply.sudo()._files()
            reply.is_large = sum(files.mapped("file_size")) > LARGE

    @api.constrains("ticket_id", "message_id")
    def _check_readable(self):
        """Odoo tells the name of what a record points to, whoever may read that."""
        replies = self.sudo(False)
        replies.ticket_id.check_access("read")
        replies.message_id.check_access("read")

    @api.model_create_multi
    def create(self, vals_list):
        replies = super().create(vals_list)
        replies._adopt_uploads()
        return replies

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            self.check_access("write")  # nobody lays a draft on a colleague's desk
        if "attachment_ids" in vals:
            self._adopt_uploads()
        return result

    def _adopt_uploads(self):
        """Files uploaded for an answer belong to its draft, and go with it."""
        for reply in self:
            uploads = reply.attachment_ids.sudo().filtered(
                lambda file: (
                    file.res_model in UPLOADED_FOR
                    and not file.res_id
                    and file.create_uid == self.env.user
                )
            )
            uploads.write({"res_model": self._name, "res_id": reply.id})

    @api.model
    def complete_address(self, ticket_id, term):
        """Addresses that hold `term`: of who wrote on the ticket, then of contacts."""
        ticket = self.env["ticket.ticket"].browse(ticket_id)
        ticket.check_access("read")
        own = self.env["fetchmail.server"]._ticket_addresses()
        contacts = self.env["res.partner"].search(
            [
                ("email_normalized", "!=", False),
                "|",
                ("complete_name", "ilike", term),
                ("email", "ilike", term),
            ],
            limit=OFFERED,
        )
        known = [
            outgoing.readable([(contact.name or "", contact.email_normalized)])
            for contact in contacts
        ]
        found = {}
        for address in ticket._everybody() + known:
            key = email_normalize(address)
            if key and key not in own and term.lower() in address.lower():
                found.setdefault(key, address)
        return list(found.values())[:OFFERED]

    # ------------------------------------------------------------------
    # What others write meanwhile
    # ------------------------------------------------------------------

    def _news(self):
        """What was written by and to the customer since this answer was begun."""
        messages = self.ticket_id._conversation()
        return messages.filtered(lambda message: message.id > self.seen_message_id.id)

    def look_for_news(self):
        """Note what was written since the answer was begun; whether there is any."""
        self.ensure_one()
        news = self.browse() if self.is_sent else self._news()
        if news:
            told = [self.news] if self.news else []
            self.write(
                {
                    "seen_message_id": news[-1].id,
                    "news": "\n".join([*told, self._in_short(news)]),
                }
            )
        return bool(news)

    def _in_short(self, messages):
        return "\n".join(
            f"{message._written_by()}: {message.preview}" for message in messages
        )

    def _show_again(self):
        return self._open(self._title(self.ticket_id), res_id=self.id)

    @api.model
    def _title(self, ticket):
        is_answer = ticket.last_inbound
        return self.env._("Reply") if is_answer else self.env._("Write E-mail")

    @api.model
    def _open(self, title, **action):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            **action,
            "context": {"dialog_size": "large", **action.get("context", {})},
        }

    # ------------------------------------------------------------------
    # Housekeeping
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_sent(self):
        self.search(
            [
                ("is_sent", "=", True),
                ("write_date", "<", fields.Datetime.now() - KEPT_AFTER_SENDING),
            ],
            limit=1000,
        ).unlink()
