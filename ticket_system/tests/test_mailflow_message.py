import base64
import time
from email.message import EmailMessage

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow.message import MAX_PARTS, parse
from odoo.addons.ticket_system.mailflow.plain_words import smtp_reply

PLAIN = b"From: a@b.example\nSubject: s\n"


class TestHeaders(BaseCase):
    """P3, threats 18-20: headers as mailers really write them"""

    def test_subject(self):
        for raw, expected in (
            (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            (b"=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
            (b"=?iso-8859-1?Q?Gr=FC=DFe?= aus =?utf-8?q?K=C3=B6ln?=", "Grüße aus Köln"),
            (b"=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
            ("Grüße".encode(), "Grüße"),
            ("Grüße".encode("latin-1"), "Grüße"),
            (b"=?no-such-charset?q?Hello?=", "Hello"),
            (b"=?utf-8?q?a=0D=0ABcc:_x=40y.example?=", "a Bcc: x@y.example"),
            (b"=?utf-8?q?nul=00inside?=", "nulinside"),
            (b"one\n two", "one two"),
            (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\n #1", "Grüße #1"),
            (b"x" * 100_000, "x" * 1000),
            ("\u202egnp.exe".encode(), "gnp.exe"),
        ):
            with self.subTest(raw[:40]):
                mail = parse(b"From: a@b.example\nSubject: " + raw + b"\n\nx")
                self.assertEqual(mail.subject, expected)

    def test_sender(self):
        for raw, name, email in (
            (b"Carla <Carla@Customer.example>", "Carla", "carla@customer.example"),
            (b'"M\xc3\xbcller, Eva" <eva@x.example>', "Müller, Eva", "eva@x.example"),
            (b"=?utf-8?q?M=C3=BCller?= <eva@x.example>", "Müller", "eva@x.example"),
            (b"eva@x.example", "", "eva@x.example"),
            (b"first@x.example, second@y.example", "", "first@x.example"),
            (b"eva@x.example <evil@y.example>", "eva@x.example", "evil@y.example"),
            (b"eva@x.example<evil@y.example>", "eva@x.example", "evil@y.example"),
            (b"Eva <eva@x.example> <evil@y.example>", "", "evil@y.example"),
            (b'Eva" eva@x.example <evil@y.example>', "", "evil@y.example"),
            (b'"Eva" eva@x.example <evil@y.example>', "", "evil@y.example"),
            (b"(Eva eva@x.example) <evil@y.example>", "", "evil@y.example"),
            (b"Eva @ Home <eva@x.example>", "Eva @ Home", "eva@x.example"),
            (b"eva@x.example (Eva <evil@y.example>)", "", "eva@x.example"),
            (b"", "", ""),
            (b"nobody", "", ""),
            (b"group:;", "", ""),
            (b"a" * 10_000 + b" <eva@x.example>", "", ""),
        ):
            with self.subTest(raw[:40]):
                sender = parse(b"From: " + raw + b"\n\nx").sender
                self.assertEqual(sender.email, email)
                if name:
                    self.assertEqual(sender.name, name)

    def test_date(self):
        for raw, expected in (
            (b"Mon, 02 Mar 2026 10:00:00 +0100", "2026-03-02 09:00:00"),
            (b"Thu, 01 Jan 1970 00:00:00 +0000", "None"),
            (b"Sat, 06 Feb 2106 00:00:00 +0000", "None"),
            (b"nonsense", "None"),
            (b"", "None"),
        ):
            with self.subTest(raw):
                self.assertEqual(str(parse(b"Date: " + raw + b"\n\nx").date), expected)

    def test_identifiers(self):
        mail = parse(
            b"Message-ID: <[abc@x>\nReferences: <1@x>\n <2@x>\nIn-Reply-To: <2@x>\n\n"
        )
        self.assertEqual(mail.message_id, "<[abc@x>")
        self.assertEqual(mail.references, ("<1@x>", "<2@x>"))

    def test_no_header_at_all(self):
        mail = parse(b"just some text")
        self.assertEqual(mail.sender.email, "")
        self.assertEqual(parse(b"").text, "")


class TestBody(BaseCase):
    """P3: what a good mail program would show"""

    def test_charsets(self):
        for label, data in (
            (b"utf-8", "Grüße".encode()),
            (b"iso-8859-1", "Grüße".encode("latin-1")),
            (b"us-ascii", "Grüße".encode()),
            (b"utf-8", "Grüße".encode("latin-1")),
            (b"no-such-charset", "Grüße".encode()),
            (b"utf-7", b"Gr+APwA3w-e"),
            (b"utf-7", b"Gr+APwA3w-e+2AA-"),
        ):
            with self.subTest(label):
                raw = (
                    PLAIN
                    + b"Content-Type: text/plain; charset="
                    + label
                    + b"\n\n"
                    + data
                )
                self.assertEqual(parse(raw).text.rstrip("?"), "Grüße")

    def test_flowed(self):
        """RFC 3676"""
        head = PLAIN + b"Content-Type: text/plain; format=flowed\n\n"
        for body, text in {
            "one \ntwo\n-- \nme\n": "one two\n-- \nme\n",
            "one \n\ntwo": "one \ntwo",
            "one \n-- \nme": "one \n-- \nme",
            "> one \n> two \nthree": "> one \n> two \nthree",
        }.items():
            with self.subTest(body):
                self.assertEqual(parse(head + body.encode()).text, text)

    def test_alternatives_and_files(self):
        raw = (
            PLAIN + b'Content-Type: multipart/mixed; boundary="m"\n\n--m\n'
            b'Content-Type: multipart/alternative; boundary="a"\n\n--a\n'
            b"Content-Type: text/plain\n\nplain\n--a\n"
            b"Content-Type: text/html\n\n<p>html</p>\n--a--\n--m\n"
            b'Content-Type: application/pdf; name="=?utf-8?q?B=C3=BC.pdf?="\n'
            b"Content-Transfer-Encoding: base64\n\nAAEC\n--m\n"
            b"Content-Type: message/rfc822\n\nSubject: inner\n\nhello\n--m--\n"
        )
        mail = parse(raw)
        self.assertEqual(mail.text.strip(), "plain")
        self.assertEqual(mail.html.strip(), "<p>html</p>")
        self.assertEqual(
            [(a.filename, a.content[:3]) for a in mail.attachments],
            [("Bü.pdf", b"\x00\x01\x02"), ("inner.eml", b"Sub")],
        )

    def test_forwarded_in_base64(self):
        """Against RFC 2046, 5.2.1, but seen: the file is the mail, not its encoding"""
        inner = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nFrom: c@x.example\n\nhello " * 9
        kind = b"Content-Type: message/rfc822\n"
        label = kind + b"Content-Transfer-Encoding: BASE64\n\n"
        for name, raw, content in (
            ("encoded", label + base64.encodebytes(inner), inner),
            ("only said so", label + inner, inner),
            ("cut", label + base64.encodebytes(inner)[:95], inner[:70]),
            ("in words", kind + b"\n" + base64.b64encode(inner), None),
        ):
            with self.subTest(name):
                [file] = parse(PLAIN + raw).attachments
                if content:
                    self.assertEqual(file.filename, "Grüße.eml")
                    self.assertTrue(file.content.startswith(content[:60]), file.content)
                else:
                    self.assertIn(base64.b64encode(inner), file.content)

    def test_texts_beside_each_other(self):
        """Plain text is no twin of HTML beside it: both are shown, in their order"""

        def mixed(kind, *parts):
            inner = b"".join(b"--%b\n%b\n" % (kind, part) for part in parts)
            head = b"Content-Type: multipart/%b; boundary=%b\n\n" % (kind, kind)
            return head + inner + b"--%b--\n" % kind

        html = b"Content-Type: text/html\n\n<p>rich</p>"
        blank = b"Content-Type: text/html\n\n \n"
        text = b"Content-Type: text/plain\n\na <b>\n> c"
        footer = b"Content-Type: text/plain\n\nfooter"
        file = b"Content-Type: application/pdf; name=a.pdf\n\nx"
        both = mixed(b"alternative", text, html)
        quoted = '<div>a &lt;b&gt;<br><blockquote data-o-mail-quote="1">c<br>'
        for name, raw, shown in (
            ("text, html", mixed(b"mixed", text, html), [quoted, "<p>rich"]),
            ("between", mixed(b"mixed", html, file, footer), ["<p>rich", "footer"]),
            ("below", mixed(b"mixed", both, footer), ["<p>rich", "footer"]),
            ("alternative", both, ["<p>rich"]),
            (
                "richer of two",
                mixed(b"alternative", mixed(b"mixed", text, file), html),
                ["<p>rich"],
            ),
            (
                "richer of several",
                mixed(b"alternative", text, mixed(b"mixed", html, footer)),
                ["<p>rich", "footer"],
            ),
            ("blank html", mixed(b"mixed", text, blank), []),
            ("blank twin", mixed(b"alternative", text, blank), []),
        ):
            with self.subTest(name):
                mail = parse(PLAIN + raw)
                if not shown:
                    self.assertEqual((mail.html, mail.text), ("", "a <b>\n> c"))
                places = [mail.html.find(part) for part in shown]
                self.assertEqual(places, sorted(places))
                self.assertNotIn(-1, places)
                self.assertEqual("a &lt;b&gt;" in mail.html, quoted in shown)

    def test_file_beside_a_blank_text(self):
        """A text file that is to be shown stays a file, however little was written"""
        for written in ("\n", "See the log."):
            message = EmailMessage()
            message.set_content(written)
            message.add_attachment("at 12:01", filename="log.txt", disposition="inline")
            found = parse(message.as_bytes())
            self.assertEqual([a.filename for a in found.attachments], ["log.txt"])

    def test_file_names(self):
        """Threats 18, 19: no path, no hidden character, extension kept"""
        for name, expected in (
            (b'filename="../../x.html"', "x.html"),
            (b'filename="C:\\\\boot.ini"', "boot.ini"),
            (b"filename*=utf-8''r%C3%A4%20b.txt", "rä b.txt"),
            ('filename="invoice\u202efdp.exe"'.encode(), "invoicefdp.exe"),
            (b'filename="' + b"n" * 300 + b'.pdf"', "n" * 196 + ".pdf"),
            (b'filename="CON.txt"', "_CON.txt"),
        ):
            with self.subTest(name[:40]):
                raw = PLAIN + b"Content-Disposition: attachment; " + name + b"\n\nx"
                self.assertEqual(parse(raw).attachments[0].filename, expected)

    def test_encrypted_is_kept_whole(self):
        """Threat 17: nothing is decrypted or joined"""
        raw = (
            PLAIN + b'Content-Type: multipart/encrypted; boundary="e"\n\n--e\n'
            b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n--e\n"
            b"Content-Type: application/octet-stream\n\n-----BEGIN PGP\n--e--\n"
        )
        mail = parse(raw)
        self.assertTrue(mail.is_encrypted)
        self.assertEqual(len(mail.attachments), 2)


class TestBounds(BaseCase):
    """P3: bounded in time and memory, and it never raises"""

    def check(self, raw):
        start = time.monotonic()
        mail = parse(raw)
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(mail.subject, "s")
        return mail

    def test_deep_nesting(self):
        raw = PLAIN
        for level in range(3000):
            raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (
                level,
                level,
            )
        mail = self.check(raw)
        self.assertIn("nested too deeply", mail.defects)
        self.assertEqual(mail.attachments[0].content, raw)

    def test_nested_messages(self):
        self.check(PLAIN + b"Content-Type: message/rfc822\n\n" * 1000)

    def test_many_parts(self):
        raw = PLAIN + b"Content-Type: multipart/mixed; boundary=b\n\n"
        mail = self.check(raw + b"--b\nContent-Type: image/png\n\nx\n" * 20_000)
        self.assertLessEqual(len(mail.attachments), MAX_PARTS)

    def test_broken_boundary(self):
        mail = self.check(
            PLAIN + b"Content-Type: multipart/mixed; boundary=b\n\n--other\n\nhello"
        )
        self.assertTrue(mail.defects)

    def test_cut_anywhere(self):
        raw = (
            PLAIN + b'Content-Type: multipart/mixed; boundary="m"\n\n--m\n'
            b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
            b"base64\n\nR3LDvMOfZQ==\n--m\n"
            b"Content-Type: application/pdf\n\n%PDF\n--m--\n"
        )
        for end in range(len(raw)):
            parse(raw[:end])


class TestReport(BaseCase):
    """P6: RFC 3464, RFC 8098, and bounces in plain words"""

    def test_delivery_status(self):
        report = parse(
            b"From: MAILER-DAEMON@x.example\nSubject: Undelivered\n"
            b'Content-Type: multipart/report; boundary="r"\n\n'
            b"--r\n\nsorry\n--r\n"
            b"Content-Type: message/delivery-status\n\n"
            b"Reporting-MTA: dns; x.example\n\n"
            b"Final-Recipient: rfc822; Carla@C.example\n"
            b"Action: failed\nStatus: 5.1.1\n"
            b"Diagnostic-Code: smtp; 550 no such user\n\n"
            b"--r\nContent-Type: message/rfc822\n\n"
            b"Message-ID: <ours@x>\nSubject: q\n\nhi\n"
            b"--r--\n"
        ).report
        self.assertEqual(report.kind, "failed")
        self.assertEqual(report.original_message_id, "<ours@x>")
        self.assertEqual(report.recipient, "carla@c.example")
        self.assertEqual(report.original_subject, "q")
        self.assertIn("550", report.diagnostic)

    def test_only_the_head_returned(self):
        report = parse(
            b'Content-Type: multipart/report; boundary="r"\n\n'
            b"--r\nContent-Type: message/delivery-status\n\nAction: failed\n\n"
            b"--r\nContent-Type: text/rfc822-headers\n\n"
            b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n #20260302481507\n--r--\n"
        ).report
        self.assertEqual(report.original_message_id, "")
        self.assertEqual(report.original_subject, "Grüße #20260302481507")

    def test_smtp_reply(self):
        for failure, told in (
            (
                "SMTPRecipientsRefused: {'a@b.example': (550, b'5.1.1 Unknown')}",
                "550 5.1.1 Unknown",
            ),
            ('SMTPDataError: (552, b"it\'s too large")', "552 it's too large"),
            ("No route to host", "No route to host"),
        ):
            self.assertEqual(smtp_reply(failure), told)

    def test_plain_words(self):
        report = parse(
            b"Return-Path: <>\nFrom: postmaster@x.example\n"
            b"Subject: Returned mail: no\nX-Failed-Recipients: carla@c.example\n\n"
            b"it says:\nSubject: wheel\nMessage-ID: <ours@x>\n"
        ).report
        self.assertEqual(report.original_message_id, "<ours@x>")
        self.assertEqual(report.original_subject, "wheel")
        self.assertEqual(report.recipient, "carla@c.example")


class TestEmbeddedImages(BaseCase):
    """Threat 16: a large data: image keeps neither the text nor itself from us"""

    def html(self, *urls):
        images = "".join(f'<img src="{url}">' for url in urls)
        head = b"From: a@b.example\nContent-Type: text/html\n\n"
        return parse(head + f"<p>before</p>{images}<p>after</p>".encode())

    def test_large_images_become_files(self):
        for size in (3_000_000, 6_000_000):
            picture = b"\x89PNG" + bytes(size)
            url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
            with self.subTest(size):
                mail = self.html(url, url)
                self.assertIn("<p>after</p>", mail.html)
                self.assertLess(len(mail.html), 500)
                for image in mail.attachments:
                    self.assertEqual(image.content, picture)
                    self.assertEqual(image.mimetype, "image/png")
                    self.assertIn(f'src="cid:{image.content_id}"', mail.html)
                self.assertEqual(len({a.content_id for a in mail.attachments}), 2)

    def test_others_stay(self):
        for url in ("data:image/png;base64,AAAA", f"data:x/y;base64,{'A' * 99_999}"):
            with self.subTest(url[:20]):
                mail = self.html(url)
                self.assertIn(url, mail.html)
                self.assertFalse(mail.attachments)

    def test_bounded(self):
        start = time.monotonic()
        self.html("data:" * 2_000_000)
        self.html("data:image/png;base64," * 500_000)
        self.html(f"data:image/png;base64,{'A' * 60_000}!" * 80)
        self.html(*[f"data:image/png;base64,{'A' * 70_000}"] * 100)
        self.assertLess(time.monotonic() - start, 20)


class TestContentHash(BaseCase):
    """P1, threat 8"""

    def test_same_mail_by_two_ways(self):
        mail = b"From: a@b.example\nSubject: s\nMessage-ID: <1@x>\n\nhello\n"
        one, two = (
            parse(b"Received: from %s\nDelivered-To: %s@x\n" % (who, who) + mail)
            for who in (b"support", b"sales")
        )
        self.assertEqual(one.content_hash, two.content_hash)
        self.assertNotEqual(one.content_hash, parse(mail + b"more").content_hash)
