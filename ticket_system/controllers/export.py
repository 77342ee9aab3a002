import tempfile
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from odoo.http import Controller, content_disposition, request, route

from ..mailflow.plain_text import plain_text

BATCH = 100
IN_MEMORY = 10 * 2**20  # bytes, before the ZIP goes to a file


class Export(Controller):
    @route("/ticket_system/export/<model('res.partner'):partner>", auth="user")
    def export(self, partner):
        """A ZIP of all messages to and from a person, each as a mail (RFC 5322).

        Received mails are as they came, if their bytes are still kept.
        """
        if not request.env.user.has_group("ticket_system.group_administrator"):
            raise request.not_found()
        partner.check_access("read")
        found = request.env["ticket.ticket"]._messages_of(partner)
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  sent, then closed
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for count, (ticket, messages) in enumerate(found, 1):
                _write(archive, ticket, messages)
                if count % BATCH == 0:
                    request.env.invalidate_all()
        file.seek(0)
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": content_disposition(f"tickets-{partner.id}.zip"),
        }
        return request.make_response(iter(lambda: file.read(2**16), b""), headers)


def _write(archive, ticket, messages):
    for position, message in enumerate(messages, 1):
        original = message.ticket_mail_ids.raw_attachment_id[:1].with_prefetch()
        data = original.raw or _as_mail(message)
        archive.writestr(f"{ticket.number}/{position:03}.eml", data)
        (original | message.attachment_ids).invalidate_recordset(["raw", "db_datas"])


def _as_mail(message):
    mail = EmailMessage(policy=SMTP)
    mail["From"] = message.email_from or ""
    mail["To"] = message.outgoing_email_to or message.incoming_email_to or ""
    mail["Cc"] = message.outgoing_email_cc or message.incoming_email_cc or ""
    mail["Subject"] = message.subject or ""
    mail["Date"] = format_datetime(message.date)
    mail["Message-ID"] = message.message_id or make_msgid()
    mail.set_content(plain_text(message.body or ""))
    mail.add_alternative(str(message.body or ""), subtype="html")
    for file in message.attachment_ids.with_prefetch():
        kind, _slash, subtype = (file.mimetype or "").partition("/")
        mail.add_attachment(
            file.raw or b"",
            maintype=kind or "application",
            subtype=subtype or "octet-stream",
            filename=file.name,
        )
    return mail.as_bytes()
