from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr, is_html_empty, ormcache

from ..mailflow.outgoing import unknown_placeholders
from .ticket_mail import Unsigned32

TEXTS = (
    "autoresponder_subject",
    "autoresponder_body",
    "ticket_greeting",
    "ticket_signature",
)
AUTORESPONSE_SUBJECT = "[Ticket #{TICKET}] {SUBJECT}"
SCHEDULE = {"ticket_interval_number", "ticket_interval_type"}
MAILBOX = {"server", "user"}
POSITION = ("ticket_uidvalidity", "ticket_last_uid")
POSITION += ("ticket_sent_uidvalidity", "ticket_sent_last_uid")
CONNECTION = {"server", "port", "user", "password", "ticket_security"}
CONNECTION |= {"ticket_folder", "ticket_sent_folder", "ticket_move_folder"}
SETTINGS_OF_CRON = {"name", "active", "state", "use_ticket_system"}


class FetchmailServer(models.Model):
    """An incoming mail server that may feed the ticket system: an e-mail account."""

    _inherit = "fetchmail.server"

    password = fields.Char(groups="base.group_system,ticket_system.group_administrator")

    # what it is
    use_ticket_system = fields.Boolean("Use in Ticket System")
    ticket_address = fields.Char(
        "E-mail Address", compute="_compute_ticket_address", store=True, readonly=False
    )
    ticket_sender_name = fields.Char("Sender Name")
    ticket_note = fields.Text("Internal Note")
    ticket_security = fields.Selection(
        [("ssl", "SSL/TLS"), ("starttls", "STARTTLS"), ("none", "None")],
        "Connection Security",
        compute="_compute_ticket_security",
        inverse="_inverse_ticket_security",
        store=True,
        readonly=False,
        help="Certificates are verified. None: everybody on the way reads along.",
    )

    ticket_authserv_id = fields.Char(
        "Authentication Server",
        help="The name with which your mail server signs its check of the sender "
        "(Authentication-Results, RFC 8601), as in the head of a received mail. Only "
        "what this server found out is shown.",
    )

    # where its mails go
    ticket_project_id = fields.Many2one("project.project", "Default Project")
    ticket_queue_id = fields.Many2one(
        "ticket.queue",
        "Default Queue",
        help="Left empty, every agent sees the tickets and takes them.",
    )
    ticket_close_on_import = fields.Boolean(
        "Close on Import", help="Tickets of this account are closed at once."
    )

    # how it is fetched
    ticket_folder = fields.Char("Folder", default="INBOX")
    ticket_sent_folder = fields.Char(
        "Sent Folder",
        help="Mails that agents sent from a mail program join their ticket from here.",
    )
    ticket_since = fields.Date("From Date", help="Only mails from this date on.")
    ticket_after_fetch = fields.Selection(
        [
            ("keep", "Leave untouched"),
            ("seen", "Mark as read"),
            ("move", "Move to a folder"),
            ("delete", "Delete on the server"),
        ],
        "After Fetching",
        default="keep",
        required=True,
    )
    ticket_move_folder = fields.Char("Move to Folder")
    ticket_cron_id = fields.Many2one("ir.cron", "Schedule", readonly=True, copy=False)
    ticket_interval_number = fields.Integer(
        "Fetch Every",
        related="ticket_cron_id.interval_number",
        readonly=False,
        help="After failures it waits longer each time, an hour at most.",
    )
    ticket_interval_type = fields.Selection(
        related="ticket_cron_id.interval_type", readonly=False
    )

    # how it answers
    ticket_reply_from_account = fields.Boolean(
        "Answer from This Address",
        default=True,
        help="Off: answers leave from the agent's own address; replies to them come "
        "back to this mailbox all the same.",
    )
    ticket_mail_server_id = fields.Many2one(
        "ir.mail_server",
        "Outgoing Mail Server",
        help="By which answers leave. Empty: the one whose filter names this address.",
    )
    ticket_copy_to_sent = fields.Boolean(
        "Copy to Sent Folder",
        help="Answers are put into the Sent folder named above with the next fetch.",
    )
    ticket_greeting = fields.Char("Greeting", translate=True)
    ticket_signature = fields.Html("Signature")
    autoresponder_active = fields.Boolean("Automatic Answer")
    autoresponder_once_per_day = fields.Boolean(
        "At Most One a Day and Sender", default=True
    )
    autoresponder_subject = fields.Char(
        "Answer Subject",
        compute="_compute_autoresponder_texts",
        store=True,
        readonly=False,
    )
    autoresponder_body = fields.Html(
        "Answer Text",
        compute="_compute_autoresponder_texts",
        store=True,
        readonly=False,
    )
    ticket_unknown_placeholders = fields.Char(
        compute="_compute_ticket_unknown_placeholders"
    )

    # position and health
    ticket_uidvalidity = Unsigned32("UIDVALIDITY", readonly=True, copy=False)
    ticket_last_uid = Unsigned32("Last UID", readonly=True, copy=False)
    ticket_sent_uidvalidity = Unsigned32("Sent UIDVALIDITY", readonly=True, copy=False)
    ticket_sent_last_uid = Unsigned32("Sent Last UID", readonly=True, copy=False)
    ticket_last_fetch = fields.Datetime("Last Fetch", readonly=True, copy=False)
    ticket_last_error = fields.Text("Last Problem", readonly=True, copy=False)
    ticket_failures = fields.Integer("Failures in a Row", readonly=True, copy=False)
    ticket_failing_since = fields.Datetime("Failing Since", readonly=True, copy=False)
    ticket_retry_on = fields.Datetime("Next Try", readonly=True, copy=False)
    ticket_warning_ids = fields.Many2many("mail.activity", copy=False)
    ticket_quarantine_count = fields.Integer(
        "Quarantined", compute="_compute_ticket_quarantine_count"
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("user")
    def _compute_ticket_address(self):
        for account in self:
            account.ticket_address = account.ticket_address or email_normalize(
                account.user
            )

    @api.depends("is_ssl")
    def _compute_ticket_security(self):
        for account in self:
            if account.is_ssl:
                account.ticket_security = "ssl"
            elif account.ticket_security != "starttls":
                account.ticket_security = "none"

    def _inverse_ticket_security(self):
        for account in self:
            account.is_ssl = account.ticket_security == "ssl"

    @api.depends(*TEXTS)
    def _compute_ticket_unknown_placeholders(self):
        for account in self:
            account.ticket_unknown_placeholders = unknown_placeholders(
                *(account[name] for name in TEXTS)
            )

    @api.depends("autoresponder_active")
    def _compute_autoresponder_texts(self):
        """What can be changed before it is saved, instead of nothing."""
        for account in self:
            subject, body = account.autoresponder_subject, account.autoresponder_body
            if account.autoresponder_active:
                subject, body = account._autoresponse_texts(self.env.lang)
            account.autoresponder_subject = subject
            account.autoresponder_body = body

    def _ticket_company(self):
        """Whose tickets come by this account; empty if all companies'."""
        own = self.sudo()  # the reader may be of another one
        company = own.ticket_queue_id.company_id or own.ticket_project_id.company_id
        return company.with_env(self.env)

    def _ticket_language(self):
        company = self._ticket_company() or self.env.company
        return company.sudo().partner_id.lang or self.env.lang or "en_US"

    def _no_subject(self):
        """The name of a ticket whose mail has none; it stays, so the reader's language
        does not count."""
        there = self.with_context(lang=self._ticket_language())
        return there.env._("(no subject)")

    def _autoresponse_texts(self, lang=None):
        """(subject, body) of the automatic answer, with placeholders.

        :param lang: of what nobody has written; by default the company's
        """
        self.ensure_one()
        there = self.with_context(lang=lang or self._ticket_language())
        subject, body = self.autoresponder_subject, self.autoresponder_body
        if is_html_empty(body):
            body = Markup("").join(
                Markup("<p>%s</p>") % paragraph
                for paragraph in (
                    there.env._("Hello {NAME},"),
                    there.env._(
                        "Thank you for your message. We have received it under the "
                        "number {TICKET} and will answer as soon as we can."
                    ),
                    there.env._("Kind regards"),
                    "{COMPANY}",
                )
            )
        return subject or AUTORESPONSE_SUBJECT, body

    def _compute_ticket_quarantine_count(self):
        counts = dict(
            self.env["ticket.mail"]
            .sudo()
            ._read_group(
                [("server_id", "in", self.ids), ("state", "=", "quarantined")],
                ["server_id"],
                ["__count"],
            )
        )
        for account in self:
            account.ticket_quarantine_count = counts.get(account, 0)

    @api.onchange("server_type")
    def _onchange_ticket_protocol(self):
        wanted = self._origin.use_ticket_system or self.env.context.get(
            "default_use_ticket_system"
        )
        self.use_ticket_system = wanted and self._get_connection_type() == "imap"

    @api.constrains("use_ticket_system", "server_type", "ticket_address")
    def _check_ticket_settings(self):
        for account in self.filtered("use_ticket_system"):
            if account._get_connection_type() != "imap":
                raise UserError(self.env._("The ticket system fetches by IMAP only."))
            if not email_normalize(account.ticket_address):
                raise UserError(
                    self.env._("The account %s needs an e-mail address.", account.name)
                )

    @api.constrains("ticket_queue_id", "ticket_project_id")
    def _check_ticket_company(self):
        for account in self:
            account.ticket_queue_id._check_company_of(account.ticket_project_id)

    @api.constrains("ticket_after_fetch", "ticket_move_folder", "ticket_folder")
    def _check_ticket_move_folder(self):
        for account in self.filtered(lambda a: a.ticket_after_fetch == "move"):
            target = account.ticket_move_folder
            if not target or target == account.ticket_folder:
                raise UserError(
                    self.env._("Name another folder to which fetched mails are moved.")
                )

    @api.constrains("ticket_copy_to_sent", "ticket_sent_folder")
    def _check_ticket_sent_folder(self):
        for account in self.filtered("ticket_copy_to_sent"):
            if not account.ticket_sent_folder:
                raise UserError(self.env._("Name the Sent folder for the copies."))

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        accounts._update_ticket_cron()
        return accounts

    def write(self, vals):
        """Administrators of tickets set its schedule without a right to ir.cron."""
        schedule = {name: vals[name] for name in SCHEDULE & vals.keys()}
        rest = {name: vals[name] for name in vals if name not in SCHEDULE}
        if CONNECTION & vals.keys():
            self._ticket_forget_failures()  # what was wrong may be right now
            rest |= dict.fromkeys(POSITION, 0)  # that of each folder is in the ledger
        changing = self if MAILBOX & vals.keys() else self.browse()
        mailboxes = {account: account._ticket_mailbox() for account in changing}
        result = super().write(rest)
        for account, former in mailboxes.items():
            account._ticket_change_mailbox(former)
        if schedule:
            super(FetchmailServer, self.sudo()).write(schedule)
        if SETTINGS_OF_CRON & vals.keys():
            self._update_ticket_cron()
        if {"ticket_address", "user", "active", "use_ticket_system"} & vals.keys():
            self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        """Its ledger tells what is known already: without it all would come again."""
        lines = self.env["ticket.mail"].sudo()
        for account in self:
            if lines.search_count([("server_id", "=", account.id)], limit=1):
                raise UserError(
                    self.env._(
                        "%s has fetched mails. If it were deleted, a new account of "
                        "the same mailbox would make tickets of all of them once more: "
                        "archive it instead.",
                        account.name,
                    )
                )

    def unlink(self):
        self._unlink_ticket_cron()
        return super().unlink()

    def _unlink_ticket_cron(self):
        crons = self.sudo().ticket_cron_id
        actions = crons.ir_actions_server_id
        crons.unlink()
        actions.unlink()

    @api.model
    def _update_cron(self):
        """Administrators of tickets need no right to schedules."""
        return super(FetchmailServer, self.sudo())._update_cron()

    def _update_ticket_cron(self):
        """One ir.cron for each ticket account, active while the account is."""
        template = self.env.ref("ticket_system.ir_cron_fetch", raise_if_not_found=False)
        if not template:
            return
        for account in self.sudo().filtered(
            lambda a: a.use_ticket_system or a.ticket_cron_id
        ):
            account.ticket_cron_id = account.ticket_cron_id or template.sudo().copy(
                {"code": f"model.browse({account.id})._ticket_fetch()"}
            )
            account.ticket_cron_id.active = account._is_fetched_for_tickets()
            for language, _name in self.env["res.lang"].get_installed():
                there = account.with_context(lang=language)
                there.ticket_cron_id.name = there.env._(
                    "Tickets: fetch %s", account.name
                )

    def _is_fetched_for_tickets(self):
        return self.active and self.use_ticket_system and self.state == "done"

    # ------------------------------------------------------------------
    # Addresses
    # ------------------------------------------------------------------

    @api.model
    @ormcache()
    def _ticket_addresses(self):
        """The normalised addresses of all ticket mailboxes, a frozenset."""
        accounts = self.sudo().search_fetch(
            [("use_ticket_system", "=", True)], ["ticket_address"]
        )
        return frozenset(
            filter(None, map(email_normalize, accounts.mapped("ticket_address")))
        )

    def _ticket_sender(self):
        """The account's address with its name, ready for a From field."""
        self.ensure_one()
        return formataddr((self.ticket_sender_name or "", self.ticket_address))
