from datetime import timedelta

from odoo import fields, models
from odoo.tools.mail import email_normalize_all

from ..mailflow.plain_text import plain_text

LEFT_TO_SENDER = timedelta(minutes=1)


class MailMail(models.Model):
    """What became of an answer is shown where it was written."""

    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """A readable text beside the HTML; blind copies with the one to the outside."""
        mails = super()._prepare_outgoing_list(mail_server, doc_to_followers)
        if self.model == "ticket.ticket":
            for mail in mails:
                mail["body_alternative"] = plain_text(mail["body"])
        if self.outgoing_email_bcc and self.email_to:
            first = mails[0]
            first["headers"] = {**first["headers"], "Bcc": self.outgoing_email_bcc}
            first["email_to_normalized"] += email_normalize_all(self.outgoing_email_bcc)
        return mails

    def send_after_commit(self):
        """The queue keeps off a ticket's mail that is just being sent.

        Else both may take it, and who comes second ends with an error.
        """
        mails = self.filtered(lambda mail: mail.model == "ticket.ticket")
        mails.scheduled_date = fields.Datetime.now() + LEFT_TO_SENDER
        return super().send_after_commit()

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        answers = self.filtered(
            lambda mail: (
                mail.mail_message_id._is_answer_to_customer()
                and (mail.email_to or any(mail.recipient_ids.mapped("partner_share")))
            )
        ).mail_message_id
        reason = failure_reason or (failure_type and self[:1].failure_reason)
        result = super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )
        if failure_type:
            answers._note_undelivered(
                reason or failure_type, is_unreachable=failure_type == "mail_smtp"
            )
        else:
            answers._note_delivered()
        return result
