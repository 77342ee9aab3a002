import io

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mailflow import files, openxe
from ..mailflow.files import FileError

MAILS = "mails"  # the kind of file that has no columns


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
    row_count = fields.Integer("Rows", readonly=True)
    done_count = fields.Integer("Rows Done", readonly=True)
    made_count = fields.Integer("New", readonly=True)
    known_count = fields.Integer("Known Before", readonly=True)
    problem_ids = fields.One2many(
        "ticket.import.problem", "import_id", "Skipped Rows", readonly=True
    )
    problem_count = fields.Integer("Skipped", compute="_compute_problem_count")
    ticket_count = fields.Integer("Tickets", compute="_compute_ticket_count")
    progress = fields.Float(compute="_compute_progress")
    position = fields.Json(
        readonly=True, help="Rows done, by file; nothing: the file is given up."
    )
    project_names = fields.Json(
        readonly=True, help="Code and name of the projects elsewhere, by their id."
    )

    @api.depends("problem_ids")
    def _compute_problem_count(self):
        for record in self:
            record.problem_count = len(record.problem_ids)

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
        """Look into the files: what they are, and what their columns mean."""
        self.ensure_one()
        self.column_ids.unlink()
        count = 0
        for file in self.attachment_ids:
            try:
                self._read_columns(file)
                count += sum(1 for _item in self._items(file))
            except FileError as error:
                reason = error.translated(self.env._)
                told = self.env._("%(file)s: %(reason)s", file=file.name, reason=reason)
                raise UserError(told) from error
        self.write({"row_count": count, "state": "ready"})

    def _read_columns(self, file):
        if files.holds_mails(file.name):
            if not self.account_id:
                raise UserError(self.env._("Choose the account the mails belong to."))
            return
        with _opened(file) as stream:
            columns = files.header(stream)
        kind = openxe.kind_of(columns)
        if not kind:
            raise UserError(
                self.env._(
                    "%s is neither a CSV export of tickets, messages, queues, "
                    "templates or projects, nor mbox, ZIP or eml.",
                    file.name,
                )
            )
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
        self.write({"state": "running"})
        self.env.ref("ticket_system.ir_cron_import")._trigger()

    def action_again(self):
        """Go through all files once more; what is there is left alone."""
        self.problem_ids.unlink()
        zero = {"done_count": 0, "made_count": 0, "known_count": 0}
        self.write({**zero, "position": False, "state": "ready"})

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


def _opened(file):
    """The file's bytes as a stream, from the file store where it lies there."""
    if file.store_fname:
        return files.opened(file._full_path(file.store_fname))
    return io.BytesIO(file.raw or b"")
