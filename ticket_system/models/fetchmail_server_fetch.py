import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, retrying

from ..mailflow.errors import MailboxError
from ..mailflow.mailbox import Mailbox, Security
from .notification import CLOSE, notification
from .ticket_mail_known import IMPORT_FOLDER

_logger = logging.getLogger(__name__)

TIMEOUT = 60
LONGEST_PAUSE = 60  # minutes
FAILURES_TO_TELL = 3
WARNING = "mail.mail_activity_data_warning"


@dataclass(frozen=True, slots=True)
class Source:
    """A folder to fetch, and the account's fields that keep the position in it.

    `is_sent`: it holds what agents wrote in a mail program; `mailbox`: whose it is.
    """

    folder: str
    uidvalidity_field: str
    uid_field: str
    is_sent: bool = False
    mailbox: str = ""


class FetchmailServer(models.Model):
    """The way in: mailbox → ledger → tickets → mailbox again.

    Mails are fetched without holding any lock. A batch is written under the row lock
    of its account, in one transaction with the account's position, which is tried
    again if it meets another one, and only after the commit is the server told what to
    do with the mails. Whatever happens to the server may be repeated: the ledger
    remembers what is still due.
    """

    _inherit = "fetchmail.server"

    def _fetch_mail(self, **kw):
        accounts = self.filtered("use_ticket_system")
        error = super(FetchmailServer, self - accounts)._fetch_mail(**kw)
        if self.env.context.get("cron_id"):
            return error  # every ticket account has a schedule of its own
        for account in accounts:
            error = account._ticket_fetch() or error
        return error

    def fetch_mail(self):
        """Fetch at once, and tell what came of it."""
        if not self.use_ticket_system:
            return super().fetch_mail()
        self.check_access("write")
        lines = self.env["ticket.mail"].sudo()
        last = lines.search([], order="id desc", limit=1).id or 0
        error = self.sudo()._fetch_mail()
        count = lines.search_count(
            [
                ("server_id", "=", self.id),
                ("id", ">", last),
                ("state", "!=", "duplicate"),
            ]
        )
        if error:
            return notification("danger", str(error), CLOSE)
        return notification("success", self.env._("New mails: %s", count), CLOSE)

    def button_confirm_login(self):
        accounts = self.filtered("use_ticket_system")
        found = []
        for account in accounts:
            try:
                found.append(account._ticket_test())
            except MailboxError as error:
                raise UserError(error.translated(self.env._)) from error
            account.state = "done"
            account._ticket_forget_failures()
        if rest := self - accounts:
            return super(FetchmailServer, rest).button_confirm_login()
        title = self.env._("Connected")
        return notification("success", "\n".join(found), CLOSE, title=title)

    def _ticket_test(self):
        """Look into the folder to be fetched: what is found there."""
        source, *others = self._ticket_sources()
        with self._ticket_connect() as mailbox:
            for other in others:
                if not self.ticket_copy_to_sent:  # else it is made where it is missing
                    mailbox.open(other.folder, readonly=True)
            uidvalidity = mailbox.open(source.folder, readonly=True)
            position = self._ticket_position(source, uidvalidity)
            uids = mailbox.uids_after(position, since=self.ticket_since or None)
            return self.env._(
                "Mails in the folder “%(folder)s”: %(count)s; still to be fetched: "
                "%(new)s.",
                folder=source.folder,
                count=mailbox.count,
                new=len(uids),
            )

    def _ticket_connect(self):
        """An open connection to the account's server, to be used with `with`."""
        self.ensure_one()
        if not self.server:
            raise UserError(self.env._("The account %s has no server.", self.name))
        if missing := self._ticket_missing_login():
            raise UserError(missing)
        return Mailbox.connect(
            self.server,
            self.port,
            Security(self.ticket_security),
            self.sudo()._imap_login__,
            timeout=TIMEOUT,
        )

    def _ticket_fetch(self):
        """Fetch what is new; return the error that ended it, if any."""
        self.ensure_one()
        if self.env.context.get("cron_id") and self._ticket_is_pausing():
            return None
        self = self.with_context(lang=self.create_uid.lang)  # who reads the errors
        warnings = []
        try:
            with self._ticket_connect() as mailbox:
                for source in self._ticket_sources():
                    if source.is_sent and self.ticket_copy_to_sent:
                        warnings.append(self._ticket_put_copies(mailbox, source.folder))
                    warnings.append(self._ticket_fetch_folder(mailbox, source))
            error = None
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()  # another worker does the same at this moment
            return None
        except MailboxError as problem:
            _logger.info("Account %s: %s", self.id, problem)
            error = problem.translated(self.env._)
        except UserError as problem:
            error = str(problem)
        except Exception as problem:
            _logger.exception("Account %s", self.id)
            error = f"{type(problem).__name__}: {problem}"
        self.env.cr.rollback()
        warning = "\n".join(filter(None, warnings)) or None
        retrying(partial(self._ticket_note_health, error, warning), self.env)
        return UserError(error) if error else None

    def _ticket_is_pausing(self):
        return self.ticket_retry_on and self.ticket_retry_on > fields.Datetime.now()

    def _ticket_sources(self):
        inbox, mailbox = self.ticket_folder or "INBOX", self._ticket_mailbox()
        position = ("ticket_uidvalidity", "ticket_last_uid")
        yield Source(inbox, *position, mailbox=mailbox)
        sent = self.ticket_sent_folder
        if sent and sent != inbox:
            position = ("ticket_sent_uidvalidity", "ticket_sent_last_uid")
            yield Source(sent, *position, is_sent=True, mailbox=mailbox)

    def _ticket_fetch_folder(self, mailbox, source):
        """Take in what is new, and then do what is due on the server.

        :return: what the server refused to do, to be tried again by the next fetch
        """
        warning = None
        uidvalidity = mailbox.open(source.folder)
        position = self._ticket_position(source, uidvalidity)
        uids = mailbox.uids_after(position, since=self.ticket_since or None)
        remaining = len(uids)
        self.env["ir.cron"]._commit_progress(remaining=remaining)
        for raw_mails in mailbox.batches(uids):
            write = partial(self._ticket_write_batch, source, uidvalidity, raw_mails)
            if not retrying(write, self.env):
                return warning
            remaining = max(remaining - len(raw_mails), 0)
            time_left = self.env["ir.cron"]._commit_progress(
                len(raw_mails), remaining=remaining
            )
            if not source.is_sent and self.ticket_after_fetch != "keep":
                warning = warning or self._ticket_tidy(mailbox, source, uidvalidity)
            if not time_left:
                return warning
        if source.is_sent:
            return None
        return warning or self._ticket_tidy(mailbox, source, uidvalidity)

    def _ticket_position(self, source, uidvalidity):
        """The last UID that the ledger holds; 0 if the folder was made anew."""
        if self[source.uidvalidity_field] == uidvalidity:
            return self[source.uid_field]
        lines = self.env["ticket.mail"].sudo()  # whatever company their tickets are of
        [[last]] = lines._read_group(
            [
                ("server_id", "=", self.id),
                ("folder", "=", source.folder),
                ("uidvalidity", "=", uidvalidity),
            ],
            aggregates=["uid:max"],
        )
        return last or 0

    def _ticket_mailbox(self):
        """Whose the folders and their UIDs are."""
        return f"{self.user or ''} {self.server or ''}".lower()

    def _ticket_change_mailbox(self, former):
        """Another mailbox may have the same folders, UIDVALIDITYs and UIDs: the lines
        of the former one keep its name in a second line of their folder's, until the
        account returns to it."""
        mailbox = self._ticket_mailbox()
        if mailbox == former:
            return
        lines = self.env["ticket.mail"]
        lines.flush_model(["server_id", "folder"])
        self.env.cr.execute(
            """UPDATE ticket_mail SET folder = concat(folder, chr(10), %s)
                WHERE server_id = %s AND strpos(folder, chr(10)) = 0
                  AND NOT starts_with(folder, %s)""",
            [former, self.id, IMPORT_FOLDER],
        )
        self.env.cr.execute(
            """UPDATE ticket_mail SET folder = split_part(folder, chr(10), 1)
                WHERE server_id = %s AND split_part(folder, chr(10), 2) = %s""",
            [self.id, mailbox],
        )
        lines.invalidate_model(["folder"])

    def _ticket_write_batch(self, source, uidvalidity, raw_mails):
        """Write ledger, tickets and position; False if another worker is at it, or the
        account has come to fetch something else meanwhile."""
        if not self.try_lock_for_update(allow_referencing=True):
            return False
        self.invalidate_recordset()
        if source not in self._ticket_sources():
            return False
        position = self._ticket_position(source, uidvalidity)
        new = [mail for mail in raw_mails if mail.uid > position]
        if new:
            self.env["ticket.mail"]._take_in(self, source, uidvalidity, new)
            self.with_context(fetchmail_cron_running=True).write(
                {
                    source.uidvalidity_field: uidvalidity,
                    source.uid_field: new[-1].uid,
                }
            )
        return True

    def _ticket_tidy(self, mailbox, source, uidvalidity):
        """Do on the server what is due for mails already stored (repeatable).

        :return: what kept it from that
        """
        due = self.env["ticket.mail"].search(
            [
                ("server_id", "=", self.id),
                ("folder", "=", source.folder),
                ("uidvalidity", "=", uidvalidity),
                ("server_action_due", "=", True),
            ]
        )
        uids = due.mapped("uid")
        try:
            if self.ticket_after_fetch == "seen":
                mailbox.mark_seen(uids)
            elif self.ticket_after_fetch == "move":
                mailbox.move(uids, self.ticket_move_folder)
            elif self.ticket_after_fetch == "delete":
                mailbox.delete(uids)
        except MailboxError as problem:
            return problem.translated(self.env._)
        due.server_action_due = False
        self.env["ir.cron"]._commit_progress()
        return None

    def _ticket_put_copies(self, mailbox, folder):
        """Put copies of sent answers into the Sent folder.

        :return: what kept them from it, to be tried again by the next fetch
        """
        copies = self.env["ticket.sent.copy"].search([("server_id", "=", self.id)])
        try:
            mailbox.ensure(folder)
            copies._put(mailbox, folder)
        except MailboxError as problem:
            return problem.translated(self.env._)
        return None

    def _ticket_forget_failures(self):
        failing = self.filtered(lambda a: a.ticket_failures or a.ticket_last_error)
        failing.sudo().ticket_warning_ids.unlink()  # whoever they were for
        failing.write(
            {
                "ticket_last_error": False,
                "ticket_failures": 0,
                "ticket_failing_since": False,
                "ticket_retry_on": False,
            }
        )

    def _ticket_note_health(self, error, warning=None):
        """Keep what the last fetch came to; after failures wait longer each time.

        :param warning: a problem that does not keep mails from being fetched
        """
        self = self.with_context(fetchmail_cron_running=True)
        now = fields.Datetime.now()
        if not error:
            self._ticket_forget_failures()
            self.write({"ticket_last_fetch": now, "ticket_last_error": warning})
            return
        failures = self.ticket_failures + 1
        self.write(
            {
                "ticket_last_error": error,
                "ticket_failures": failures,
                "ticket_failing_since": self.ticket_failing_since or now,
                "ticket_retry_on": now
                + timedelta(minutes=min(2**failures, LONGEST_PAUSE)),
            }
        )
        if failures == FAILURES_TO_TELL:
            summary = self.env._("Mails of %s are not fetched", self.name)
            self.ticket_warning_ids = self._ticket_warn_administrators(summary, error)

    def _ticket_tell_flood(self):
        """Tell once an hour that new tickets are not answered by themselves."""
        summary = self.env._("Flood of mails to %s", self.name)
        told = self.env["mail.activity"].search_count(
            [
                ("summary", "=", summary),
                ("create_date", ">", fields.Datetime.now() - timedelta(hours=1)),
            ],
            limit=1,
        )
        if not told:
            self._ticket_warn_administrators(
                summary,
                self.env._(
                    "Tickets are made of all of them, but for an hour nothing is "
                    "answered automatically."
                ),
            )

    def _ticket_warn_administrators(self, summary, note):
        """An activity for each administrator, which leads to the account."""
        group = self.env.ref("ticket_system.group_administrator")
        users = group.all_user_ids.filtered(lambda user: user.active)
        return self.env["mail.activity"].create(
            [
                {
                    "activity_type_id": self.env.ref(WARNING).id,
                    "summary": summary,
                    "note": Markup("<p>%s</p><p><a href='%s'>%s</a></p>")
                    % (
                        note,
                        f"/odoo/ticket-accounts/{self.id}",
                        self.env._("Open the e-mail account"),
                    ),
                    "user_id": user.id,
                }
                for user in users
            ]
        )
