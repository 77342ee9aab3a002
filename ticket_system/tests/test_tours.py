import base64
import os
from pathlib import Path
from unittest.mock import patch

from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tests.common import ChromeBrowser

from .common import TicketWorld, mail

FRAME = ".o_action_manager > .o_action"


@tagged("post_install", "-at_install")
class TestTours(TicketWorld, HttpCase):
    """What people do in the browser; leaves pictures behind for the documentation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_world()
        cls.ticket = (
            cls.env["ticket.mail"]
            ._take_in(cls.account, "INBOX", 1, [_raw_mail()])
            .ticket_id
        )

    def test_agent(self):
        """R28, R40, R47, R53: list → open → take → reply → status"""
        self.start_tour("/odoo/tickets", "ticket_system_agent", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")
        self.assertEqual(self.ticket.user_id, self.agent)
        self.assertTrue(self.ticket.last_outbound)

    def test_without_rights(self):
        """R6: no set-up menus, set-up actions and calls refused"""
        self.start_tour("/odoo/tickets", "ticket_system_no_set_up", login="test_agent")
        self.authenticate("test_agent", "test_agent")
        for model in ("ticket.queue", "ticket.status", "fetchmail.server"):
            with self.subTest(model), self.assertRaisesRegex(JsonRpcException, "AccessError"):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": model,
                        "method": "write",
                        "args": [self.env[model].search([], limit=1).ids, {"name": "x"}],
                        "kwargs": {},
                    },
                )

    def test_pictures(self):
        """Each page opens without an error in the console, wide and narrow"""
        ticket_url = f"/odoo/tickets/{self.ticket.id}"
        for name, url, ready in (
            ("list", "/odoo/tickets", ".o_list_view .o_data_row"),
            ("form", ticket_url, ".o-mail-Message"),
            ("kanban", "/odoo/tickets?view_type=kanban", ".o_kanban_view .o_kanban_record"),
            ("queues", "/odoo/ticket-queues", ".o_kanban_record"),
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


def _raw_mail():
    from odoo.addons.ticket_system.mailflow.mailbox import RawMail

    return RawMail(uid=1, raw=mail(), internal_date=None)
