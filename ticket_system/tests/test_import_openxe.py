from odoo.tests import tagged

from .common import mail
from .import_case import NUMBER, PROJECTS, RECEIVED, TICKET, ImportCase


@tagged("post_install", "-at_install")
class TestImportOpenxe(ImportCase):
    """Coming from Xentral or OpenXE: numbers, dates, statuses and authors are kept"""

    # ------------------------------------------------------------------
    # Tickets
    # ------------------------------------------------------------------

    def test_ticket(self):
        row = {**TICKET, "notiz": "nett", "kommentar": "und eilig"}
        record = self.take(tickets=[row], projekt=PROJECTS)
        self.assertEqual(self.skipped(record), [])
        counts = (record.row_count, record.made_count, record.known_count)
        self.assertEqual(counts, (1, 1, 0), "projects are not counted")
        ticket = self.ticket(NUMBER)
        self.assertEqual(ticket.name, "Größe falsch")
        self.assertEqual(ticket.status_id, self.status["open"])
        self.assertEqual(ticket.queue_id, self.support)
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.email_from, "carla@customer.example")
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.account_id, self.account)
        self.assertEqual(ticket.tag_ids.mapped("name"), ["Eilig", "Retoure"])
        self.assertEqual(ticket.internal_comment, "nett\nund eilig")
        self.assertEqual((ticket.priority, ticket.is_gdpr), ("1", True))
        self.assertEqual(self.again(record), 1)

    def test_statuses(self):
        """All that OpenXE has, and for whom a customer waits in them"""
        for old, new, waits in (
            ("neu", "new", True),
            ("offen", "open", True),
            ("warten_e", "waiting_internal", True),
            ("warten_kd", "waiting_customer", False),
            ("klaeren", "clarify", True),
            ("abgeschlossen", "closed", False),
            ("spam", "trash", False),
        ):
            with self.subTest(old):
                tickets = [{**TICKET, "schluessel": old, "status": old}]
                self.take([{**RECEIVED, "id": old, "ticket": old}], tickets)
                ticket = self.ticket(old)
                self.assertEqual(ticket.status_id, self.status[new])
                self.assertEqual(bool(ticket.waiting_since), waits)
                self.assertEqual(bool(ticket.closed_on), ticket.is_closed)

    def test_skipped(self):
        tickets = [
            {**TICKET, "schluessel": "", "bearbeiter": "", "projekt": "0"},
            {**TICKET, "schluessel": "1", "zeit": "gestern"},
            {**TICKET, "schluessel": "2", "zeit": "0000-00-00 00:00:00"},
            {**TICKET, "schluessel": "3", "status": "seltsam"},
            {**TICKET, "schluessel": "4", "status": ""},
            {**TICKET, "schluessel": "5"},
            {**TICKET, "schluessel": "5", "betreff": "Other"},
        ]
        own = {"name": "In repair", "category": "waiting_internal"}
        self.env["ticket.status"].create(own)
        record = self.take([{**RECEIVED, "ticket": "404"}], tickets)
        self.assertEqual(record.made_count, 1)
        skipped = self.skipped(record)
        self.assertEqual(self.again(record), 1)
        self.assertEqual(self.skipped(record), skipped)
        self.assertEqual(
            skipped,
            [
                ("ticket.csv", 2, "No ticket number."),
                ("ticket.csv", 3, "“gestern” is no date."),
                ("ticket.csv", 4, "“0000-00-00 00:00:00” is no date."),
                ("ticket.csv", 5, "“seltsam” is no status."),
                ("ticket.csv", 6, "No status."),
                ("ticket.csv", 8, "A row above has this ticket number, too."),
                (
                    "ticket_nachricht.csv",
                    2,
                    "Its ticket is not in the files, or was skipped.",
                ),
            ],
        )

    def test_left_out(self):
        """What is unknown here is told, and the rest is taken"""
        self.other_agent.active = False
        row = {**TICKET, "warteschlange": "lager", "bearbeiter": "Otto Other"}
        record = self.take(tickets=[row])
        self.assertEqual(record.made_count, 1)
        self.assertEqual(
            sorted(reason for _file, _row, reason in self.told(record.note_ids)),
            [
                "Taken without its agent: there is no “Otto Other”.",
                "Taken without its project: there is no “7”.",
                "Taken without its queue: there is no “lager”.",
            ],
        )

    def test_project_by_code(self):
        """A row may name the project by its code elsewhere"""
        rows = [{**TICKET, "projekt": "ts"}]
        record = self.take(tickets=rows, projekt=PROJECTS)
        self.assertFalse(record.note_ids)
        self.assertEqual(self.ticket(NUMBER).project_id, self.project)

    def test_names_are_literal(self):
        """_ and % in a name stand for themselves"""
        self.env["project.project"].create({"name": "Messexy"})
        rows = [{**TICKET, "projekt": "8", "bearbeiter": "%"}]
        record = self.take(tickets=rows, projekt=PROJECTS)
        self.assertEqual((record.note_count, record.problem_count), (2, 0))
        ticket = self.ticket(NUMBER)
        self.assertFalse(ticket.project_id or ticket.user_id)

    def test_account(self):
        """R15: answers leave from the account the mails came to"""
        other = self._make_account("other@test.example")
        for number, source, expected in (
            ("1", "Other@test.example", other),
            ("2", "gone@test.example", self.account),
            ("3", "NULL", self.account),
        ):
            with self.subTest(source):
                self.take(tickets=[{**TICKET, "schluessel": number, "quelle": source}])
                self.assertEqual(self.ticket(number).account_id, expected)

    def test_number_still_works(self):
        """R24: an answer to an old mail finds its ticket by the number"""
        self.take([RECEIVED])
        answer = self.take_in(mail(f"AW: Ticket #{NUMBER}")).ticket_id
        self.assertEqual(answer, self.ticket(NUMBER))

    # ------------------------------------------------------------------
    # Queues, templates
    # ------------------------------------------------------------------

    def test_queues(self):
        """R7; codes are letters and digits"""
        rows = [
            {"id": "1", "warteschlange": "Rücksendung", "label": "rück-1"},
            {"id": "2", "warteschlange": "Support", "label": "tsupport"},
            {"id": "3", "warteschlange": "", "label": ""},
        ]
        record = self.take(tickets=(), warteschlangen=rows)
        queue = self.env["ticket.queue"].search([("code", "=", "rueck1")])
        self.assertEqual(queue.name, "Rücksendung")
        self.assertEqual((record.made_count, record.known_count), (1, 1))
        self.assertEqual(
            self.skipped(record),
            [("warteschlangen.csv", 4, "Neither name nor code.")],
        )
        self.assertEqual(self.again(record), 2)

    def test_templates(self):
        """R48: bound to a project, hidden, sorted; never offered where they were not"""
        row = {"projekt": "0", "vorlage": "Hallo {NAME}", "sichtbar": "1", "sort": "3"}
        rows = [
            {**row, "vorlagenname": "Umtausch"},
            {**row, "vorlagenname": "Umtausch", "projekt": "7"},
            {**row, "vorlagenname": "Fremd", "projekt": "99"},
            {**row, "vorlagenname": "Alt", "sichtbar": "0"},
            {**row, "vorlagenname": ""},
        ]
        record = self.take(tickets=(), ticket_vorlage=rows, projekt=PROJECTS)
        templates = self.env["ticket.template"].with_context(active_test=False)
        general, bound = templates.search([("name", "=", "Umtausch")], order="id")
        self.assertEqual(general.sequence, 3)
        self.assertFalse(general.project_ids or general.user_id)
        self.assertEqual(bound.project_ids, self.project)
        self.assertFalse(templates.search([("name", "=", "Fremd")]))
        self.assertFalse(templates.search([("name", "=", "Alt")]).active)
        self.assertEqual(
            self.skipped(record),
            [
                ("ticket_vorlage.csv", 4, "There is no project “99”."),
                ("ticket_vorlage.csv", 6, "No name."),
            ],
        )
        self.assertEqual(self.again(record), 3)
