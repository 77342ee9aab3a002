import logging
import os
from contextlib import contextmanager, suppress

import psycopg2

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import mute_logger

from .mail_message import picture_ids

_logger = logging.getLogger(__name__)

STORAGE = "ticket_system.storage"
CONTENT = {"name", "mimetype", "raw", "datas", "db_datas", "store_fname"}
PLACE = {"res_model", "res_id", "res_field"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # ------------------------------------------------------------------
    # What was sent or received stays as it was
    # ------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and (CONTENT | PLACE) & vals.keys():
            self._refuse_conversation()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_conversation(self):
        if not self.env.su:
            self._refuse_conversation()

    def _delete_and_notify(self, message=None):
        """By this the web client deletes files, with all rights."""
        self._refuse_conversation()
        return super()._delete_and_notify(message)

    def _refuse_conversation(self):
        messages = self.env["mail.message"].sudo()
        of_tickets = Domain("model", "=", "ticket.ticket")
        attached = messages.search(
            of_tickets & Domain("attachment_ids", "in", self.ids)
        )
        attached._refuse_conversation()
        for file in self.sudo().filtered(lambda f: f.res_model == "ticket.ticket"):
            of_ticket = of_tickets & Domain("res_id", "=", file.res_id)
            shown = of_ticket & Domain("body", "like", f"/web/image/{file.id}")
            for message in messages.search(shown):
                if file.id in picture_ids(message.body):
                    message._refuse_conversation()

    # ------------------------------------------------------------------
    # Storage
    # ------------------------------------------------------------------

    def init(self):
        """Let PostgreSQL compress mails by its faster method, where it has it."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.env.cr.execute(
                    "ALTER TABLE ir_attachment ALTER db_datas SET COMPRESSION lz4"
                )
        except (psycopg2.errors.SyntaxError, psycopg2.errors.FeatureNotSupported):
            _logger.info("This PostgreSQL does not compress by lz4")

    @contextmanager
    def _in_database(self):
        """Keep what is created in the block in the database, whatever the setting."""
        self.env.cr.cache[STORAGE] = "db"
        try:
            yield
        finally:
            self.env.cr.cache.pop(STORAGE, None)

    @api.model
    def _storage(self):
        return self.env.cr.cache.get(STORAGE) or super()._storage()

    @api.model
    def _get_path(self, bin_data, sha):
        """Remove a file that a full disk or a killed process has left cut short.

        Files are named by their checksum, so Odoo would take the rest for a collision
        and refuse that content for ever.
        """
        path = self._full_path(f"{sha[:2]}/{sha}")
        with suppress(FileNotFoundError):
            if os.path.getsize(path) < len(bin_data):
                os.unlink(path)
        return super()._get_path(bin_data, sha)
