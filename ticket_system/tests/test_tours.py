import base64
import errno
import io
import json
import os
from pathlib import Path
from unittest.mock import patch

from markupsafe import Markup
from PIL import Image

from odoo import Command
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketWorld, mail


def picture_file():
    file = io.BytesIO()
    Image.radial_gradient("L").save(file, "PNG")
    return file.getvalue()


MAILS = (
    {
        "Cc": "Ben Customer <ben@customer.example>",
        "attachments": [
            ("wheel.png", picture_file(), "image", "png"),
            ("delivery note.pdf", b"%PDF-1.4", "application", "pdf"),
        ],
    },
    {
        "subject": "Where is my order 4711?",
        "body": "Hi,\nit should have come on Monday. What happened?\nTom",
        "sender": "Tom Brown <tom@brown.example>",
    },
    {
        "subject": "Re: Opening hours at Easter",
        "body": "Good morning, are you open on Saturday, too?",
        "sender": "Ina Ilg <ina@ilg.example>",
    },
    {
        "subject": "Rücksendung der Klingel",
        "body": "Guten Tag,\ndie Klingel ist zu leise. Wohin soll ich sie schicken?",
        "sender": "Jörg Öz <j.oez@post.example>",
    },
)
SIZES = ("1440x900", "390x844")
CLICK = """
const appears = (selector) => new Promise((resolve) => {
    const timer = setInterval(() => {
        const element = document.querySelector(selector);
        if (element) {
            clearInterval(timer);
            resolve(element);
        }
    }, 100);
});
(async () => {
    for (const selector of %s) {
        (await appears(selector)).click();
    }
    setTimeout(() => console.log("test successful"), 500);
})();
"""
REPORT = "ticket_system.report_ticket_document"


@tagged("post_install", "-at_install")
class TestTours(TicketWorld, HttpCase):
    """What people do in the browser; leaves pictures behind for the documentation."""

    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_world()
        raws = [
            RawMail(uid, mail(**values), None) for uid, values in enumerate(MAILS, 1)
        ]
        lines = cls.env["ticket.mail"]._take_in(
            cls.account, next(cls.account._ticket_sources()), 1, raws
        )
        cls.ticket, urgent, waiting, unclear = (line.ticket_id for line in lines)
        urgent.write({"priority": "1", "user_id": cls.agent.id})
        waiting.status_id = cls.status["waiting_customer"]
        tag = {"name": "Return", "color": 3}
        unclear.write(
            {"status_id": cls.status["clarify"].id, "tag_ids": [Command.create(tag)]}
        )

    def test_agent(self):
        """R28, R40, R47, R53: list → open → take → reply → status"""
        self.start_tour("/odoo/tickets", "ticket_system_agent", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")
        self.assertEqual(self.ticket.user_id, self.agent)
        self.assertTrue(self.ticket.last_outbound)
        answer = self.ticket._conversation()[-1]
        self.assertIn("ben@customer.example", answer.outgoing_email_cc)

    def test_agent_in_german(self):
        """R62: the same way in German, and the pages of the guides"""
        self.agent.lang = "de_DE"
        self.administrator.lang = "de_DE"
        self.ticket_pictures("-de")
        self.browser_size = "1440x900"
        self.start_tour(
            "/odoo/tickets", "ticket_system_agent_german", login="test_agent"
        )
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")

    def ticket_pictures(self, language):
        """The pages that the guides show, in the language of the users"""
        url = f"/odoo/tickets/{self.ticket.id}"
        clicks = ["button[name=action_reply]", ".modal .odoo-editor-editable"]
        for name, page, ready, steps, login in (
            ("list", "/odoo/tickets", ".o_data_row", (), "test_agent"),
            ("form", url, ".o_ticket_mail_body", (), "test_agent"),
            ("answer", url, ".o_ticket_mail_body", clicks, "test_agent"),
            (
                "import",
                "/odoo/ticket-imports",
                ".o_view_nocontent",
                (),
                "test_administrator",
            ),
            (
                "statuses",
                "/odoo/action-ticket_system.ticket_status_action",
                ".o_data_row",
                (),
                "test_administrator",
            ),
        ):
            with self.subTest(name + language):
                self.take_picture(
                    f"{name}{language}", page, ready, "1440x900", login, clicks=steps
                )

    def test_draft(self):
        """R66: what is written is kept by itself, gone on with, and thrown away"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_draft", login="test_agent")
        self.assertFalse(self.env["ticket.reply"].search([]))

    def test_template(self):
        """R48, R49: found while typing, put in at the cursor, with its file"""
        file = self.env["ir.attachment"].create({"name": "label.pdf", "raw": b"%PDF"})
        category = self.env["ticket.template.category"].create({"name": "Returns"})
        self.env["ticket.template"].create(
            [
                {
                    "name": "Return label",
                    "category_id": category.id,
                    "subject": "Your return",
                    "body": "<p>Dear {NAME}, the label is attached.</p>",
                    "attachment_ids": file.ids,
                },
                {"name": "Thank you", "body": "<p>Thank you!</p>"},
            ]
        )
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_template", login="test_agent")
        answer = self.ticket._conversation()[-1]
        self.assertIn("Dear Carla Customer, the label is attached.", answer.body)
        self.assertIn("Hello!", answer.body)
        self.assertIn("Your return", answer.subject)
        self.assertEqual(answer.attachment_ids.name, "label.pdf")

    def test_answer_all(self):
        """R67: one text to all tickets of the list, each with its own name"""
        self.thank_you()
        self.start_tour("/odoo/tickets", "ticket_system_answer_all", login="test_agent")
        answer = self.ticket._conversation()[-1]
        self.assertIn("Thank you, Carla Customer!", answer.body)
        self.assertIn("closed on Monday", answer.body)

    def test_first_contact(self):
        """R69: a ticket made by hand, and its first mail; a template without a click"""
        self.thank_you()
        self.account.ticket_signature = "<p>Kind regards</p>"
        self.start_tour(
            "/odoo/tickets", "ticket_system_first_contact", login="test_agent"
        )
        ticket = self.env["ticket.ticket"].search([("name", "=", "Call of Monday")])
        self.assertEqual(ticket.account_id, self.account)
        self.assertTrue(ticket.first_response)

    def thank_you(self):
        values = {"name": "Thank you", "body": "<p>Thank you, {NAME}!</p>"}
        self.env["ticket.template"].create({**values, "sequence": 0})

    def test_batch(self):
        """R33, P9: spam into the trash, and back by one click"""
        self.start_tour("/odoo/tickets", "ticket_system_batch", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "new")

    def test_kanban(self):
        """R40: a card tells the last message; dragged, it changes its status"""
        self.start_tour(
            "/odoo/tickets?view_type=kanban", "ticket_system_kanban", login="test_agent"
        )
        self.assertEqual(self.ticket.status_id.code, "open")

    def test_queues(self):
        """Each figure of the dashboard leads to its tickets"""
        self.start_tour(
            "/odoo/ticket-queues", "ticket_system_queues", login="test_agent"
        )

    def test_shortcuts(self):
        """The palette tells the hotkeys; they work without the mouse"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_shortcuts", login="test_agent")
        self.assertEqual(self.ticket.user_id, self.agent)

    def test_document(self):
        """R65: a task from a ticket, and back from the ticket to the task"""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_document", login="test_agent")
        self.assertEqual(self.ticket.document_ids.res_model, "project.task")

    def test_customer(self):
        """R59: from the customer to what they wrote"""
        url = f"/odoo/res.partner/{self.customer.id}"
        self.start_tour(url, "ticket_system_customer", login="test_agent")

    def test_first_start(self):
        """R61: three steps instead of an empty list, departments by one click"""
        self.env["ticket.ticket"].search([]).status_id = self.status["closed"]
        self.env["fetchmail.server"].search([]).state = "draft"
        for queue in self.env["ticket.queue"].search([]):
            queue.code = f"old{queue.id}"
        self.env.flush_all()
        for size in SIZES:
            self.take_picture(
                f"start-{size.split('x')[0]}",
                "/odoo/tickets",
                ".o_view_nocontent",
                size,
                "test_administrator",
            )
        self.browser_size = SIZES[0]
        self.start_tour(
            "/odoo/tickets", "ticket_system_first_start", login="test_administrator"
        )
        self.assertTrue(self.env["ticket.queue"].search([("code", "=", "support")]))

    def test_presence(self):
        """R30, P8: a colleague is at it; take over; they see no banner afterwards"""
        colleague = new_test_user(
            self.env,
            "test_colleague",
            "ticket_system.group_agent_all",
            name="Ali Agent",
        )
        self.ticket.with_user(colleague).enter()
        url = f"/odoo/tickets/{self.ticket.id}"
        for size in SIZES:
            picture = f"presence-{size.split('x')[0]}"
            self.take_picture(picture, url, ".o_ticket_presence", size)
        self.take_picture(
            "editing-1440",
            "/odoo/tickets",
            ".o_data_row [name=editor_ids] img",
            "1440x900",
        )
        self.browser_size = "1440x900"
        self.start_tour(url, "ticket_system_take_over", login="test_agent")
        self.assertEqual(self.ticket.user_id, self.agent)

    def test_stranger(self):
        """R6: who is no agent sees no app, and no ticket by its address"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_stranger", login="test_employee")

    def test_without_rights(self):
        """R6: no set-up menus, set-up actions and calls refused"""
        self.start_tour("/odoo/tickets", "ticket_system_no_set_up", login="test_agent")
        self.authenticate("test_agent", "test_agent")
        for model in ("ticket.queue", "ticket.status", "fetchmail.server"):
            with (
                self.subTest(model),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": model,
                        "method": "write",
                        "args": [
                            self.env[model].search([], limit=1).ids,
                            {"name": "x"},
                        ],
                        "kwargs": {},
                    },
                )

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_quarantine(self):
        """P2: an administrator sees the quarantined mail and tries it again"""
        self.quarantine("A mail like no other")
        self.start_tour(
            "/odoo/tickets", "ticket_system_quarantine", login="test_administrator"
        )
        line = self.env["ticket.mail"].search([], limit=1)
        self.assertEqual(line.ticket_id.name, "A mail like no other")

    def quarantine(self, subject):
        files = [("big.bin", b"0" * 1000, "application", "octet-stream")]
        raw = RawMail(1000, mail(subject, attachments=files), None)
        full = OSError(errno.ENOSPC, "No space left on device")
        model = type(self.env["ticket.mail"])
        with patch.object(model, "_create_attachments", side_effect=full):
            self.env["ticket.mail"]._take_in(
                self.account, next(self.account._ticket_sources()), 1, [raw]
            )

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_administrators_pictures(self):
        self.quarantine("A mail like no other")
        self.account._ticket_note_health("The server does not answer (127.0.0.1:993).")
        for name, url, ready in (
            ("mails", "/odoo/ticket-mails", ".o_data_row"),
            ("accounts", "/odoo/ticket-accounts", ".o_data_row"),
            ("account", f"/odoo/ticket-accounts/{self.account.id}", ".o_form_view"),
        ):
            for size in SIZES:
                with self.subTest(name=name, size=size):
                    picture = f"{name}-{size.split('x')[0]}"
                    self.take_picture(picture, url, ready, size, "test_administrator")

    def test_doubtful_pictures(self):
        """A mail that loads, pretends and misleads, and what is told of it"""
        html = (
            "<p>Dear customer,</p><p>your account is locked. Please log in at "
            '<a href="https://evil.example/login">https://bank.example</a>.</p>'
            '<img src="https://news.example/logo.png" width="300" alt="Our logo">'
            '<img src="https://track.example/open.gif" width="1" height="1">'
            "<blockquote>What you wrote before</blockquote>"
        )
        raw = mail(
            "Your account",
            html,
            sender="My Bank <service@bank.example>",
            Reply_To="collect@evil.example",
            Authentication_Results="mx.test.example; dmarc=fail",
        ).replace(b"text/plain", b"text/html")
        self.account.ticket_authserv_id = "mx.test.example"
        line = self.env["ticket.mail"]._take_in(
            self.account,
            next(self.account._ticket_sources()),
            1,
            [RawMail(500, raw, None)],
        )
        url = f"/odoo/tickets/{line.ticket_id.id}"
        for size in SIZES:
            picture = f"doubtful-{size.split('x')[0]}"
            self.take_picture(picture, url, ".o_ticket_mail_body", size)

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

    def test_pictures(self):
        """Each page opens without an error in the console, wide and narrow, dark too"""
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

    def take_picture(self, name, url, ready, size, login="test_agent", clicks=()):
        """Open a page and click on each of `clicks`, CSS selectors, as it appears."""
        stop = ChromeBrowser.stop

        def keep_picture(browser):
            if folder := os.environ.get("TICKET_SYSTEM_SCREENSHOTS"):
                picture = browser._websocket_request("Page.captureScreenshot")["data"]
                Path(folder, f"{name}.png").write_bytes(base64.b64decode(picture))
            stop(browser)

        self.browser_size = size
        with patch.object(ChromeBrowser, "stop", keep_picture):
            self.browser_js(
                url,
                CLICK % json.dumps(clicks),
                f"!!document.querySelector('{ready}')",
                login=login,
            )
