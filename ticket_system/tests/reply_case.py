from odoo.tests import Form

from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


class ReplyCase(TicketCase, MailCase):
    """A ticket of a customer who waits for an answer."""

    def setUp(self):
        super().setUp()
        self.account.ticket_sender_name = "Test Support"
        self.ticket = self.take_in(mail()).ticket_id

    def reply(self, user=None, **values):
        action = self.ticket.with_user(user or self.agent).action_reply()
        Reply = self.env["ticket.reply"].with_user(user or self.agent)
        form = Form(Reply.with_context(**action["context"]))
        for name, value in {"body": "<p>Sorry.</p>", **values}.items():
            setattr(form, name, value)
        with self.mock_mail_gateway():
            form.save().action_send()
        return self._new_mails
