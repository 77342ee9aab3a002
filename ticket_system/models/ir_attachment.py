import os

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _storage(self):
        """Let code choose where its attachments are kept, by `ticket_storage`."""
        return self.env.context.get("ticket_storage") or super()._storage()

    @api.model
    def _file_write(self, bin_value, checksum):
        """Replace a file that a full disk or a killed process has left cut short.

        Files are named by their checksum, so Odoo would take the rest for a collision
        and refuse that content for ever.
        """
        path = self._full_path(f"{checksum[:2]}/{checksum}")
        if os.path.exists(path) and os.path.getsize(path) != len(bin_value):
            os.unlink(path)
        return super()._file_write(bin_value, checksum)
