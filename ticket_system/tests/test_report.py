from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestReport(TicketCase):
    """R45: a message or the whole ticket on paper"""

    def setUp(self):
        super().setUp()
        files = [("photo.png", b"\x89PNG", "image", "png")]
        self.ticket = self.take_in(mail(attachments=files)).ticket_id
        self.ticket.internal_comment = "difficult customer"
        self.ticket.message_post(body="a note for colleagues")

    def render(self, report, records, user):
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(user)
            ._render_qweb_html(report, records.ids)
        )
        return html.decode()

    def test_ticket(self):
        html = self.render(
            "ticket_system.ticket_report_action", self.ticket, self.agent
        )
        for text in (
            self.ticket.number,
            "Broken wheel",
            "carla@customer.example",
            "my wheel is broken",
            "photo.png",
        ):
            self.assertIn(text, html)
        self.assertNotIn("difficult customer", html)
        self.assertNotIn("a note for colleagues", html)

    def test_message(self):
        message = self.ticket._conversation()
        html = self.render("ticket_system.message_report_action", message, self.agent)
        self.assertIn("my wheel is broken", html)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_rights(self):
        for report, records in (
            ("ticket_system.ticket_report_action", self.ticket),
            ("ticket_system.message_report_action", self.ticket._conversation()),
        ):
            with self.subTest(report), self.assertRaises(AccessError):
                self.render(report, records, self.other_agent)
