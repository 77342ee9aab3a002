import csv
import io
import zipfile

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TicketCase, mail

QUEUES = [
    {"id": "1", "warteschlange": "Technik", "label": "technik"},
    {"id": "2", "warteschlange": "Support", "label": "tsupport"},
    {"id": "3", "warteschlange": "", "label": ""},
]
TICKETS = [
    {
        "id": "1",
        "schluessel": "20190304123456",
        "betreff": "Größe falsch",
        "zeit": "2019-03-04 10:00:00",
        "status": "abgeschlossen",
        "warteschlange": "technik",
        "bearbeiter": "Tina Agent",
        "kunde": "Carla Customer",
        "mailadresse": "carla@customer.example",
        "prio": "1",
        "privat": "0",
        "notiz": "nett",
        "tags": "Retoure, Eilig",
        "projekt": "Test Shop",
    },
    {
        "schluessel": "20190304999999",
        "betreff": "Zweites",
        "zeit": "2019-07-04 10:00:00",
        "status": "warten_e",
    },
    {"schluessel": "777", "zeit": "gestern", "status": "neu", "betreff": "x"},
    {"schluessel": "778", "zeit": "2019-07-04", "status": "seltsam", "betreff": "x"},
    {"schluessel": "", "zeit": "2019-07-04", "status": "neu", "betreff": "x"},
]
MESSAGES = [
    {
        "id": "11",
        "ticket": "20190304123456",
        "verfasser": "Carla Customer",
        "mail": "carla@customer.example",
        "zeit": "2019-03-04 10:00:00",
        "betreff": "Größe falsch",
        "text": "Guten Tag;\ndie Größe ist falsch.",
        "versendet": "0",
    },
    {
        "id": "12",
        "ticket": "20190304123456",
        "verfasser": "Tina Agent",
        "mail": "carla@customer.example",
        "zeit": "2019-03-05 11:00:00",
        "text": "<p>Wir tauschen um.<script>alert(1)</script></p>",
        "versendet": "1",
        "bearbeiter": "Tina Agent",
    },
    {
        "id": "13",
        "ticket": "404",
        "verfasser": "x",
        "zeit": "2019-03-05 11:00:00",
        "text": "x",
    },
]
TEMPLATES = [{"id": "1", "vorlagename": "Umtausch", "vorlage": "Hallo {NAME}"}]


def table(rows, separator=";", encoding="utf-8-sig"):
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, delimiter=separator, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


@tagged("post_install", "-at_install")
class TestImport(TicketCase):
    """Coming from Xentral or OpenXE, or with mails in files"""

    def setUp(self):
        super().setUp()
        self.administrator.tz = "Europe/Berlin"

    def start(self, files, **values):
        attachments = self.env["ir.attachment"].with_user(self.administrator)
        record = self.env["ticket.import"].with_user(self.administrator)
        record = record.create(
            {
                "attachment_ids": [
                    attachments.create({"name": name, "raw": raw}).id
                    for name, raw in files.items()
                ],
                **values,
            }
        )
        record.action_read()
        self.assertEqual(record.state, "ready")
        self.run_all(record)
        return record

    def run_all(self, record):
        """As the cron does, in a transaction that commits"""
        record.action_start()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["ticket.import"]._cron_import()
        self.env.invalidate_all()
        self.assertEqual(record.state, "done")
        self.assertEqual(record.progress, 100)

    def test_openxe(self):
        """Numbers, dates, statuses, authors are kept; skipped rows say why"""
        files = {
            "nachrichten.csv": table(MESSAGES, ","),
            "tickets.csv": table(TICKETS, encoding="cp1252"),
            "warteschlangen.csv": table(QUEUES, "\t"),
            "vorlagen.csv": table(TEMPLATES),
        }
        record = self.start(files)
        self.assertEqual(record.row_count, 12)
        self.assertEqual(record.made_count, 1 + 2 + 2 + 1)
        self.assertEqual(record.known_count, 1)
        reasons = sorted(
            (problem.attachment_id.name, problem.row, problem.reason)
            for problem in record.problem_ids
        )
        self.assertEqual(
            reasons,
            [
                ("nachrichten.csv", 3, "Its ticket is not there."),
                ("tickets.csv", 3, "“gestern” is no date."),
                ("tickets.csv", 4, "“seltsam” is no status."),
                ("tickets.csv", 5, "No ticket number."),
                ("warteschlangen.csv", 3, "Neither name nor code."),
            ],
        )
        ticket = self.env["ticket.ticket"].search([("number", "=", "20190304123456")])
        self.assertEqual(ticket.name, "Größe falsch")
        self.assertEqual(ticket.status_id, self.status["closed"])
        self.assertEqual(ticket.queue_id.code, "technik")
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.tag_ids.mapped("name"), ["Eilig", "Retoure"])
        self.assertEqual(str(ticket.create_date), "2019-03-04 09:00:00")
        self.assertEqual(str(ticket.last_inbound), "2019-03-04 09:00:00")
        self.assertEqual(str(ticket.last_outbound), "2019-03-05 10:00:00")
        received, sent = ticket._conversation()
        self.assertIn("die Größe ist falsch", received.body)
        self.assertEqual(received.author_id, self.customer)
        self.assertEqual(sent.author_id, self.agent.partner_id)
        self.assertIn("Wir tauschen um", sent.body)
        self.assertNotIn("script", sent.body)
        waiting = self.env["ticket.ticket"].search([("number", "=", "20190304999999")])
        self.assertEqual(waiting.status_id, self.status["waiting_customer"])
        self.assertEqual(str(waiting.create_date), "2019-07-04 08:00:00")
        self.assertTrue(self.env["ticket.template"].search([("name", "=", "Umtausch")]))

        answer = self.take_in(mail("AW: Ticket #20190304123456")).ticket_id
        self.assertEqual(answer, ticket, "an old number still finds its ticket")
        record.action_again()
        self.run_all(record)
        self.assertEqual((record.made_count, record.known_count), (0, 7))
        self.assertEqual(len(ticket._conversation()), 3)

    def test_columns_on_screen(self):
        """Other names are mapped by hand; what is not mapped is left out"""
        rows = [
            {"schluessel": "42", "betreff": "x", "zeit": "2020-01-01", "zustand": "neu"}
        ]
        attachment = self.env["ir.attachment"].create(
            {"name": "tickets.csv", "raw": table(rows)}
        )
        record = self.env["ticket.import"].create({"attachment_ids": attachment.ids})
        record.action_read()
        state = record.column_ids.filtered(lambda column: column.name == "zustand")
        self.assertFalse(state.target)
        state.target = "status"
        self.run_all(record)
        ticket = self.env["ticket.ticket"].search([("number", "=", "42")])
        self.assertEqual(ticket.status_id, self.status["new"])

    def test_mails(self):
        """mbox, ZIP and eml: tickets as if fetched, joined, closed, not answered"""
        self.account.write(
            {"autoresponder_active": True, "autoresponder_body": "<p>Hello</p>"}
        )
        first = mail("Old wheel", "One\nFrom here on\n", message_id="<one@c.example>")
        second = mail("Re: Old wheel", in_reply_to="<one@c.example>")
        mbox = b"".join(
            b"From x Mon Mar  2 10:00:00 2026\n"
            + raw.replace(b"\nFrom ", b"\n>From ")
            + b"\n"
            for raw in (first, second)
        )
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("a/1.eml", mail("Zipped"))
            archive.writestr("readme.txt", b"no mail")
        files = {
            "old.mbox": mbox,
            "old.zip": zipped.getvalue(),
            "one.eml": mail("Single"),
        }
        record = self.start(files, account_id=self.account.id)
        self.assertEqual((record.row_count, record.made_count), (4, 4))
        tickets = (
            self.env["ticket.mail"].search([("folder", "like", "import")]).ticket_id
        )
        self.assertEqual(
            sorted(tickets.mapped("name")), ["Old wheel", "Single", "Zipped"]
        )
        self.assertEqual(tickets.status_id, self.status["closed"])
        old = tickets.filtered(lambda ticket: ticket.name == "Old wheel")
        self.assertEqual(len(old._conversation()), 2)
        self.assertIn("From here on", old._conversation()[0].body)
        record.action_again()
        self.run_all(record)
        self.assertEqual((record.made_count, record.known_count), (0, 4))

    def test_unknown_file(self):
        for name, raw in (("x.csv", b"a;b\n1;2\n"), ("x.pdf", b"%PDF"), ("x.csv", b"")):
            attachment = self.env["ir.attachment"].create({"name": name, "raw": raw})
            record = self.env["ticket.import"].create(
                {"attachment_ids": attachment.ids}
            )
            with self.subTest(name), self.assertRaisesRegex(UserError, "neither"):
                record.action_read()
