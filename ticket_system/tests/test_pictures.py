from unittest.mock import patch

from markupsafe import Markup

from odoo.tests import tagged
from odoo.tools import mute_logger

from .browser_case import SIZES, BrowserCase

REPORT = "ticket_system.report_ticket_document"


@tagged("post_install", "-at_install")
class TestPictures(BrowserCase):
    """Each page opens without an error in the console; the guides show the pictures.

    TICKET_SYSTEM_SCREENSHOTS names the folder they are put into.
    """

    def test_agents_pictures(self):
        """What agents see, wide and narrow, dark too"""
        self.ticket.with_user(self.agent)._send_reply(
            subject="Broken wheel",
            body=Markup("<p>Hello Carla,</p><p>a new wheel is on its way.</p>"),
            email_to="Carla Customer <carla@customer.example>",
            email_cc="Ben Customer <ben@customer.example>",
            status=self.status["open"],
        )
        self.ticket.message_post(body="Taken from the second shelf.")
        ticket_url = f"/odoo/tickets/{self.ticket.id}"
        pages = (
            ("list", "/odoo/tickets", ".o_data_row, .o_kanban_record"),
            ("form", ticket_url, ".o-mail-Message img[src*=image]"),
            (
                "kanban",
                "/odoo/tickets?view_type=kanban",
                ".o_kanban_view .o_kanban_record",
            ),
            ("queues", "/odoo/ticket-queues", ".o_kanban_record"),
            ("customer", f"/odoo/res.partner/{self.customer.id}", ".o_form_view"),
            ("print", f"/report/html/{REPORT}/{self.ticket.id}", ".page"),
        )
        for scheme in ("light", "dark"):
            for name, url, ready in pages[:2] if scheme == "dark" else pages:
                for size in SIZES:
                    picture = "-".join(
                        [name, size.split("x")[0], *(["dark"] * (scheme == "dark"))]
                    )
                    with (
                        self.subTest(picture),
                        patch.object(
                            type(self.env["ir.http"]),
                            "color_scheme",
                            return_value=scheme,
                        ),
                    ):
                        self.take_picture(picture, url, ready, size)

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_german_pictures(self):
        """R62: the pages that the German guides show, and some more"""
        (self.agent | self.administrator).lang = "de_DE"
        self.customer.lang = "de_DE"
        self.quarantine("Eine E-Mail wie keine andere")
        self.fail_to_fetch("Der Server antwortet nicht (127.0.0.1:993).")
        url = f"/odoo/tickets/{self.ticket.id}"
        account = f"/odoo/ticket-accounts/{self.account.id}"
        answer = ("button[name=action_reply]", ".modal .odoo-editor-editable")
        body, row = ".o_ticket_mail_body", ".o_data_row"
        card = ".o_kanban_view .o_kanban_record"
        statuses = "/odoo/action-ticket_system.ticket_status_action"
        agent, administrator = "test_agent", "test_administrator"
        for name, page, ready, clicks, login in (
            ("list", "/odoo/tickets", row, (), agent),
            ("form", url, body, (), agent),
            ("answer", url, body, answer, agent),
            ("kanban", "/odoo/tickets?view_type=kanban", card, (), agent),
            ("import", "/odoo/ticket-imports", ".o_view_nocontent", (), administrator),
            ("statuses", statuses, row, (), administrator),
            ("account", account, ".o_form_view", (), administrator),
            ("mails", "/odoo/ticket-mails", row, (), administrator),
        ):
            with self.subTest(name):
                self.take_picture(f"{name}-de", page, ready, SIZES[0], login, clicks)

    def test_answer_pictures(self):
        """The dialogs of an answer, wide and narrow"""
        self.env["ticket.template"].create(
            {
                "name": "Return label",
                "subject": "Your return",
                "body": "<p>the label is attached.</p><p>Number {TICKET}</p>",
            }
        )
        self.account.ticket_signature = "<p>Kind regards</p><p>{AGENT}</p>"
        url = f"/odoo/tickets/{self.ticket.id}"
        reply = "button[name=action_reply]"
        for size in SIZES:
            width = size.split("x")[0]
            for name, clicks in (
                ("answer", [reply, ".modal .odoo-editor-editable"]),
                ("template", [reply, ".o_ticket_templates"]),
            ):
                with self.subTest(name=name, size=size):
                    self.take_picture(
                        f"{name}-{width}", url, ".o-mail-Message", size, clicks=clicks
                    )

    def test_doubtful_pictures(self):
        """A mail that loads, pretends and misleads, and what is told of it"""
        url = f"/odoo/tickets/{self.receive_doubtful().id}"
        for size in SIZES:
            picture = f"doubtful-{size.split('x')[0]}"
            self.take_picture(picture, url, ".o_ticket_mail_body", size)
        self.agent.lang = "de_DE"
        self.take_picture("doubtful-de", url, ".o_ticket_mail_body", SIZES[0])

    def test_presence_pictures(self):
        """R30: who else is at it, in the ticket and in the list"""
        self.be_joined()
        url = f"/odoo/tickets/{self.ticket.id}"
        for size in SIZES:
            picture = f"presence-{size.split('x')[0]}"
            self.take_picture(picture, url, ".o_ticket_presence", size)
        editors = ".o_data_row [name=editor_ids] img"
        self.take_picture("editing-1440", "/odoo/tickets", editors, SIZES[0])

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_administrators_pictures(self):
        self.quarantine("A mail like no other")
        self.fail_to_fetch("The server does not answer (127.0.0.1:993).")
        for name, url, ready in (
            ("mails", "/odoo/ticket-mails", ".o_data_row, .o_kanban_record"),
            ("accounts", "/odoo/ticket-accounts", ".o_data_row, .o_kanban_record"),
            ("account", f"/odoo/ticket-accounts/{self.account.id}", ".o_form_view"),
        ):
            for size in SIZES:
                with self.subTest(name=name, size=size):
                    picture = f"{name}-{size.split('x')[0]}"
                    self.take_picture(picture, url, ready, size, "test_administrator")

    def test_first_start_pictures(self):
        """R61: three steps instead of an empty list"""
        self.make_first_start()
        for size in SIZES:
            picture = f"start-{size.split('x')[0]}"
            self.take_picture(
                picture,
                "/odoo/tickets",
                ".o_view_nocontent",
                size,
                "test_administrator",
            )

    def fail_to_fetch(self, problem):
        self.account.write({"port": 993, "state": "done"})
        self.account._ticket_note_health(problem)
