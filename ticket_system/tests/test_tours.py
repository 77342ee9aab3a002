import base64
import errno
import os
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketWorld, mail

MAILS = (
    {},
    {"subject": "Where is my order 4711?", "sender": "Tom Brown <tom@brown.example>"},
    {"subject": "Re: Opening hours at Easter", "sender": "Ina Ilg <ina@ilg.example>"},
    {"subject": "Rücksendung der Klingel", "sender": "Jörg Öz <j.oez@post.example>"},
)
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

    def test_batch(self):
        """R33, P9: spam into the trash, and back by one click"""
        self.start_tour("/odoo/tickets", "ticket_system_batch", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "new")

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
        for size in ("1440x900", "390x844"):
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
            for size in ("1440x900", "390x844"):
                with self.subTest(name=name, size=size):
                    picture = f"{name}-{size.split('x')[0]}"
                    self.take_picture(picture, url, ready, size, "test_administrator")

    def test_pictures(self):
        """Each page opens without an error in the console, wide and narrow"""
        ticket_url = f"/odoo/tickets/{self.ticket.id}"
        for name, url, ready in (
            ("list", "/odoo/tickets", ".o_data_row, .o_kanban_record"),
            ("form", ticket_url, ".o-mail-Message"),
            (
                "kanban",
                "/odoo/tickets?view_type=kanban",
                ".o_kanban_view .o_kanban_record",
            ),
            ("queues", "/odoo/ticket-queues", ".o_kanban_record"),
            ("print", f"/report/html/{REPORT}/{self.ticket.id}", ".page"),
        ):
            for size in ("1440x900", "390x844"):
                with self.subTest(name=name, size=size):
                    self.take_picture(f"{name}-{size.split('x')[0]}", url, ready, size)

    def take_picture(self, name, url, ready, size, login="test_agent"):
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
                "setTimeout(() => console.log('test successful'), 500)",
                f"!!document.querySelector('{ready}')",
                login=login,
            )
