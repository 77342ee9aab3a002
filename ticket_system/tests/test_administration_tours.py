from odoo.tests import tagged
from odoo.tools import mute_logger

from .browser_case import SIZES, BrowserCase


@tagged("post_install", "-at_install")
class TestAdministration(BrowserCase):
    """What administrators do in the browser."""

    def click(self, url, ready, *clicks, size=SIZES[0]):
        name = self.id().rpartition(".")[2]
        self.take_picture(name, url, ready, size, "test_administrator", clicks)

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_quarantine_on_the_phone(self):
        """P2: what can be done with a mail can be done on the phone"""
        self.quarantine("A mail like no other")
        line = self.env["ticket.mail"].search([("state", "=", "quarantined")])
        card = ".o_kanban_record"
        self.click(
            "/odoo/ticket-mails",
            card,
            f"{card} button[name=action_retry]",
            f".o_kanban_view:not(:has({card} footer))",
            size=SIZES[1],
        )
        self.assertEqual(line.state, "done")

    def test_previews(self):
        """What is typed is shown, and not saved by that"""
        closed = self.status["closed"]
        closed.retention_days = 30
        self.ticket.write({"status_id": closed.id, "last_message": "2020-01-01"})
        self.click(
            f"/odoo/action-ticket_system.ticket_status_action/{closed.id}",
            ".o_form_view",
            (".o_field_widget[name=retention_days] input", "20"),
            ".o_ticket_preview_button",
            ".modal .o_data_row",
            ".modal .btn-close",
            "body:not(:has(.modal)) .o_form_button_cancel",
            ".o_form_saved",
        )
        self.env.invalidate_all()
        self.assertEqual(closed.retention_days, 30)

    def test_empty_preview(self):
        self.env["ticket.ticket"].search([]).status_id = self.status["open"]
        closed = self.status["closed"]
        closed.retention_days = 30
        self.click(
            f"/odoo/action-ticket_system.ticket_status_action/{closed.id}",
            ".o_form_view",
            ".o_ticket_preview_button",
            ".modal .o_view_nocontent p",
        )

    def test_preview_of_an_automatic_answer(self):
        self.account.write({"autoresponder_active": True})
        self.click(
            f"/odoo/ticket-accounts/{self.account.id}",
            ".o_form_view",
            "a[name=ticket_system]",
            ".o_ticket_answer_preview",
            ".modal-body p.fw-bold + p",
        )

    def test_first_steps_are_done(self):
        """R61: coming back from another page, one sees that a step is done"""
        self.make_first_start()
        self.click(
            "/odoo/tickets",
            ".o_ticket_set_up",
            "a[data-method=action_create_departments]",
            ".o_breadcrumb .breadcrumb-item a",
            ".o_ticket_set_up .fa-check-circle",
        )
