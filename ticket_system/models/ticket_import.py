import csv
import io
import os
import zipfile
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mailflow.charset import decode
from ..mailflow.mailbox import RawMail
from .fetchmail_server_fetch import Source
from .ticket_import_openxe import COLUMNS, KINDS, TARGETS

BATCH = 200
MAILS = "mails"
csv.field_size_limit(2**26)


class TicketImport(models.Model):
    """Tickets from elsewhere: CSV exports of Xentral or OpenXE, or mails in files.

    What is there already is left alone, so that an import may be run again; what cannot
    be taken is listed with the reason.
    """

    _name = "ticket.import"
    _description = "Import of Tickets"
    _order = "id desc"

    name = fields.Char(
        required=True, default=lambda self: self.env._("Import of Tickets")
    )
    state = fields.Selection(
        [
            ("draft", "Files"),
            ("ready", "Columns"),
            ("running", "Running"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Files", required=True)
    account_id = fields.Many2one(
        "fetchmail.server",
        "E-mail Account of Mails",
        domain=[("use_ticket_system", "=", True)],
        help="Mails from mbox, ZIP and eml files become tickets as if they had come to "
        "this account; none is answered automatically.",
    )
    close_mails = fields.Boolean("Close the Tickets of Mails", default=True)
    column_ids = fields.One2many("ticket.import.column", "import_id", "Columns")
    problem_ids = fields.One2many(
        "ticket.import.problem", "import_id", "Skipped Rows", readonly=True
    )
    row_count = fields.Integer("Rows", readonly=True)
    done_count = fields.Integer("Rows Done", readonly=True)
    made_count = fields.Integer("New", readonly=True)
    known_count = fields.Integer("Known Before", readonly=True)
    problem_count = fields.Integer("Skipped", compute="_compute_problem_count")
    progress = fields.Float(compute="_compute_progress")
    position = fields.Json(readonly=True, help="Rows done, by file.")

    @api.depends("problem_ids")
    def _compute_problem_count(self):
        for record in self:
            record.problem_count = len(record.problem_ids)

    @api.depends("row_count", "done_count")
    def _compute_progress(self):
        for record in self:
            record.progress = 100 * record.done_count / (record.row_count or 1)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_read(self):
        """Look into the files: what they are, and what their columns mean."""
        self.ensure_one()
        self.column_ids.unlink()
        rows = 0
        for file in self.attachment_ids:
            kind = self._kind(file)
            if not kind:
                raise UserError(
                    self.env._(
                        "%s is neither a CSV export of tickets, messages, queues or "
                        "templates, nor mbox, ZIP or eml.",
                        file.name,
                    )
                )
            if kind == MAILS and not self.account_id:
                raise UserError(self.env._("Choose the account the mails belong to."))
            rows += sum(1 for _row in self._rows(file))
            self.column_ids.create(
                [
                    {
                        "import_id": self.id,
                        "attachment_id": file.id,
                        "kind": kind,
                        "name": column,
                        "target": COLUMNS.get(kind, {}).get(column.lower()),
                    }
                    for column in self._header(file)
                ]
            )
        self.write({"row_count": rows, "state": "ready"})

    def action_start(self):
        """Import in the background, from where it stopped."""
        self.write({"state": "running"})
        self.env.ref("ticket_system.ir_cron_import")._trigger()

    def action_again(self):
        """Go through all files once more; what is there is left alone."""
        self.problem_ids.unlink()
        zero = {"done_count": 0, "made_count": 0, "known_count": 0}
        self.write({**zero, "position": False, "state": "ready"})

    # ------------------------------------------------------------------
    # Run
    # ------------------------------------------------------------------

    @api.model
    def _cron_import(self):
        for record in self.search([("state", "=", "running")], order="id"):
            if not record.with_context(tz=record.create_uid.tz)._run():
                return

    def _run(self):
        """Import a batch at a time; whether it came to its end."""
        for file in self.attachment_ids.sorted(
            lambda file: (*KINDS, MAILS).index(self._kind(file))
        ):
            kind = self._kind(file)
            rows = self._rows(file)
            done = (self.position or {}).get(str(file.id), 0)
            rows = islice(rows, done, None)
            while batch := list(islice(rows, BATCH)):
                self._take_batch(file, kind, batch)
                done += len(batch)
                self.position = {**(self.position or {}), str(file.id): done}
                self.done_count += len(batch)
                left = self.row_count - self.done_count
                if not self.env["ir.cron"]._commit_progress(len(batch), remaining=left):
                    return False
                self.env.invalidate_all()
        self.state = "done"
        self.env["ir.cron"]._commit_progress(remaining=0)
        return True

    def _take_batch(self, file, kind, batch):
        if kind == MAILS:
            made, known, problems = self._take_mails(file, batch)
        else:
            take = getattr(self.env["ticket.import.openxe"], f"_take_{kind}")
            made, known, problems = take(self._mapped(file, batch))
        self.made_count += made
        self.known_count += known
        self.env["ticket.import.problem"].create(
            [
                {
                    "import_id": self.id,
                    "attachment_id": file.id,
                    "row": row,
                    "reason": why,
                }
                for row, why in problems
            ]
        )

    def _take_mails(self, file, batch):
        source = Source(
            f"import {file.checksum}", "ticket_uidvalidity", "ticket_last_uid"
        )
        mails = self.env["ticket.mail"].with_context(ticket_import=True)
        known = mails.search(
            [("folder", "=", source.folder), ("uid", "in", [n for n, _raw in batch])]
        ).mapped("uid")
        lines = mails._take_in(
            self.account_id,
            source,
            1,
            [
                RawMail(number, raw, None)
                for number, raw in batch
                if number not in known
            ],
        )
        made = lines.filtered(lambda line: line.state == "done")
        if self.close_mails:
            closed = self.env["ticket.status"]._by_code("closed")
            made.ticket_id.with_context(tracking_disable=True).status_id = closed
        problems = [
            (line.uid, line.error)
            for line in lines.filtered(lambda line: line.state == "quarantined")
        ]
        return len(made), len(batch) - len(made) - len(problems), problems

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _kind(self, file):
        """ "tickets", "messages", "queues", "templates" or "mails"; None: unknown."""
        extension = file.name.rpartition(".")[2].lower()
        if extension in ("mbox", "zip", "eml"):
            return MAILS
        columns = {name.lower() for name in self._header(file)}
        fitting = {kind: len(columns & known.keys()) for kind, known in COLUMNS.items()}
        needed = [kind for kind in KINDS if KINDS[kind] <= columns]
        return max(needed, key=fitting.get, default=None)

    def _header(self, file):
        if file.name.lower().endswith((".mbox", ".zip", ".eml")):
            return []
        return next(self._csv(file), [])

    def _rows(self, file):
        """(row number, values by column, or the bytes of a mail), from 1."""
        if self._kind(file) == MAILS:
            yield from enumerate(_mails(file), 1)
            return
        rows = self._csv(file)
        header = next(rows, [])
        for number, row in enumerate(rows, 1):
            yield number, dict(zip(header, row, strict=False))

    def _csv(self, file):
        """The rows of a CSV file, read as one goes; the separator is found out."""
        with _opened(file) as raw:
            start = raw.read(2**16)
            raw.seek(0)
            encoding = "utf-8-sig"
            try:
                start[: start.rfind(b"\n") + 1].decode(encoding)
            except UnicodeDecodeError:
                encoding = "cp1252"
            line = decode(start.split(b"\n")[0], encoding)
            separator = max(";,\t|", key=line.count)
            text = io.TextIOWrapper(raw, encoding, errors="replace", newline="")
            yield from csv.reader(text, delimiter=separator)

    def _mapped(self, file, batch):
        """(row number, {target: text}) as the columns are mapped."""
        columns = self.column_ids.filtered(
            lambda c: c.attachment_id == file and c.target
        )
        meaning = {column.name: column.target for column in columns}
        return [
            (
                number,
                {
                    meaning[name]: value
                    for name, value in row.items()
                    if name in meaning
                },
            )
            for number, row in batch
        ]


class TicketImportColumn(models.Model):
    _name = "ticket.import.column"
    _description = "Column of an Import"
    _order = "id"

    import_id = fields.Many2one("ticket.import", required=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    kind = fields.Selection([(kind, kind.title()) for kind in KINDS], readonly=True)
    name = fields.Char("Column", required=True, readonly=True)
    target = fields.Selection(TARGETS, "Means", help="Empty: not imported.")


class TicketImportProblem(models.Model):
    _name = "ticket.import.problem"
    _description = "Skipped Row of an Import"
    _order = "attachment_id, row"
    _rec_name = "reason"

    import_id = fields.Many2one("ticket.import", required=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    row = fields.Integer(readonly=True)
    reason = fields.Char(readonly=True)


def _opened(file):
    """The file's bytes as a stream, from the file store where it lies there."""
    if file.store_fname and os.path.exists(path := file._full_path(file.store_fname)):
        return open(path, "rb")
    return io.BytesIO(file.raw or b"")


def _mails(file):
    extension = file.name.rpartition(".")[2].lower()
    with _opened(file) as stream:
        if extension == "zip":
            with zipfile.ZipFile(stream) as archive:
                for name in sorted(archive.namelist()):
                    if name.lower().endswith(".eml"):
                        yield archive.read(name)
        elif extension == "eml":
            yield stream.read()
        else:
            yield from _of_mbox(stream)


def _of_mbox(stream):
    """The mails of an mbox (RFC 4155), read as one goes; `>From ` is undone."""
    lines = []
    for line in stream:
        if line.startswith(b"From ") and (not lines or not lines[-1].strip()):
            if lines:
                yield b"".join(lines)
            lines = [b""]
        else:
            lines.append(line[1:] if line.startswith(b">From ") else line)
    if any(line.strip() for line in lines):
        yield b"".join(lines)
