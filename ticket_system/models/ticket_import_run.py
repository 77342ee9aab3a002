import logging
from functools import partial

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import retrying

from ..mailflow import files, openxe
from ..mailflow.files import FileError, Skipped
from ..mailflow.message import parse
from .ticket_import import MAILS
from .ticket_import_openxe import Outcome
from .ticket_mail_intake import is_transient

_logger = logging.getLogger(__name__)

BATCH = files.BATCH_COUNT
ORDER = (*openxe.KINDS, MAILS)


class TicketImport(models.Model):
    """The run of an import: a batch after the other, each a transaction.

    A batch that fails is taken row by row. Where it stops, by whatever, it goes on.
    """

    _inherit = "ticket.import"

    @api.model
    def _cron_import(self):
        for record in self.search([("state", "=", "running")], order="id"):
            user = record.create_uid
            try:
                if not record.with_context(tz=user.tz, lang=user.lang)._run():
                    return
            except Exception as error:
                if is_transient(error):
                    raise
                self.env.cr.rollback()
                record._give_up(error)

    def _run(self):
        """Import until all is done or the time is up; whether time is left."""
        time_left = True
        for file in self._in_order():
            time_left = time_left and self._run_file(file)
        if time_left or self.done_count >= self.row_count:
            self._finish()
            self.env["ir.cron"]._commit_progress(remaining=0)
        return time_left

    def _in_order(self):
        """Tables before those that refer to them, and what was sent after what it
        answers: a file is of sent mails if its first one is from our own address."""
        return self.attachment_ids.sorted(
            lambda file: (ORDER.index(self._kind(file)), self._begins_with_sent(file))
        )

    def _begins_with_sent(self, file):
        if self._kind(file) != MAILS:
            return False
        try:
            first = next((item.content for item in self._items(file)), None)
        except FileError:
            return False
        mails = self.env["ticket.mail"].with_context(ticket_import=True)
        return isinstance(first, bytes) and mails._is_sent(None, parse(first))

    def _run_file(self, file):
        done = (self.position or {}).get(str(file.id), 0)
        if done is None:
            return True
        rest = (item for item in self._items(file) if item.number > done)
        meanings = self._meanings(file)
        try:
            for batch in files.batches(rest, BATCH):
                retrying(partial(self._take, file, meanings, batch), self.env)
                left = max(self.row_count - self.done_count, 0)
                cron = self.env["ir.cron"]
                if not cron._commit_progress(len(batch), remaining=left):
                    return False
                self.env.invalidate_all()
        except FileError as error:
            self._skip_file(file, error.translated(self.env._))
        return True

    def _skip_file(self, file, reason):
        self._note(file, [(0, reason)])
        self._move(file, None)

    def _take(self, file, meanings, batch):
        """Import a batch and note how far it came: one transaction."""
        self._take_or_split(file, meanings, batch)
        self.done_count += len(batch)
        self._move(file, batch[-1].number)

    def _take_or_split(self, file, meanings, batch):
        """A row that fails is skipped alone."""
        try:
            with self.env.cr.savepoint():
                self._take_batch(file, meanings, batch)
        except Exception as error:
            if is_transient(error):
                raise
            if len(batch) > 1:
                for item in batch:
                    self._take_or_split(file, meanings, [item])
                return
            _logger.warning(
                "Row %s of file %s", batch[0].number, file.id, exc_info=True
            )
            self._note(file, [(batch[0].number, _told(error))])

    def _take_batch(self, file, meanings, batch):
        self = self.with_context(default_import_id=self.id)
        skipped = [
            (item.number, item.content.reason.translated(self.env._))
            for item in batch
            if isinstance(item.content, Skipped)
        ]
        rest = [item for item in batch if not isinstance(item.content, Skipped)]
        kind = self._kind(file)
        if kind == MAILS:
            outcome = self._take_mails(file, rest)
        else:
            rows = [
                (item.number, openxe.meant(item.content, meanings)) for item in rest
            ]
            outcome = self._take_rows(kind, rows)
        self.made_count += outcome.made
        self.known_count += outcome.known
        self._note(file, skipped + outcome.problems)
        self._note(file, outcome.notes, is_note=True)

    def _take_mails(self, file, items):
        mails = self.env["ticket.mail"].with_context(
            ticket_import=True, ticket_import_close=self.close_mails
        )
        return mails._import(self.account_id, file.checksum, items)

    def _take_rows(self, kind, rows):
        if kind != "projects":
            openxe_rows = self.env["ticket.import.openxe"]
            return openxe_rows._take(kind, rows, self.project_names or {})
        names = {
            row.get("id", ""): [row.get("code", ""), row.get("name", "")]
            for _number, row in rows
        }
        self.project_names = {**(self.project_names or {}), **names}
        return Outcome()

    def _move(self, file, position):
        self.position = {**(self.position or {}), str(file.id): position}
        self._tell_progress()

    def _finish(self):
        self.state = "done"
        self._tell_progress()

    def _tell_progress(self):
        """Let open forms show how far it came, after the commit."""
        group = self.env.ref("ticket_system.group_administrator")
        group._bus_send("ticket_system.import", {"id": self.id})

    def _give_up(self, error):
        _logger.error("Import %s", self.id, exc_info=error)
        self._note(self.env["ir.attachment"], [(0, _told(error))])
        self._finish()
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _note(self, file, problems, is_note=False):
        """
        :param problems: [(row number, or 0 for the file, why it is skipped)]
        :param is_note: it is taken, but for what is told
        """
        self.env["ticket.import.problem"].create(
            [
                {
                    "import_id": self.id,
                    "attachment_id": file.id,
                    "row": row,
                    "reason": reason,
                    "is_note": is_note,
                }
                for row, reason in problems
            ]
        )


def _told(error):
    return str(error) if isinstance(error, UserError) else repr(error)
