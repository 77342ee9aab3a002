from odoo import models


class MailMail(models.Model):
    """What became of an answer is shown where it was written."""

    _inherit = "mail.mail"

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
            answers._note_undelivered(reason or failure_type)
        else:
            answers._note_delivered()
        return result
