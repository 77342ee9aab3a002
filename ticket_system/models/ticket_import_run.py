import logging
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import retrying

from ..mailflow import files, openxe
from ..mailflow.files import FileError, Item, Skipped
from .ticket_import import MAILS, PROJECTS
from .ticket_import_openxe import Outcome
from .ticket_mail_intake import is_transient

_logger = logging.getLogger(__name__)

BATCH = files.BATCH_COUNT
TABLES = list(openxe.KINDS)


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
        time_left = all(self._run_stream(*stream) for stream in self._streams())
        if time_left or self.done_count >= self.row_count:
            self._finish()
            self.env["ir.cron"]._commit_progress(remaining=0)
        return time_left

    def _streams(self):
        """(kind, what the columns mean, items): tables before those that refer to them,
        then the mails of all files together, by their dates."""
        position = self.position or {}
        readable = self.attachment_ids.filtered(
            lambda file: position.get(str(file.id), 0) is not None
        )
        tables = readable.filtered(lambda file: self._kind(file) != MAILS)
        for file in tables.sorted(lambda file: TABLES.index(self._kind(file))):
            items = _left(self._read(file), position)
            yield self._kind(file), self._meanings(file), items
        yield MAILS, {}, _left(self._mails(readable - tables, position), position)

    def _mails(self, mail_files, position):
        """Of files with one mail, each is opened when its turn comes."""
        single = mail_files.filtered(lambda file: files.is_one_mail(file.name))
        boxes = map(self._read, mail_files - single)
        rest = single.filtered(lambda file: str(file.id) not in position)
        by_date = rest.sorted(lambda file: self._date(file) or datetime.max)
        return files.in_order([*boxes, chain.from_iterable(map(self._read, by_date))])

    def _read(self, file):
        """Its items; number 0 tells why it cannot be read on."""
        try:
            for item in self._items(file):
                yield replace(item, file=file)
        except FileError as error:
            yield Item(0, Skipped(error.args[0]), file)

    def _run_stream(self, kind, meanings, items):
        """Import it until the time is up; whether time is left."""
        for batch in files.batches(items, BATCH):
            retrying(partial(self._take, kind, meanings, batch), self.env)
            left = max(self.row_count - self.done_count, 0)
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=left):
                return False
            self.env.invalidate_all()
        return True

    def _skip_file(self, file, reason):
        self._note([(file, 0, reason)])
        self._move({file: None})

    def _take(self, kind, meanings, batch):
        """Import a batch and note how far it came: one transaction."""
        self._take_or_split(kind, meanings, batch)
        if kind != PROJECTS:
            self.done_count += sum(1 for item in batch if item.number)
        self._move({item.file: item.number or None for item in batch})

    def _take_or_split(self, kind, meanings, batch):
        """A row that fails is skipped alone."""
        try:
            with self.env.cr.savepoint():
                self._take_batch(kind, meanings, batch)
        except Exception as error:
            if is_transient(error):
                raise
            if len(batch) > 1:
                for item in batch:
                    self._take_or_split(kind, meanings, [item])
                return
            [item] = batch
            _logger.warning(
                "Row %s of file %s", item.number, item.file.id, exc_info=True
            )
            self._note([(item.file, item.number, _told(error))])

    def _take_batch(self, kind, meanings, batch):
        self = self.with_context(default_import_id=self.id)
        skipped = [
            (item.file, item.number, item.content.reason.translated(self.env._))
            for item in batch
            if isinstance(item.content, Skipped)
        ]
        rest = [item for item in batch if not isinstance(item.content, Skipped)]
        if kind == MAILS:
            outcome = self._take_mails(rest)
        else:
            outcome = self._take_table(kind, meanings, rest)
        self.made_count += outcome.made
        self.known_count += outcome.known
        self._note(skipped + outcome.problems)
        self._note(outcome.notes, is_note=True)

    def _take_mails(self, items):
        mails = self.env["ticket.mail"].with_context(
            ticket_import=True, ticket_import_close=self.close_mails
        )
        return mails._import(self.account_id, items)

    def _take_table(self, kind, meanings, items):
        rows = [(item.number, openxe.meant(item.content, meanings)) for item in items]
        outcome = self._take_rows(kind, rows)
        file_of = {item.number: item.file for item in items}
        return replace(
            outcome,
            problems=[(file_of[row], row, why) for row, why in outcome.problems],
            notes=[(file_of[row], row, why) for row, why in outcome.notes],
        )

    def _take_rows(self, kind, rows):
        if kind != PROJECTS:
            openxe_rows = self.env["ticket.import.openxe"]
            return openxe_rows._take(kind, rows, self.project_names or {})
        names = {
            row.get("id", ""): [row.get("code", ""), row.get("name", "")]
            for _number, row in rows
        }
        self.project_names = {**(self.project_names or {}), **names}
        return Outcome()

    def _move(self, numbers):
        """
        :param numbers: {file: how far it came}
        """
        moved = {str(file.id): number for file, number in numbers.items()}
        self.position = {**(self.position or {}), **moved}
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
        self._note([(self.env["ir.attachment"], 0, _told(error))])
        self._finish()
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _note(self, problems, is_note=False):
        """
        :param problems: [(file, row number or 0 for all of it, why it is skipped)]
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
                for file, row, reason in problems
            ]
        )


def _left(items, position):
    """Those that were not taken before."""
    return (
        item
        for item in items
        if not item.number or item.number > position.get(str(item.file.id), 0)
    )


def _told(error):
    return str(error) if isinstance(error, UserError) else repr(error)
