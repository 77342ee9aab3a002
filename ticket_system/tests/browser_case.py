import base64
import errno
import io
import json
import os
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from odoo import Command
from odoo.tests import HttpCase, new_test_user
from odoo.tests.common import ChromeBrowser

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
    for (const [selector, typed] of %s) {
        const element = await appears(selector);
        if (typed === null) {
            element.click();
        } else {
            element.focus();
            element.value = typed;
            element.dispatchEvent(new InputEvent("input", { bubbles: true }));
            element.dispatchEvent(new Event("change", { bubbles: true }));
        }
    }
    setTimeout(() => console.log("test successful"), 500);
})();
"""


class BrowserCase(TicketWorld, HttpCase):
    """Four tickets of four customers, and a browser."""

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

    def quarantine(self, subject):
        files = [("big.bin", b"0" * 1000, "application", "octet-stream")]
        raw = RawMail(1000, mail(subject, attachments=files), None)
        full = OSError(errno.ENOSPC, "No space left on device")
        model = type(self.env["ticket.mail"])
        with patch.object(model, "_create_attachments", side_effect=full):
            self.env["ticket.mail"]._take_in(
                self.account, next(self.account._ticket_sources()), 1, [raw]
            )

    def be_joined(self):
        """A colleague has the ticket open."""
        colleague = new_test_user(
            self.env,
            "test_colleague",
            "ticket_system.group_agent_all",
            name="Ali Agent",
        )
        self.ticket.with_user(colleague).enter()

    def make_first_start(self):
        """No account is connected, no department is there, nothing is open."""
        self.env["ticket.ticket"].search([]).status_id = self.status["closed"]
        self.env["fetchmail.server"].search([]).state = "draft"
        for queue in self.env["ticket.queue"].search([]):
            queue.code = f"old{queue.id}"
        self.env.flush_all()

    def receive_doubtful(self):
        """A mail that loads, pretends and misleads; its ticket."""
        html = (
            "<p>Dear customer,</p><p>your account is locked. Please log in at "
            '<a href="https://evil.example/login">https://bank.example</a>.</p>'
            '<img src="https://news.example/logo.png" width="300" alt="Our logo">'
            '<img src="https://track.example/open.gif" width="1" height="1">'
            '<p><a href="http://%unsubscribe_url%">Unsubscribe</a></p>'
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
        return line.ticket_id

    def take_picture(self, name, url, ready, size, login="test_agent", clicks=()):
        """Open a page and click on each of `clicks` as it appears: CSS selectors, or
        (a selector, the text to be typed there)."""
        steps = [(step, None) if isinstance(step, str) else step for step in clicks]
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
                CLICK % json.dumps(steps),
                f"!!document.querySelector('{ready}')",
                login=login,
            )
