import os
from contextlib import suppress

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _storage(self):
        """Let code choose where its attachments are kept, by `ticket_storage`."""
        return self.env.context.get("ticket_storage") or super()._storage()

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
