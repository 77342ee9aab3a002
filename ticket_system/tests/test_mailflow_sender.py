from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow.authentication import authentication
from odoo.addons.ticket_system.mailflow.message import parse
from odoo.addons.ticket_system.mailflow.suspicious import is_lookalike, warnings

from .common import mail

OURS = "mx.ours.example"


class TestAuthentication(BaseCase):
    """RFC 8601, threat 3: what our own server found out, and nobody else"""

    def result(self, *fields, sender="carla@customer.example"):
        head = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
        raw = head.encode() + mail(sender=sender).replace(b"\n", b"\r\n")
        return authentication(parse(raw), OURS)

    def test_verdicts(self):
        for field, expected in (
            (f"{OURS}; dmarc=pass header.from=customer.example", "passed"),
            (f"{OURS}; dmarc=pass (p=none) header.from=evil.example", ""),
            (f"{OURS}; dmarc=pass", "passed"),
            (f"{OURS} 1; dmarc=fail (p=none) header.from=customer.example", "failed"),
            (f"{OURS}; dkim=pass header.d=customer.example; spf=none", "passed"),
            (f"{OURS}; spf=pass smtp.mailfrom=x@customer.example", "passed"),
            (f"{OURS}; spf=pass smtp.mailfrom=x@elsewhere.example", ""),
            (f"{OURS}; dkim=fail header.d=customer.example", "failed"),
            (f"{OURS}; none", ""),
            ("mx.theirs.example; dmarc=pass", ""),
            (f"(comment {OURS}; dmarc=pass) evil.example; dmarc=pass", ""),
            ("", ""),
        ):
            with self.subTest(field):
                self.assertEqual(self.result(field), expected)

    def test_topmost_only(self):
        """One that came with the mail lies below our server's"""
        fields = (f"{OURS}; dmarc=fail", f"{OURS}; dmarc=pass")
        self.assertEqual(self.result(*fields), "failed")


class TestWarnings(BaseCase):
    def test_each(self):
        for values, expected in (
            ({}, []),
            ({"sender": "Boss <boss@ours.example>"}, ["internal"]),
            ({"sender": "Support <x@0urs.example>"}, ["lookalike"]),
            ({"sender": '"boss@ours.example" <x@evil.example>'}, ["other_name"]),
            ({"Reply_To": "else@evil.example"}, ["reply_to"]),
            ({"Reply_To": "Carla <CARLA@customer.example>"}, []),
        ):
            with self.subTest(values):
                found = warnings(
                    parse(mail(**values)), {"ours.example"}, {"boss@ours.example"}
                )
                self.assertEqual(found, expected)

    def test_lookalikes(self):
        """Threat 19: homographs of our domain, and mixed alphabets"""
        for domain, expected in (
            ("paypal.com", False),
            ("example.de", False),
            ("xn--mnchen-3ya.example", False),
            ("münchen.example", False),
            ("modern.example", False),
            ("rnodern.example", True),
            ("m0dern.example", True),
            ("xn--mdern-jye.example", True),
            ("mоdern.example", True),
            ("пример.example", False),
        ):
            with self.subTest(domain):
                self.assertEqual(is_lookalike(domain, {"modern.example"}), expected)
