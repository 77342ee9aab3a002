import csv
import io

from .common import TicketCase

# the columns of OpenXE's database/struktur.sql
TABLES = {
    "warteschlangen": "id warteschlange label wiedervorlage adresse",
    "ticket": (
        "id schluessel zeit projekt bearbeiter quelle status adresse kunde "
        "warteschlange mailadresse prio betreff zugewiesen inbearbeitung "
        "inbearbeitung_user firma notiz bitteantworten service kommentar privat "
        "dsgvo tags nachrichten_anz"
    ),
    "ticket_nachricht": (
        "id ticket verfasser bearbeiter mail zeit zeitausgang text textausgang "
        "betreff bemerkung medium versendet status mail_cc verfasser_replyto "
        "mail_replyto"
    ),
    "ticket_vorlage": (
        "id projekt vorlagenname vorlage firma sichtbar sort ticket_category_id"
    ),
    "projekt": "id name abkuerzung verantwortlicher beschreibung aktiv farbe firma",
}

NUMBER = "20190304123456"
TICKET = {
    "id": "1",
    "schluessel": NUMBER,
    "betreff": "Größe falsch",
    "zeit": "2019-03-06 12:00:00",
    "projekt": "7",
    "bearbeiter": "Tina Agent",
    "quelle": "support@test.example",
    "status": "offen",
    "adresse": "0",
    "kunde": "Carla Customer",
    "warteschlange": "tsupport",
    "mailadresse": "Carla@customer.example",
    "prio": "1",
    "privat": "0",
    "dsgvo": "1",
    "tags": "Retoure,Eilig",
}
RECEIVED = {
    "id": "11",
    "ticket": NUMBER,
    "verfasser": "Carla Customer",
    "bearbeiter": "",
    "mail": "carla@customer.example",
    "zeit": "2019-03-04 10:00:00",
    "betreff": "Größe falsch",
    "text": "Guten Tag;\ndie Größe ist falsch.",
    "textausgang": "",
    "versendet": "",
    "mail_cc": "ben@customer.example",
}
SENT = {
    "id": "12",
    "ticket": NUMBER,
    "verfasser": "Tina Agent (Firma GmbH)",
    "bearbeiter": "",
    "mail": "carla@customer.example",
    "zeit": "2019-03-05 10:30:00",
    "zeitausgang": "2019-03-05 11:00:00",
    "betreff": f"RE: Größe falsch Ticket #{NUMBER}",
    "text": "<p>Wir tauschen um.<script>alert(1)</script></p>",
    "textausgang": "",
    "versendet": "1",
    "mail_replyto": "service@test.example",
}
PROJECTS = [
    {"id": "7", "name": "TEST SHOP", "abkuerzung": "TS"},
    {"id": "8", "name": "Messe_%", "abkuerzung": "M"},
]


def table(name, rows, separator=";", encoding="utf-8-sig"):
    """A CSV export of OpenXE's table, as bytes; MySQL's NULL where a row has nothing.

    :param rows: dicts by column
    """
    file = io.StringIO(newline="")
    writer = csv.DictWriter(
        file, TABLES[name].split(), delimiter=separator, restval="NULL"
    )
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


def mbox(*raws):
    return b"".join(
        b"From x Mon Mar  2 10:00:00 2026\n"
        + raw.replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for raw in raws
    )


class ImportCase(TicketCase):
    def setUp(self):
        super().setUp()
        self.administrator.tz = "Europe/Berlin"

    def prepare(self, files, **values):
        """A record with these files ({name: bytes}), not read yet"""
        attachments = self.env["ir.attachment"].with_user(self.administrator)
        record = self.env["ticket.import"].with_user(self.administrator)
        return record.create(
            {
                "attachment_ids": [
                    attachments.create({"name": name, "raw": raw}).id
                    for name, raw in files.items()
                ],
                **values,
            }
        )

    def start(self, files, **values):
        record = self.prepare(files, **values)
        record.action_read()
        self.assertEqual(record.state, "ready")
        self.run_all(record)
        return record

    def take(self, messages=(), tickets=(TICKET,), **files):
        """Import these rows; `files`: further ones by the table's name"""
        tables = {"ticket": tickets, "ticket_nachricht": messages, **files}
        return self.start(
            {f"{name}.csv": table(name, rows) for name, rows in tables.items() if rows}
        )

    def run_all(self, record):
        self.run_once(record)
        self.assertEqual(record.state, "done")
        self.assertEqual(record.progress, 100)

    def run_once(self, record):
        """As the cron does, in a transaction that commits"""
        record.action_start()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["ticket.import"]._cron_import()
        self.env.invalidate_all()

    def again(self, record):
        """Once more: nothing is made, all is known; how many rows are"""
        record.action_again()
        record.action_read()
        self.run_all(record)
        self.assertEqual(record.made_count, 0)
        return record.known_count

    def skipped(self, record):
        return self.told(record.problem_ids)

    def told(self, lines):
        return [
            (problem.attachment_id.name, problem.row, problem.reason)
            for problem in lines.sorted(
                lambda problem: (problem.attachment_id.name or "", problem.row)
            )
        ]

    def ticket(self, number):
        ticket = self.env["ticket.ticket"].search([("number", "=", number)])
        self.assertEqual(len(ticket), 1)
        return ticket
