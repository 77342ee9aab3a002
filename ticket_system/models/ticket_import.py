import io
from contextlib import suppress

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mailflow import files, openxe
from ..mailflow.errors import _lt
from ..mailflow.files import FileError

MAILS = "mails"  # the kind of file that has no columns
PROJECTS = "projects"  # only looked up, for their names


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
            ("ready", "Ready"),
            ("running", "Running"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )

    # what is imported
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

    # how far it came
    row_count = fields.Integer("Found", readonly=True)
    done_count = fields.Integer("Done", readonly=True)
    made_count = fields.Integer("New", readonly=True)
    known_count = fields.Integer("Known Before", readonly=True)
    problem_ids = fields.One2many(
        "ticket.import.problem",
        "import_id",
        "Skipped",
        domain=[("is_note", "=", False)],
        readonly=True,
    )
    problem_count = fields.Integer("Skipped", compute="_compute_problem_count")
    note_ids = fields.One2many(
        "ticket.import.problem",
        "import_id",
        "Notes",
        domain=[("is_note", "=", True)],
        readonly=True,
    )
    note_count = fields.Integer("Notes", compute="_compute_problem_count")
    ticket_count = fields.Integer("Tickets", compute="_compute_ticket_count")
    progress = fields.Float(compute="_compute_progress")
    position = fields.Json(
        readonly=True, help="Rows done, by file; nothing: the file is given up."
    )
    project_names = fields.Json(
        readonly=True, help="Code and name of the projects elsewhere, by their id."
    )

    @api.depends("problem_ids", "note_ids")
    def _compute_problem_count(self):
        for record in self:
            record.problem_count = len(record.problem_ids)
            record.note_count = len(record.note_ids)

    def _compute_ticket_count(self):
        counts = dict(
            self.env["ticket.ticket"]._read_group(
                [("import_id", "in", self.ids)], ["import_id"], ["__count"]
            )
        )
        for record in self:
            record.ticket_count = counts.get(record._origin, 0)

    @api.depends("row_count", "done_count")
    def _compute_progress(self):
        for record in self:
            record.progress = 100 * record.done_count / (record.row_count or 1)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_read(self):
        """Look into the files: what they are, and what their columns mean.

        What was chosen for a file stays. One that cannot be read is skipped, unless
        there is no other.
        """
        self.ensure_one()
        known = self.attachment_ids
        self.column_ids.filtered(lambda c: c.attachment_id not in known).unlink()
        self.problem_ids.unlink()
        self.position = False
        count, unreadable = 0, {}
        for file in self.attachment_ids:
            try:
                count += self._read_file(file)
            except FileError as error:
                unreadable[file] = error.translated(self.env._)
        if unreadable and len(unreadable) == len(self.attachment_ids):
            raise UserError(
                "\n\n".join(
                    self.env._("%(file)s: %(reason)s", file=file.name, reason=reason)
                    for file, reason in unreadable.items()
                )
            )
        for file, reason in unreadable.items():
            self._skip_file(file, reason)
        self.write(
            {
                "row_count": count + len(unreadable),
                "done_count": len(unreadable),
                "state": "ready",
            }
        )

    def _read_file(self, file):
        """Find out the columns, if it has any; the count of what is to be imported."""
        if files.holds_mails(file.name) and not self.account_id:
            raise UserError(self.env._("Choose the account the mails belong to."))
        with self.env.cr.savepoint():
            if not self._is_understood(file):
                self._read_columns(file)
            count = sum(1 for _item in self._items(file))
        return 0 if self._kind(file) == PROJECTS else count

    def _read_columns(self, file):
        with _opened(file) as stream:
            columns = files.header(stream)
        kind = openxe.kind_of(columns)
        if not kind:
            raise FileError(_what_misses(columns))
        self.column_ids.create(
            [
                {
                    "import_id": self.id,
                    "attachment_id": file.id,
                    "kind": kind,
                    "name": column,
                    "target": openxe.COLUMNS[kind].get(column.lower()),
                }
                for column in filter(None, columns)
            ]
        )

    def action_start(self):
        """Import in the background, from where it stopped."""
        self.column_ids._refuse_doubles()
        self.write({"state": "running"})
        self.env.ref("ticket_system.ir_cron_import")._trigger()

    def action_again(self):
        """Back to the files, which may be changed; what is there is left alone, and
        what was noted of it stays true."""
        zero = {"done_count": 0, "made_count": 0, "known_count": 0}
        self.write({**zero, "state": "draft"})

    def action_open_tickets(self):
        """The tickets that this import made."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "ticket_system.ticket_ticket_action"
        )
        return action | {"domain": [("import_id", "=", self.id)], "context": {}}

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _is_understood(self, file):
        return files.holds_mails(file.name) or file in self.column_ids.attachment_id

    def _kind(self, file):
        """One of openxe.KINDS or MAILS, as it was found out when the file was read."""
        columns = self.column_ids.filtered(lambda column: column.attachment_id == file)
        return columns[:1].kind or MAILS

    def _meanings(self, file):
        """{column: what it means}, as chosen."""
        columns = self.column_ids.filtered(
            lambda column: column.attachment_id == file and column.target
        )
        return {column.name: column.target for column in columns}

    def _items(self, file):
        with _opened(file) as stream:
            if files.holds_mails(file.name):
                yield from files.mails(file.name, stream)
            else:
                yield from files.rows(stream)

    def _date(self, file):
        """When the one mail in a file was written, as far as it can be told."""
        with suppress(FileError), _opened(file) as stream:
            return files.date_of(stream.read(files.LINE))
        return None


def _what_misses(columns):
    """Why a file with these columns is of no kind, a Term."""
    if nearest := openxe.nearest_kind(columns):
        kind, missing = nearest
        return _lt(
            "The columns %(missing)s are missing for the table “%(table)s”.",
            table=openxe.TABLES[kind],
            missing=", ".join(missing),
        )
    return _lt(
        "This is neither a CSV export of the tables %(tables)s, nor mbox, ZIP or eml.",
        tables=", ".join(openxe.TABLES.values()),
    )


def _opened(file):
    """The file's bytes as a stream, from the file store where it lies there."""
    if file.store_fname:
        return files.opened(file._full_path(file.store_fname))
    return io.BytesIO(file.raw or b"")
