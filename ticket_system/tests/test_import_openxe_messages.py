from odoo.tests import tagged

from .import_case import NUMBER, PROJECTS, RECEIVED, SENT, ImportCase

# in older Xentral the answer stands in the customer's row
ANSWERED = {
    **RECEIVED,
    "bearbeiter": "Tina Agent",
    "textausgang": "<p>Gern.</p>",
    "zeitausgang": "2019-03-05 11:00:00",
    "versendet": "1",
}


@tagged("post_install", "-at_install")
class TestImportOpenxeMessages(ImportCase):
    """R44: what was written to and fro in Xentral or OpenXE"""

    def test_conversation(self):
        """R44: which way, when, from whom, to whom"""
        record = self.take([RECEIVED, SENT], projekt=PROJECTS)
        self.assertEqual(self.skipped(record), [])
        received, sent = self.ticket(NUMBER)._conversation()
        self.assertEqual(received.message_type, "email")
        self.assertIn("die Größe ist falsch", received.body)
        self.assertEqual(received.author_id, self.customer)
        self.assertEqual(received.email_from, "Carla Customer <carla@customer.example>")
        self.assertEqual(received.incoming_email_to, "support@test.example")
        self.assertEqual(received.incoming_email_cc, "ben@customer.example")
        self.assertEqual(sent.message_type, "comment")
        self.assertEqual(sent.author_id, self.agent.partner_id)
        self.assertEqual(sent.email_from, "Tina Agent <service@test.example>")
        self.assertEqual(sent.outgoing_email_to, "carla@customer.example")
        self.assertIn("Wir tauschen um", sent.body)
        self.assertNotIn("script", sent.body)
        self.assertEqual(str(sent.date), "2019-03-05 10:00:00")
        self.assertEqual(self.again(record), 3)

    def test_times(self):
        """Of the messages, whatever the last action was; in the time of Berlin"""
        later = {**RECEIVED, "id": "13", "zeit": "2019-07-01 10:00:00"}
        latest = {**RECEIVED, "id": "14", "zeit": "2019-07-02 10:00:00"}
        self.take([latest, SENT, RECEIVED, later])
        ticket = self.ticket(NUMBER)
        self.assertEqual(str(ticket.create_date), "2019-03-04 09:00:00")
        self.assertEqual(str(ticket.last_inbound), "2019-07-02 08:00:00")
        self.assertEqual(str(ticket.last_outbound), "2019-03-05 10:00:00")
        self.assertEqual(str(ticket.first_response), "2019-03-05 10:00:00")
        self.assertEqual(str(ticket.last_message), "2019-07-02 08:00:00")
        self.assertEqual(str(ticket.waiting_since), "2019-07-01 08:00:00")
        dates = ticket._conversation().mapped("date")
        self.assertEqual(dates, sorted(dates))

    def test_times_without_messages(self):
        self.take()
        ticket = self.ticket(NUMBER)
        for name in ("create_date", "last_inbound", "last_message", "waiting_since"):
            self.assertEqual(str(ticket[name]), "2019-03-06 11:00:00", name)

    def test_answered(self):
        """Nobody waits whom we answered"""
        self.take([RECEIVED, SENT])
        self.assertFalse(self.ticket(NUMBER).waiting_since)

    def test_answer_in_the_same_row(self):
        """In older Xentral the answer stands in the customer's row"""
        record = self.take([ANSWERED])
        received, answer = self.ticket(NUMBER)._conversation()
        self.assertEqual(received.message_type, "email")
        self.assertEqual(received.author_id, self.customer)
        self.assertEqual(answer.message_id, "<openxe.11.out@import.invalid>")
        self.assertEqual(str(answer.date), "2019-03-05 10:00:00")
        self.assertEqual(answer.author_id, self.agent.partner_id)
        self.assertEqual(answer.email_from, "Tina Agent <support@test.example>")
        self.assertEqual(
            answer.outgoing_email_to, "Carla Customer <carla@customer.example>"
        )
        self.assertEqual(record.made_count, 2)
        self.assertEqual(self.again(record), 2)
        self.assertEqual(len(self.ticket(NUMBER)._conversation()), 2)

    def test_answer_alone(self):
        """Of a row that was sent and holds an answer without a question"""
        record = self.take([{**ANSWERED, "text": ""}])
        [answer] = self.ticket(NUMBER)._conversation()
        self.assertEqual(answer.message_type, "comment")
        self.assertEqual(self.again(record), 2)
        self.assertEqual(len(self.ticket(NUMBER)._conversation()), 1)

    def test_drafts(self):
        """R66: what was never sent is no message, and is told"""
        draft = {**SENT, "zeitausgang": "NULL"}
        half = {**RECEIVED, "textausgang": "Ger", "zeitausgang": "0000-00-00 00:00:00"}
        record = self.take([draft, half])
        [message] = self.ticket(NUMBER)._conversation()
        self.assertEqual(message.message_type, "email")
        self.assertEqual(
            [skipped for skipped in self.skipped(record) if "nachricht" in skipped[0]],
            [("ticket_nachricht.csv", 2, "A draft that was never sent.")],
        )
        told = "Taken without the answer, which was never sent."
        self.assertIn(("ticket_nachricht.csv", 3, told), self.told(record.note_ids))

    def test_remark(self):
        """R68: no customer sees a remark"""
        remark = {**RECEIVED, "bemerkung": "<b>Vorsicht", "bearbeiter": "Tina Agent"}
        record = self.take([remark])
        note = self.ticket(NUMBER).message_ids.filtered("is_internal")
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertEqual(note.author_id, self.agent.partner_id)
        self.assertIn("Vorsicht", note.body)
        self.assertEqual(len(self.ticket(NUMBER)._conversation()), 1)
        self.again(record)
        self.assertEqual(len(self.ticket(NUMBER).message_ids), 2)

    def test_authors(self):
        """A name is kept where nobody is known by it; no address is made up"""
        self.other_agent.active = False
        ben = self.env["res.partner"].create(
            {"name": "Ben", "email": "ben@customer.example"}
        )
        archived = {**SENT, "id": "1", "verfasser": "Otto Other", "mail_replyto": ""}
        others = {**RECEIVED, "id": "2", "mail": "Ben@customer.example"}
        stranger = {**RECEIVED, "id": "3", "mail": "x@elsewhere.example"}
        nobody = {**RECEIVED, "id": "4", "mail": "", "verfasser": "Carla"}
        colleague = {**RECEIVED, "id": "5", "mail": "agent@test.example"}
        self.take([archived, others, stranger, nobody, colleague])
        found = {
            message.message_id.split(".")[1].split("@")[0]: message
            for message in self.ticket(NUMBER)._conversation()
        }
        self.assertEqual(found["1"].email_from, "Otto Other <support@test.example>")
        self.assertEqual(found["2"].author_id, ben)
        self.assertEqual(found["4"].email_from, "Carla")
        for number in "1345":
            self.assertFalse(found[number].author_id, number)

    def test_without_identifier(self):
        """Two mails of one moment are two, and the same at each import"""
        rows = [
            {**RECEIVED, "id": "NULL", "text": "Eins"},
            {**RECEIVED, "id": r"\N", "text": "Zwei"},
        ]
        record = self.take(rows)
        self.assertEqual(len(self.ticket(NUMBER)._conversation()), 2)
        self.assertEqual(self.again(record), 3)

    def test_foreign_html(self):
        """R55: shown in a frame, external content parked, as of fetched mails"""
        text = '<p>Hi<img src="https://tracker.example/a.png" width="300"></p>'
        self.take([{**RECEIVED, "text": text}, SENT])
        received, sent = self.ticket(NUMBER)._conversation()
        self.assertEqual(received.ticket_facts["blocked"], {"images": 1})
        self.assertEqual(received.ticket_facts["hosts"], ["tracker.example"])
        self.assertTrue(received._ticket_route()["is_foreign"])
        self.assertFalse(sent._ticket_route()["is_foreign"])

    def test_merged(self):
        """A message whose ticket went into another one is known"""
        record = self.take([RECEIVED])
        self.ticket(NUMBER).number = "1"
        record.attachment_ids -= record.attachment_ids.filtered(
            lambda file: file.name == "ticket.csv"
        )
        record.action_read()
        self.assertEqual(self.again(record), 1)
