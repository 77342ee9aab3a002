from odoo import models

# what a browser may show in a tab of ours: types that hold no page and no script
SHOWN = ("application/pdf", "text/plain")
SHOWN_KINDS = ("image", "audio", "video")
WITH_SCRIPT = ("image/svg+xml",)
MODELS = ("ticket.ticket", "ticket.mail")


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    def _get_stream_from(self, record, field_name="raw", *args, **kwargs):
        """Files that came by mail are downloaded, whatever type is asked for."""
        stream = super()._get_stream_from(record, field_name, *args, **kwargs)
        if record._name == "ir.attachment" and record.sudo().res_model in MODELS:
            mimetype = (stream.mimetype or "").lower()
            is_shown = mimetype in SHOWN or mimetype.split("/")[0] in SHOWN_KINDS
            if not is_shown or mimetype in WITH_SCRIPT:
                stream.mimetype = "application/octet-stream"
        return stream
