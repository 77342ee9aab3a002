import random
import resource
import struct
import time
from email.message import EmailMessage
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow import content, tnef
from odoo.addons.ticket_system.mailflow.message import (
    HEADERS_LIMIT,
    MAX_PARTS,
    TEXT_LIMIT,
    parse,
)

MAILS = [
    path.read_bytes()
    for path in sorted((Path(__file__).parent / "mails").glob("*.eml"))
    if "winmail" not in path.name  # each would start a process
]
TOKENS = (
    *(b"\n", b"\r\n", b"\r", b"\0", b" ", b"\t", b"--", b"--b", b"--b--", b":", b";"),
    *(b"=", b"<", b">", b"@", b'"', b"\\", b"(", b")", b",", b"\xff", b"\xc3\xa4"),
    *(b"=?utf-8?q?=C3?=", b"=?utf-8?b?w6Q=?=", b"=?", b"?=", b"*0*=", b"''"),
    *(b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Message-ID: ", b"References: "),
    *(b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"text/plain"),
    *(b"message/rfc822", b"message/delivery-status", b"multipart/report", b"charset="),
    *(b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"x-uuencode"),
    *(
        b"Content-Disposition: attachment; filename=",
        b"text/calendar",
        b"format=flowed",
    ),
    *(b"utf-7", b"+2AA-"),
    *(b"BEGIN:VCALENDAR", b"application/pkcs7-mime", b"a@b.example", b"group:;"),
)
TNEF = struct.pack("<IH", 0x223E9F78, 1)  # MS-OXTNEF, section 2.1.3.1
SETTINGS = settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck)
)
# each: n → a mail that grows with n, and what a careless parser makes of it
TRAPS = {
    "header fields": lambda n: b"X-A: b\n" * n + b"\nx",
    "folded lines": lambda n: b"Subject: a" + b"\n b" * n + b"\n\nx",
    "long field": lambda n: b"Subject: " + b"a" * n * 10 + b"\n\nx",
    "encoded words": lambda n: b"Subject: " + b"=?utf-8?q?a?= " * n + b"\n\nx",
    "half encoded words": lambda n: b"Subject: " + b"=?" * n + b"\n\nx",
    "addresses": lambda n: b"To: " + b"a@b.example, " * n + b"\n\nx",
    "angle brackets": lambda n: b"From: " + b"<" * n + b"\n\nx",
    "open quotes": lambda n: b'From: "' + b"\\" * n + b"\n\nx",
    "comments": lambda n: b"From: " + b"(" * n + b"\n\nx",
    "references": lambda n: b"References: " + b"<a@b> " * n + b"\n\nx",
    "parameters": lambda n: b"Content-Type: text/plain" + b"; a=b" * n + b"\n\nx",
    "pieces of a name": lambda n: (
        b"Content-Disposition: attachment"
        + b"".join(b"; filename*%d=a" % i for i in range(n))
        + b"\n\nx"
    ),
    "parts": lambda n: (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * n
    ),
    "boundaries inside": lambda n: (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + b"\n--c" * n
    ),
    "nesting": lambda n: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
        for i in range(n // 10)
    ),
    "messages in messages": lambda n: b"Content-Type: message/rfc822\n\n" * (n // 10),
    "quoted-printable": lambda n: (
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * n
    ),
    "carriage returns": lambda n: b"Subject: x\n\n" + b"\r" * n,
    "flowed": lambda n: b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * n,
    "calendar": lambda n: (
        b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * n
    ),
}


class TestAnything(BaseCase):
    """P3, threats 18-20: whatever comes, the parser reads it, in bounded size"""

    def assert_bounded(self, raw):
        mail = parse(raw)
        self.assertEqual(mail, parse(raw))
        self.assertLessEqual(len(mail.text), TEXT_LIMIT)
        self.assertLessEqual(len(mail.html), TEXT_LIMIT)
        self.assertLessEqual(len(mail.fields), HEADERS_LIMIT)
        self.assertLessEqual(len(mail.attachments), MAX_PARTS)
        for line in (mail.subject, mail.sender.name, mail.sender.email):
            self.assertFalse(set(line) & set("\r\n\0"), line)
        for attachment in mail.attachments:
            self.assertTrue(attachment.filename)
            self.assertFalse(set(attachment.filename) & set("\r\n\0/\\"))
            self.assertTrue(attachment.mimetype.isprintable())
            self.assertFalse(set(attachment.content_id) & set("\r\n\0"))
        for text in (mail.text, mail.html, mail.subject, *map(str, mail.headers())):
            text.encode("utf-8")  # PostgreSQL takes neither surrogates nor NUL
            self.assertNotIn("\0", text)

    def test_bytes(self):
        @SETTINGS
        @given(st.binary(max_size=2000))
        def check(raw):
            self.assert_bounded(raw)

        check()

    def test_tokens(self):
        @SETTINGS
        @given(st.lists(st.sampled_from(TOKENS), max_size=60))
        def check(tokens):
            self.assert_bounded(b"".join(tokens))

        check()

    def test_mutations(self):
        @SETTINGS
        @given(st.sampled_from(MAILS), st.integers(0, 2**32), st.integers(1, 12))
        def check(raw, seed, changes):
            chance = random.Random(seed)
            for _ in range(changes):
                start = chance.randrange(len(raw) + 1)
                end = min(start + chance.choice((0, 0, 1, 20)), len(raw))
                raw = raw[:start] + chance.choice(TOKENS) + raw[end:]
            self.assert_bounded(raw)

        check()

    def test_trees(self):
        """Well-formed mails: nothing is lost"""
        leaf = st.tuples(
            st.sampled_from(("plain", "html", "file")), st.text(max_size=40)
        )
        tree = st.recursive(leaf, lambda inner: st.lists(inner, min_size=1, max_size=3))

        @SETTINGS
        @given(tree)
        def check(node):
            mail = parse(_message(node).as_bytes())
            files = [part for part in _leaves(node) if part[0] == "file"]
            self.assertEqual(len(mail.attachments), len(files))
            for kind, text in _leaves(node):
                if kind == "plain" and text.isalnum():
                    self.assertIn(text, mail.text)
                    self.assertIn(text, mail.html or mail.text)

        check()

    def test_traps(self):
        for name, trap in TRAPS.items():
            with self.subTest(name):
                self.assert_not_quadratic(parse, trap)

    def test_html_traps(self):
        for name, trap in {
            "tags": lambda n: "<div>" * n,
            "open tags": lambda n: "<" * n,
            "attributes": lambda n: "<p " + "a=b " * n + ">",
            "styles": lambda n: '<p style="' + "color:red;" * n + '">',
            "entities": lambda n: "&lt;" * n,
            "comments": lambda n: "<!--" * n,
            "quotes": lambda n: "<blockquote>" * n,
            "page": lambda n: "<body" + " dir" * n,
            "pages": lambda n: "<body dir=x>" * n,
        }.items():
            with self.subTest(name):
                self.assert_not_quadratic(content.safe_html, trap)

    def test_charset_trap(self):
        label = b"Content-Type: text/plain; charset=Punycode\r\n\r\n"
        self.assert_not_quadratic(parse, lambda n: label + b"99" * n)

    def test_as_quick_as_others(self):
        """What is cut at a limit may not cost much up to there, either"""
        people = b"Carla <carla@customer.example>, "
        harmless = _recipients(people)
        for trap in (b"a,", b",", b"(", b"a.", b"a:", b"a@", b'"', b"\\"):
            with self.subTest(trap):
                self.assert_as_quick(parse, _recipients(trap), harmless)
        nested = ("<svg>" * 2000 + "</svg>" * 2000) * 4
        self.assert_as_quick(content.safe_html, nested, "<b></b>" * 8000)

    def test_outlooks_file_as_quick_as_others(self):
        """Of an object its reader copies all that follows: many small ones cost"""
        many = TNEF + _tnef_object(1, 0x8FFF, b"x") * 2**19
        begin = _tnef_object(2, 0x9002, bytes(14))
        file = TNEF + begin + _tnef_object(2, 0x800F, bytes(12 * 2**19))
        self.assert_as_quick(tnef.to_mime, many, file)

    def assert_as_quick(self, work, trap, harmless):
        ratio = _seconds(work, trap) / max(_seconds(work, harmless), 0.001)
        self.assertLess(ratio, 16, f"{ratio:.1f} times as long")

    def assert_not_quadratic(self, work, trap):
        """Sixteen times the input: linear work takes about 16 times as long, quadratic
        work 256 times; 64, between them, is far from both on a noisy machine, too."""
        small, large = trap(2_500), trap(40_000)
        ratio = _seconds(work, large) / max(_seconds(work, small), 0.001)
        self.assertLess(ratio, 64, f"{ratio:.1f} times as long")


def _recipients(text):
    """A mail with ten fields of recipients, each as long as one may be."""
    field = b"To: " + (text * 9000)[:9000] + b"\r\n"
    return b"From: a@b.example\r\n" + field * 10 + b"\r\nx"


def _tnef_object(level, name, data):
    head = struct.pack("<BHHI", level, name, 6, len(data))
    return head + data + struct.pack("<H", sum(data) % 2**16)


def _seconds(work, given):
    """The shortest of three runs."""
    durations = []
    for _ in range(3):
        start = _processor_time()
        work(given)
        durations.append(_processor_time() - start)
    return min(durations)


def _processor_time():
    """Of this process and of those it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _message(node):
    message = EmailMessage()
    if isinstance(node, list):
        message["Content-Type"] = "multipart/mixed"
        for child in node:
            message.attach(_message(child))
        return message
    kind, text = node
    text = "".join(c for c in text if c.isalnum() or c == " ")
    if kind == "file":
        message.set_content(text.encode(), "application", "octet-stream", filename="f")
    else:
        message.set_content(text, kind)
    return message


def _leaves(node):
    if not isinstance(node, list):
        return [node]
    return [leaf for child in node for leaf in _leaves(child)]
