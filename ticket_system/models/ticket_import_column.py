from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import remove_accents

from ..mailflow import openxe
from ..mailflow.errors import _lt

TARGETS = {
    "account": _lt("Our Address"),
    "agent": _lt("Agent"),
    "answer": _lt("Answer in the Same Row"),
    "cc": _lt("Cc"),
    "code": _lt("Code"),
    "comment": _lt("Internal Comment"),
    "date": _lt("Date"),
    "email": _lt("E-mail Address"),
    "gdpr": _lt("GDPR"),
    "id": _lt("Identifier"),
    "name": _lt("Name"),
    "number": _lt("Ticket Number"),
    "priority": _lt("Priority"),
    "private": _lt("Private"),
    "project": _lt("Project"),
    "queue": _lt("Queue"),
    "reply_to": _lt("Reply-To"),
    "sent": _lt("Written by Us"),
    "sent_on": _lt("Sent On"),
    "sequence": _lt("Sequence"),
    "status": _lt("Status"),
    "subject": _lt("Subject"),
    "tags": _lt("Tags"),
    "text": _lt("Text"),
    "ticket": _lt("Ticket"),
    "visible": _lt("Visible"),
}


class TicketImportColumn(models.Model):
    _name = "ticket.import.column"
    _description = "Column of an Import"
    _order = "id"

    import_id = fields.Many2one("ticket.import", required=True, ondelete="cascade")
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True)
    kind = fields.Selection(
        [(kind, kind.title()) for kind in openxe.KINDS], readonly=True
    )
    name = fields.Char("Column", required=True, readonly=True)
    target = fields.Selection("_selection_target", "Means", help="Empty: not imported.")
    offered = fields.Json(compute="_compute_offered")

    @api.model
    def _selection_target(self):
        """In the order of the reader's language."""
        names = [
            (target, term.translated(self.env._)) for target, term in TARGETS.items()
        ]
        return sorted(names, key=lambda pair: remove_accents(pair[1]).lower())

    @api.depends("kind")
    def _compute_offered(self):
        """What columns of its kind of table can mean."""
        for column in self:
            column.offered = [*{*openxe.COLUMNS[column.kind].values()}]

    def _refuse_doubles(self):
        """Tell if two columns of a file mean what can be only one."""
        single = self.filtered(lambda c: c.target and c.target not in openxe.JOINED)
        meanings = dict(self._selection_target())
        for columns in single.grouped(lambda c: (c.attachment_id, c.target)).values():
            if len(columns) > 1:
                raise UserError(
                    self.env._(
                        "In “%(file)s”, the columns %(columns)s all mean "
                        "“%(meaning)s”: choose one of them, and leave the others "
                        "empty.",
                        file=columns[0].attachment_id.name,
                        columns=", ".join(columns.mapped("name")),
                        meaning=meanings[columns[0].target],
                    )
                )
