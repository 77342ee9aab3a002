import logging
import os
from contextlib import contextmanager, suppress

import psycopg2

from odoo import api, models
from odoo.tools import mute_logger

_logger = logging.getLogger(__name__)

STORAGE = "ticket_system.storage"


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

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
