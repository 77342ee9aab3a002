from odoo.addons.mail.tests.common import MailCase

from .common import TicketCase, mail


class MergeCase(TicketCase, MailCase):
    """Two tickets of one customer: the wheel, then once more the wheel."""

    def setUp(self):
        super().setUp()
        self.line = self.take_in(mail(message_id="<first@customer.example>"))
        self.later_line = self.take_in(
            mail(
                "Wheel again",
                "Still broken.",
                message_id="<later@customer.example>",
                date="Tue, 03 Mar 2026 10:00:00 +0100",
                attachments=[("wheel.png", b"picture", "image", "png")],
            )
        )
        self.kept, self.merged = self.line.ticket_id, self.later_line.ticket_id

    def merge(self, user=None):
        user = user or self.agent
        self.merged.with_user(user)._merge_into(self.kept.with_user(user))

    def answer(self, ticket, status="waiting_customer"):
        with self.mock_mail_gateway():
            return ticket.with_user(self.agent)._send_reply(
                subject="Re: Wheel",
                body="Sorry.",
                email_to="carla@customer.example",
                status=self.status[status],
            )
