"""R55, threats 13-15: in a real browser, a server counts what mails make it load."""

import http.server
import json
import threading

from odoo.tests import HttpCase, tagged

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketWorld, mail
from .vectors import vectors

PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00"
    b"\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
WAIT = """
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const appears = async (selector) => {
    for (let turn = 0; turn < 200; turn++) {
        const found = document.querySelector(selector);
        if (found) {
            return found;
        }
        await wait(50);
    }
    throw new Error(`${selector} does not appear`);
};
(async () => {
    %s
    await wait(1500);
    console.log("test successful");
})();
"""


class Counter:
    """A server that answers everything with a picture, and remembers who asked."""

    def __init__(self):
        requests = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append((self.path, dict(self.headers)))
                self.send_response(200)
                self.send_header("Content-Type", "image/gif")
                self.end_headers()
                self.wfile.write(PIXEL)

            def log_message(self, *_args):
                """No log of requests."""

        # chosen to be another host than Odoo's own
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@tagged("post_install", "-at_install")
class TestExternalContent(TicketWorld, HttpCase):
    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_world()
        cls.counter = Counter()
        cls.addClassCleanup(cls.counter.close)
        cls.vectors = vectors(cls.counter.host)

    def setUp(self):
        super().setUp()
        self.counter.requests.clear()

    def fetch_proxy(self, url):
        self.counter.requests.append((url, {}))
        return super().fetch_proxy(url)

    def take_in(self, *bodies):
        raws = []
        for uid, body in enumerate(bodies, 1):
            raw = mail(f"Mail {uid}", "x")
            head, _blank, _text = raw.partition(b"\n\n")
            head = head.replace(b"text/plain", b"text/html")
            raws.append(RawMail(uid, head + b"\n\n" + body.encode(), None))
        lines = self.env["ticket.mail"]._take_in(
            self.account, next(self.account._ticket_sources()), 1, raws
        )
        self.assertEqual(set(lines.mapped("state")), {"done"})
        return lines

    def browse(self, url, code, login="test_agent"):
        self.browser_js(url, WAIT % code, "!!document.body", login=login)

    def show_unprotected(self, *pages):
        """As a mail program would that loads everything, but runs no script"""
        sources = json.dumps(pages).replace("</", "<\\/")
        self.browse(
            "/odoo/tickets",
            f"""
            for (const source of {sources}) {{
                const frame = document.createElement("iframe");
                frame.sandbox = "allow-same-origin";
                frame.srcdoc = source;
                document.body.append(frame);
            }}
            """,
        )

    def loaded(self):
        return sorted({path for path, _headers in self.counter.requests})

    def all_in_one_ticket(self):
        """A ticket with every vector in a message of its own, sixteen in a mail"""
        sources = list(self.vectors.values())
        lines = self.take_in(
            *(
                "<p>Hello</p>" + "\n".join(sources[n : n + 16])
                for n in range(0, len(sources), 16)
            )
        )
        ticket = lines.ticket_id[0]
        lines.mail_message_id.res_id = ticket.id
        return ticket

    def test_the_server_counts(self):
        """The check itself: shown as it came, most vectors do load"""
        self.show_unprotected(*self.vectors.values())
        self.assertGreater(len(self.loaded()), 70)

    def test_nothing_loads_in_the_client(self):
        """History, list, cards, answers that quote, forwards, templates of each"""
        ticket = self.all_in_one_ticket()
        messages = len(ticket._conversation())
        forwarded = ticket._conversation()[0].id
        reply = (
            self.env["ticket.reply"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": ticket.id,
                    "body": ticket.with_user(self.agent)._history(),
                }
            )
        )
        self.assertTrue(reply.body)
        forward = (
            self.env["ticket.forward"]
            .with_user(self.agent)
            .create({"ticket_id": ticket.id, "message_id": forwarded})
        )
        self.assertTrue(forward.body)
        frames = f"""
            await appears(".o_ticket_mail_body");
            const frames = () => document.querySelectorAll(".o_ticket_mail_body");
            for (let turn = 0; turn < 100; turn++) {{
                if (frames().length === {messages}) break;
                await wait(50);
            }}
            if (frames().length !== {messages})
                throw new Error("not all mails are shown");
            for (const frame of frames())
                for (const details of frame.contentDocument.querySelectorAll("details"))
                    details.open = true;
        """
        places = {
            f"/odoo/tickets/{ticket.id}": frames,
            "/odoo/tickets": 'await appears(".o_data_row");',
            "/odoo/tickets?view_type=kanban": 'await appears(".o_kanban_record");',
            f"/odoo/ticket.reply/{reply.id}": 'await appears(".odoo-editor-editable");',
            f"/odoo/ticket.forward/{forward.id}": (
                'await appears(".odoo-editor-editable");'
            ),
        }
        for url, code in places.items():
            with self.subTest(url):
                self.browse(url, code)
                self.assertFalse(self.loaded())

    def test_nothing_loads_elsewhere(self):
        """Notification mails to agents, printouts, what a colleague opens as a page"""
        ticket = self.all_in_one_ticket()
        self.browse(
            f"/report/html/ticket_system.report_ticket_document/{ticket.id}",
            'await appears(".page");',
        )
        self.assertFalse(self.loaded(), "the printout")

        ticket.message_subscribe(self.agent.partner_id.ids)
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "0")
        sources = list(self.vectors.values())
        self.env["ticket.mail"].search([]).content_hash = "none"
        raw = mail(f"#{ticket.number}", "x").replace(b"text/plain", b"text/html")
        raw = raw.replace(b"x\n", "\n".join(sources).encode() + b"\n", 1)
        self.env["ticket.mail"]._take_in(
            self.account,
            next(self.account._ticket_sources()),
            1,
            [RawMail(999, raw, None)],
        )
        told = self.env["mail.mail"].search([("model", "=", "ticket.ticket")])
        page = "".join(m.body_html for m in told)
        self.assertIn(ticket.number, page)
        self.show_unprotected(page)
        self.assertFalse(self.loaded(), "the notification")

    def test_shown_on_demand(self):
        """Once by a click: images alone, none of which learns where it is shown"""
        ticket = self.all_in_one_ticket()
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            await appears(".o_ticket_show_images");
            const buttons = document.querySelectorAll(".o_ticket_show_images");
            [...buttons].forEach((button) => button.click());
            """,
        )
        loaded = self.loaded()
        self.assertIn("/v0", loaded)
        for path, headers in filter(lambda request: request[1], self.counter.requests):
            with self.subTest(path):
                self.assertNotIn("Referer", headers)
                self.assertEqual(headers.get("Sec-Fetch-Dest"), "image")
        self.counter.requests.clear()
        self.browse(f"/odoo/tickets/{ticket.id}", 'await appears(".o_ticket_blocked");')
        self.assertFalse(self.loaded(), "it was for once")

    def test_what_is_still_blocked(self):
        """Once images are shown, their hosts are no longer among those left out"""
        image = f'<img src="http://{self.counter.host}/logo" width="50">'
        font = "<style>@font-face { src: url(https://fonts.example/a) }</style>"
        ticket = self.take_in(image + font).ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            (await appears(".o_ticket_show_images")).click();
            const line = await appears(".o_ticket_blocked:not(:has(button))");
            if (!line.textContent.includes("1 font (fonts.example)")) throw Error();
            """,
        )

    def test_always_for_a_sender(self):
        url = f"http://{self.counter.host}/logo"
        first, second = self.take_in(
            f'<img src="{url}1" width="50">', f'<img src="{url}2" width="50">'
        ).ticket_id
        self.browse(
            f"/odoo/tickets/{first.id}",
            '(await appears(".o_ticket_show_always")).click();',
        )
        self.assertEqual(self.loaded(), ["/logo1"])
        self.browse(
            f"/odoo/tickets/{second.id}", 'await appears(".o_ticket_mail_body");'
        )
        self.assertEqual(self.loaded(), ["/logo1", "/logo2"])
        self.counter.requests.clear()
        self.browse(
            f"/odoo/tickets/{second.id}",
            'await appears(".o_ticket_blocked");',
            login="test_administrator",
        )
        self.assertFalse(self.loaded(), "another user did not ask")

    def test_setting(self):
        """R55: on by default; switched off in the settings, images are shown at once"""
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.ticket_block_external)
        settings.ticket_block_external = False
        settings.execute()
        again = self.env["res.config.settings"].create({})
        self.assertFalse(again.ticket_block_external)
        url = f"http://{self.counter.host}/logo"
        ticket = self.take_in(f'<img src="{url}" width="50">').ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}", 'await appears(".o_ticket_mail_body");'
        )
        self.assertEqual(self.loaded(), ["/logo"])

    def test_own_addresses_are_not_called(self):
        """Threat 13: an image that logs its reader out, also after the click"""
        urls = (
            "/web/session/logout",
            f"{self.base_url()}/web/session/logout",
            f"http://{self.counter.host}/logo",
        )
        body = "".join(f'<img src="{url}" width="50">' for url in urls)
        ticket = self.take_in(body).ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            (await appears(".o_ticket_show_images")).click();
            await wait(1000);
            const answer = await fetch("/web/session/get_session_info", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ jsonrpc: "2.0", params: {} }),
            });
            const { result } = await answer.json();
            if (!result?.uid) throw new Error("logged out by a mail");
            """,
        )
        self.assertEqual(self.loaded(), ["/logo"])

    def test_links_to_ourselves_are_disarmed(self):
        """Threat 13: a link in a mail opens records of ours, but does not act"""
        base = self.base_url()
        links = {
            f"{base}/web/session/logout": False,
            f"{base}/odoo/../web/session/logout": False,
            f"{base}/odoo/%2e%2e/web/session/logout": False,
            f"{base}/web/contents": False,
            f"{base}/web/content/1?download=1": True,
            f"{base}/web/image/1": True,
            f"{base}/odoo/tickets/1": True,
            "https://shop.example/web/session/logout": True,
            "mailto:jo@shop.example": True,
            "http://%unsubscribe_url%": False,
        }
        body = "".join(f'<p><a href="{url}">x</a></p>' for url in links)
        ticket = self.take_in(body).ticket_id
        wanted = ",".join(json.dumps(is_kept) for is_kept in links.values())
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            f"""
            const frame = await appears(".o_ticket_mail_body");
            await wait(1000);
            const links = [...frame.contentDocument.querySelectorAll("a")];
            const found = links.map((link) => link.hasAttribute("href"));
            if (`${{found}}` !== "{wanted}")
                throw new Error(`${{found}}`);
            """,
        )

    def test_without_text(self):
        """P3: a mail without a text says so, next to its file"""
        ticket = self.take_in("<div>&nbsp;<br></div>").ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            const said = await appears(".o-mail-Message-body .o_ticket_no_text");
            if (!said.textContent.includes("no text"))
                throw new Error(said.textContent);
            if (document.querySelector(".o_ticket_mail_body"))
                throw new Error("an empty box");
            """,
        )

    def test_right_to_left(self):
        """P3: Hebrew and Arabic are read from the right"""
        ticket = self.take_in("<p>שלום לכולם</p>").ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            const frame = await appears(".o_ticket_mail_body");
            await wait(1000);
            const { direction } = getComputedStyle(
                frame.contentDocument.querySelector("p")
            );
            if (direction !== "rtl")
                throw new Error(direction);
            """,
        )

    def test_stays_in_its_box(self):
        """Threat 13: no script, no overlay, no new look, no way out of the frame"""
        ticket = self.take_in(
            "<style>body, .o_navbar { display: none !important }</style>"
            '<div id="wrap" class="o_form_view modal" style="position:fixed; top:0;'
            ' left:0; width:100vw; height:100vh; z-index:99999">Log in again</div>'
            '<script>parent.document.title = "stolen"</script>'
            "<img src=x onerror=\"parent.document.title = 'stolen'\">"
            '<form action="/"><input name="password"></form>'
            '<a href="https://evil.example/">https://bank.example</a>'
        ).ticket_id
        self.browse(
            f"/odoo/tickets/{ticket.id}",
            """
            const frame = await appears(".o_ticket_mail_body");
            await wait(1000);
            const mail = frame.contentDocument;
            const check = (truth, told) => { if (!truth) throw new Error(told); };
            check(document.title !== "stolen", "a script ran");
            check(!mail.querySelector("script, form, input, [onerror]"), "unclean");
            check(!frame.sandbox.contains("allow-scripts"), "scripts are allowed");
            check(!frame.sandbox.contains("allow-forms"), "forms are allowed");
            check(!frame.sandbox.contains("allow-top-navigation"), "may leave");
            const box = frame.getBoundingClientRect();
            const at = document.elementFromPoint(20, 20);
            check(at && !frame.contains(at) && at !== frame, "overlaid");
            check(box.width < window.innerWidth, "too wide");
            const link = mail.querySelector("a");
            check(link.rel.includes("noopener") && link.target === "_blank", "opener");
            check(link.textContent.includes("[→ evil.example]"), "hidden");
            """,
        )
