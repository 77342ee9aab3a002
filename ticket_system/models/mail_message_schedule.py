from odoo import models


class MailMessageSchedule(models.Model):
    _inherit = "mail.message.schedule"

    def _send_notifications(self, default_notify_kwargs=None):
        """Answers leave when their time has come: crons would only queue them."""
        answers = self.filtered(lambda s: s.mail_message_id.model == "ticket.ticket")
        sending = answers.with_context(mail_notify_force_send=True)
        super(MailMessageSchedule, sending)._send_notifications(default_notify_kwargs)
        return super(MailMessageSchedule, self - answers)._send_notifications(
            default_notify_kwargs
        )
