from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestImageSenders(TicketCase):
    """R55: whose images an agent always wants to see"""

    def message_of(self, sender):
        return self.take_in(mail(sender=sender)).mail_message_id.with_user(self.agent)

    def senders(self):
        return self.agent.res_users_settings_id.ticket_image_senders

    def test_a_sender(self):
        self.message_of("Carla <Carla@Customer.example>").action_always_show_images()
        self.assertEqual(self.senders(), ["carla@customer.example"])

    def test_no_sender(self):
        """Who trusts a mail without a sender does not trust all such mails"""
        for sender in ("", "Carla", "Carla <>"):
            message = self.message_of(sender)
            with self.subTest(sender), self.assertRaises(UserError):
                message.action_always_show_images()
        self.assertFalse(self.senders())
