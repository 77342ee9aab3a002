from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ticket_system.models import ticket_ticket_search

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestSearch(TicketCase):
    """Tickets are found by what was written, in the languages spoken here"""

    def setUp(self):
        super().setUp()
        self.wheel = self.take_in(
            mail("One", "Die Rechnungen für zwei Laufräder sind falsch.")
        ).ticket_id
        html = mail("Two", "x").replace(b"text/plain", b"text/html")
        body = b"<p class='parcel'>My parcels <b>arrived</b> &amp; are wet.</p>"
        self.parcel = self.take_in(html.replace(b"\n\nx", b"\n\n" + body)).ticket_id
        self.both = self.wheel | self.parcel

    def found(self, text, user=None):
        domain = [("text", "ilike", text), ("id", "in", self.both.ids)]
        return self.env["ticket.ticket"].with_user(user or self.agent).search(domain)

    def test_words(self):
        """Stems and beginnings in each language, phrases, exclusions; no tags"""
        for text, expected in (
            ("Rechnung", self.wheel),
            ("Laufr", self.wheel),
            ("laufräder zwei", self.wheel),
            ("parcel", self.parcel),
            ("arrive wet", self.parcel),
            ('"zwei Laufräder"', self.wheel),
            ('"Laufräder zwei"', self.wheel.browse()),
            ("parcel -wet", self.wheel.browse()),
            ("are -parcel", self.wheel.browse()),
            ("sind -parcel", self.wheel),
            ("-Rechnung", self.parcel),
            ('-"zwei Laufräder"', self.parcel),
            ("-Rechnung -parcels", self.wheel.browse()),
            ("-the", self.both),
            ("parcel or rechnung", self.both),
            ("class", self.wheel.browse()),
            ("amp", self.wheel.browse()),
            ("'); DROP TABLE ticket_text; --", self.wheel.browse()),
            ("&|!:*()<->", self.wheel.browse()),
        ):
            with self.subTest(text):
                self.assertEqual(self.found(text), expected)

    def test_file_names(self):
        """Mails without a word of text, too"""
        invoice = ("Kaufbeleg_2026-11.pdf", b"%PDF-", "application", "pdf")
        ticket = self.take_in(mail("Three", "", attachments=[invoice])).ticket_id
        self.both |= ticket
        for text in ("Kaufbeleg", "kaufbeleg 2026", "pdf"):
            self.assertEqual(self.found(text), ticket, text)

    def test_sender(self):
        """Any part of an address is looked for as it stands, wildcards in it or not"""
        for text, is_found in (
            ("carla@customer.example", True),
            ("@customer.ex", True),
            ("CARLA@", True),
            ("a@", True),
            ("c%@customer", True),
            ("customer.com", False),
            ("carla.customer", False),
            ("arla@customers", False),
            (r"carl\_@customer", False),
            ("carl_@customer", True),
            ("", True),
        ):
            domain = [("email_from", "ilike", text), ("id", "in", self.both.ids)]
            found = self.env["ticket.ticket"].search(domain)
            with self.subTest(text):
                self.assertEqual(found, self.both if is_found else self.both.browse())
            without = self.env["ticket.ticket"].search(
                [("email_from", "not ilike", text), ("id", "in", self.both.ids)]
            )
            with self.subTest(text, negated=True):
                self.assertEqual(without, self.both - found)

    def test_search_box(self):
        """R29: what one types first finds number, subject and sender"""
        arch = self.env["ticket.ticket"].get_view(view_type="search")["arch"]
        field = etree.fromstring(arch).find("field[@name='name']")
        for text in (self.wheel.number, "One", "carla@customer", "carla cust"):
            domain = safe_eval(field.get("filter_domain"), {"self": text})
            found = self.env["ticket.ticket"].with_user(self.agent).search(domain)
            with self.subTest(text):
                self.assertIn(self.wheel, found)

    def test_by_tag(self):
        """R31, R43: tags are looked for by name"""
        self.wheel.tag_ids = self.env["ticket.tag"].create({"name": "Spare part"})
        for operator, expected in (("ilike", self.wheel), ("not ilike", self.parcel)):
            domain = [("tag_ids", operator, "spare"), ("id", "in", self.both.ids)]
            self.assertEqual(self.env["ticket.ticket"].search(domain), expected)

    def test_columns(self):
        """R32: what the list shows, or can show"""
        arch = self.env["ticket.ticket"].get_view(view_type="list")["arch"]
        columns = {
            field.get("name")
            for field in etree.fromstring(arch).findall("field")
            if not field.get("column_invisible") == "1"
        }
        wanted = {"status_id", "last_message", "partner_name", "name", "queue_id"}
        wanted |= {"project_id", "message_count", "priority", "waiting_since"}
        self.assertLessEqual(wanted, columns)

    def test_many_hits_are_the_same(self):
        for text in ("rechnung", "parcel or rechnung"):
            few = self.found(text)
            with patch.object(ticket_ticket_search, "FEW", 0), self.subTest(text):
                self.assertEqual(self.found(text), few)

    def test_in_step(self):
        """Further messages, changes and deletions are found at once"""
        number = self.wheel.number
        self.take_in(mail(f"#{number}", "There is a giraffe."))
        self.assertEqual(self.found("giraffe"), self.wheel)
        self.assertEqual(self.found("Rechnung"), self.wheel)
        message = self.wheel._conversation()[-1]
        message.body = "<p>There is an elephant.</p>"
        self.assertFalse(self.found("giraffe"))
        self.assertEqual(self.found("elephant"), self.wheel)
        message.unlink()
        self.assertFalse(self.found("elephant"))
        self.wheel.with_user(self.agent).message_post(body="A note on zebras.")
        self.assertEqual(self.found("zebra"), self.wheel)

    def test_rights(self):
        self.wheel.queue_id = self.accounting
        self.assertFalse(self.found("Rechnung"))

    def test_very_long(self):
        """What is too much for the index neither fails nor hides the beginning"""
        words = " ".join(f"w{n}x" for n in range(200_000))
        line = self.take_in(mail("Long", f"beginning {words}"))
        self.assertEqual(line.state, "done")
        self.both |= line.ticket_id
        self.assertEqual(self.found("beginning"), line.ticket_id)
