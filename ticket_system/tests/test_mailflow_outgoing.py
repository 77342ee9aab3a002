from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow import outgoing
from odoo.addons.ticket_system.mailflow.errors import AddressRefused

NUMBER = "20260302481507"


class TestOutgoing(BaseCase):
    def test_subject(self):
        """R52: one mark in front, threat 18: one line"""
        mark = f"[Ticket #{NUMBER}]"
        for text, expected in (
            ("Wheel", f"{mark} Wheel"),
            ("Re: Wheel", f"Re: {mark} Wheel"),
            (f"Re: AW: {mark} Wheel", f"Re: {mark} Wheel"),
            (f"AW: Re: Ticket #{NUMBER}: Wheel", f"Re: {mark} Wheel"),
            (f"Wheel {mark}", f"{mark} Wheel"),
            (f"{NUMBER}", mark),
            (
                f"Your request {NUMBER} of today",
                f"{mark} Your request {NUMBER} of today",
            ),
            ("Wheel\r\nBcc: x@y.example", f"{mark} Wheel Bcc: x@y.example"),
        ):
            with self.subTest(text):
                made = outgoing.subject(text, NUMBER)
                self.assertEqual(made, expected)
                self.assertEqual(outgoing.subject(made, NUMBER), made)
        self.assertLessEqual(len(outgoing.subject("x" * 999, NUMBER)), 250)

    def test_spoken_name(self):
        for written, spoken in (
            ("Müller, Petra", "Petra Müller"),
            ("O'Hara, Jean-Luc", "Jean-Luc O'Hara"),
            ("Petra Müller", "Petra Müller"),
            ("Acme, Inc", "Acme, Inc"),
            ("Müller, Petra (Einkauf)", "Müller, Petra (Einkauf)"),
            ("Wheels, Bells, Brakes", "Wheels, Bells, Brakes"),
        ):
            with self.subTest(written):
                self.assertEqual(outgoing.spoken_name(written), spoken)

    def test_placeholders(self):
        """Threat 28: substituted once, escaped, never evaluated"""
        values = {"NAME": "<b>{TICKET}</b>", "TICKET": NUMBER}
        fill = outgoing.placeholders
        self.assertEqual(fill("{NAME} {X}", values), "<b>{TICKET}</b> {X}")
        self.assertEqual(
            fill("{name}", values, is_html=True), "&lt;b&gt;{TICKET}&lt;/b&gt;"
        )
        self.assertEqual(outgoing.unknown_placeholders("{NAME} {NOPE}"), "{NOPE}")

    def test_placeholders_without_a_value(self):
        for text, expected in (
            ("Hello {NAME}, hi", "Hello, hi"),
            ("Thank you, {NAME}!", "Thank you!"),
            ("<p>Hi&nbsp;{NAME}<br></p>", "<p>Hi<br></p>"),
            ("{NAME} {TICKET}", " 1"),
        ):
            with self.subTest(text):
                values = {"NAME": "", "TICKET": "1"}
                found = outgoing.placeholders(text, values, is_html=True)
                self.assertEqual(found, expected)

    def test_addresses_as_people_type_them(self):
        for text, email in (
            ("info@müller.example", "info@xn--mller-kva.example"),
            ("\u00a0jo@x.example\u200b", "jo@x.example"),
        ):
            with self.subTest(text):
                [found] = outgoing.check_addresses(text)
                self.assertEqual(found.email, email)

    def test_unknown_placeholders(self):
        self.assertEqual(
            outgoing.unknown_placeholders("{KUNDE1} {Größe} {NAME} p { color: red }"),
            "{KUNDE1}, {Größe}",
        )

    def test_quotes_in_quotes(self):
        """Each has its bar, however its program wrote it"""
        text = '<blockquote style="border-left:2px solid blue">x</blockquote>'
        style = f'style="{outgoing.QUOTE_STYLE}"'
        self.assertIn(f"<blockquote {style}>x", outgoing.quotable(text))

    def test_forwarded_subject(self):
        for text, found in (
            (f"Fwd: [Ticket #{NUMBER}] Foo", f"Fwd: [Ticket #{NUMBER}] Foo"),
            ("WG: Foo", f"Fwd: [Ticket #{NUMBER}] Foo"),
            (f"Re: Fwd: [Ticket #{NUMBER}] Foo", f"Re: [Ticket #{NUMBER}] Foo"),
        ):
            with self.subTest(text):
                self.assertEqual(outgoing.subject(text, NUMBER), found)

    def test_addresses_are_written_as_read(self):
        pairs = [
            ("Dr. Käthe O'Neil-Meier", "k@x.example"),
            ("Doe, Jo", "jo@x.example"),
            ('The "Boss" \\', "b@x.example"),
            ("", "plain@x.example"),
            ("Nobody", ""),
        ]
        text = outgoing.readable(pairs)
        self.assertTrue(text.startswith("Dr. Käthe O'Neil-Meier <k@x.example>, \"Doe"))
        found = [(a.name, a.email) for a in outgoing.check_addresses(text)]
        self.assertEqual(found, pairs[:-1])

    def test_addresses(self):
        found = outgoing.check_addresses('"Doe, Jo" <jo@x.example>; b@y.example')
        self.assertEqual([a.email for a in found], ["jo@x.example", "b@y.example"])
        for text in (
            "nonsense",
            "a@b",
            "a@b.example\nBcc: c@d.example",
            "a b@c.example",
        ):
            with self.subTest(text), self.assertRaises(AddressRefused):
                outgoing.check_addresses(text)
        with self.assertRaisesRegex(AddressRefused, "“wrong@” is no"):
            outgoing.check_addresses("Eve <eve@x.example>, wrong@")
        with self.assertRaisesRegex(AddressRefused, "cannot be written to"):
            outgoing.check_addresses("Jürgen <jürgen@x.example>")

    def test_without_marks(self):
        for text, expected in (
            (f"Re: [Ticket #{NUMBER}] Order #4711", "Re: Order #4711"),
            (f"[Ticket #{NUMBER}]", ""),
            ("[Ticket #815] yours", "[Ticket #815] yours"),
        ):
            with self.subTest(text):
                self.assertEqual(outgoing.without_marks(text), expected)
