import io
import tracemalloc
import zipfile
from datetime import datetime

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow import files, openxe
from odoo.addons.ticket_system.mailflow.files import FileError, Item, Skipped
from odoo.addons.ticket_system.mailflow.message import parse


def contents(items):
    """What is in the items: a row, a mail, or the reason for neither"""
    return [
        str(item.content.reason) if isinstance(item.content, Skipped) else item.content
        for item in items
    ]


class TestCsv(BaseCase):
    def rows(self, text, encoding="utf-8"):
        return contents(files.rows(io.BytesIO(text.encode(encoding))))

    def test_separators_and_encodings(self):
        for separator in ";,\t|":
            for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
                with self.subTest(f"{separator!r} {encoding}"):
                    text = f'a{separator} b\r\n"1{separator}\n2"{separator}Ü\r\n\r\n'
                    expected = [{"a": f"1{separator}\n2", "b": "Ü"}]
                    self.assertEqual(self.rows(text, encoding), expected)

    def test_late_umlaut(self):
        """The whole file decides on the encoding"""
        text = "a\n" + "x\n" * files.CHUNK + "Grüße\n"
        self.assertEqual(self.rows(text, "cp1252")[-1], {"a": "Grüße"})

    def test_short_and_long_rows(self):
        reason = "It has more columns than the header."
        self.assertEqual(
            self.rows("a;b\n1\n1;2;\n1;2;3\n"),
            [{"a": "1"}, {"a": "1", "b": "2"}, reason],
        )

    def test_broken(self):
        for text, reason in (
            ('a;b\n"1"x;2\n', "From line 2 on this is no proper CSV"),
            ('a;b\n"1;2\n', "no proper CSV"),
            ("a;b\n1;\0\n", "Line 2 holds NUL bytes"),
        ):
            with self.subTest(text), self.assertRaisesRegex(FileError, reason):
                self.rows(text)

    def test_header(self):
        self.assertEqual(files.header(io.BytesIO(b"\xef\xbb\xbfa; b\n")), ["a", "b"])
        self.assertEqual(files.header(io.BytesIO(b"")), [])

    def test_file_that_is_gone(self):
        with self.assertRaisesRegex(FileError, "not there"):
            files.opened("/nowhere/at/all")


class TestMails(BaseCase):
    def mbox(self, *lines, max_bytes=1000):
        raw = b"".join(line + b"\n" for line in lines)
        return contents(files.mails("x.mbox", io.BytesIO(raw), max_bytes))

    def test_mbox(self):
        """RFC 4155"""
        start = b"From x Mon Mar  2 10:00:00 2026"
        for lines, expected in (
            ([start, b"A: b", b"", b"one"], [b"A: b\n\none\n"]),
            ([start, b"A: b", b"", start, b"A: c"], [b"A: b\n\n", b"A: c\n"]),
            ([start, b"A: b", start, b"A: c"], [b"A: b\n", b"A: c\n"]),
            ([b"From ", b"A: b", b"", b"From ", b"A: c"], [b"A: b\n\n", b"A: c\n"]),
            ([start, b"A: b", b"", b">From", b">>From x"], None),
            ([start, b"A: b", b"", b"From here", b"on"], None),
            ([start, b"A: b", b"x", b"From here", b"on: and on"], None),
            ([b"A: b", b"", b"no start"], [b"A: b\n\nno start\n"]),
            ([], []),
        ):
            with self.subTest(lines):
                whole = b"\n".join(lines[1:]) + b"\n"
                expected = [whole] if expected is None else expected
                quoted = [mail.replace(b">>From ", b">From ") for mail in expected]
                self.assertEqual(self.mbox(*lines), quoted)

    def test_too_large(self):
        """The ones behind it are taken"""
        large = [b"From a 10:00", b"A: b", b"", b"x" * 2000, b""]
        small = [b"From a 10:00", b"A: c"]
        self.assertEqual(
            self.mbox(*large, *small), ["The mail is too large.", b"A: c\n"]
        )
        mail = b"x" * 1001
        for name, raw, told in (
            ("x.eml", mail, "The mail is too large."),
            ("x.zip", archive(**{"1.eml": mail}), "“1.eml”: The mail is too large."),
        ):
            found = contents(files.mails(name, io.BytesIO(raw), 1000))
            self.assertEqual(found, [told])

    def test_zip(self):
        raw = archive(
            **{"b/": b"", "b/2.EML": b"two:", "1.eml": b"one:", "__MACOSX/1.eml": b"x"}
        )
        found = list(files.mails("x.ZIP", io.BytesIO(raw)))
        self.assertEqual([item.number for item in found], [1, 2, 3])
        self.assertEqual(
            contents(found), [b"one:", "“__MACOSX/1.eml” is no mail.", b"two:"]
        )

    def test_damaged_zip(self):
        raw = bytearray(archive(**{"1.eml": b"one" * 1000}))
        raw[40] ^= 0xFF
        for damaged in (bytes(raw), raw[:100], b""):
            with self.assertRaisesRegex(FileError, "damaged"):
                list(files.mails("x.zip", io.BytesIO(damaged)))

    def test_eml(self):
        """What is taken for a mail is read as one"""
        mark = b"\xef\xbb\xbf"
        for before in (b"", b"From x Mon\n", b">From x\n", mark, b"\r\n\r\n"):
            with self.subTest(before):
                raw = before + b"Subject: s\r\n\r\nhi"
                found = files.mails("x.eml", io.BytesIO(raw))
                self.assertEqual(contents(found), [raw])
                mail, clean = parse(raw), parse(raw.removeprefix(before))
                self.assertEqual((mail.subject, mail.text), ("s", "hi"))
                self.assertEqual(mail.content_hash, clean.content_hash)
        for raw in (b"", b"\n", b"%PDF-1.4", b"\0" * 9, b"no header\n\nA: b"):
            [found] = contents(files.mails("x.eml", io.BytesIO(raw)))
            self.assertIn("no mail", found)

    def test_memory(self):
        """An mbox is never in memory as a whole"""
        mail = b"From x 10:00\nSubject: x\n\n" + b"y" * 70 * 1000 + b"\n\n"
        stream = io.BytesIO(mail * 300)
        tracemalloc.start()
        count = sum(1 for _item in files.mails("x.mbox", stream))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertEqual(count, 300)
        self.assertLess(peak, 2**20)

    def test_date(self):
        for head, day in (
            (b"From x\nA: b\nDATE:\r\n Mon, 9 Mar 2026 10:00:00 +0100\r\n\r\n", 9),
            (b"Date: 9 Mar 2026 10:00 +0100\nDate: 10 Mar 2026 10:00 +0100", 9),
            (b"\nA: b\n\nDate: 9 Mar 2026 10:00 +0100", None),
            (b"\xef\xbb\xbfDate: 9 Mar 2026 10:00 +0100\n\n", 9),
            (b"Date: \xff\n\n", None),
            (b"", None),
        ):
            with self.subTest(head):
                expected = day and datetime(2026, 3, day, 9)
                self.assertEqual(files.date_of(head), expected)

    def test_in_order(self):
        """Of each stream no more is read than is needed; no date: where it stands"""

        def stream(*days):
            for number, day in enumerate(days, 1):
                read.append(day)
                date = b"Date: %d Mar 2026 10:00 +0000\n" % day if day else b"A: b"
                yield Item(number, date, days)

        read = []
        one, two = (2, 0, 5), (0, 3, 4)
        found = files.in_order([stream(*one), stream(*two)])
        order = [item.file[item.number - 1] for item in [next(found), next(found)]]
        self.assertEqual((order, read), ([0, 2], [2, 0, 3]))
        self.assertEqual([item.file[item.number - 1] for item in found], [0, 3, 4, 5])

    def test_batches(self):
        items = [Item(number, b"x" * size) for number, size in enumerate((1, 5, 9, 1))]
        sizes = [[item.size for item in batch] for batch in files.batches(items, 3, 6)]
        self.assertEqual(sizes, [[1, 5], [9], [1]])
        self.assertEqual(len(list(files.batches(items, 2, 100))), 2)
        self.assertEqual(list(files.batches([])), [])


class TestOpenxe(BaseCase):
    def test_kind(self):
        for columns, kind in (
            ("ID SCHLUESSEL BETREFF", "tickets"),
            ("id ticket text verfasser betreff", "messages"),
            ("id abkuerzung name", "projects"),
            ("id vorlagenname vorlage", "templates"),
            ("label warteschlange", "queues"),
            ("id name", None),
        ):
            self.assertEqual(openxe.kind_of(columns.split()), kind)

    def test_meant(self):
        row = {"a": "NULL", "b": "x", "c": r"\N", "d": "y", "e": "z"}
        meanings = {"a": "one", "b": "two", "c": "two", "d": "two"}
        self.assertEqual(openxe.meant(row, meanings), {"one": "", "two": "x\ny"})

    def test_identifier(self):
        row = {"id": "1", "ticket": "2", "date": "3", "text": "4"}
        self.assertEqual(openxe.identifier(row), "<openxe.1@import.invalid>")
        self.assertEqual(openxe.identifier(row, "out"), "<openxe.1.out@import.invalid>")
        bare = {**row, "id": ""}
        self.assertEqual(openxe.identifier(bare), openxe.identifier({**bare}))
        for other in ({"ticket": "3"}, {"date": "4"}, {"text": "5"}):
            self.assertNotEqual(
                openxe.identifier(bare), openxe.identifier({**bare, **other})
            )

    def test_moment(self):
        noon = datetime(2020, 2, 1, 12)
        for text, expected in (
            ("2020-02-01 12:00:00", noon),
            ("01.02.2020 12:00:00", noon),
            (" 01.02.2020 12:00 ", noon),
            ("01.02.2020", datetime(2020, 2, 1)),
            ("0000-00-00 00:00:00", None),
            ("yesterday", None),
            ("", None),
        ):
            self.assertEqual(openxe.moment(text), expected, text)
        self.assertTrue(openxe.is_never("0000-00-00 00:00:00"))
        self.assertFalse(openxe.is_never("2020-02-01 12:00:00"))

    def test_words(self):
        self.assertEqual(openxe.person("Tina Agent (Firma GmbH)"), "Tina Agent")
        self.assertEqual(openxe.code("Rück-Sendung 1"), "ruecksendung1")
        self.assertEqual(openxe.tags("a, b;;c"), ["a", "b", "c"])

    def test_html(self):
        for text, expected in (
            ("Hallo<br>Welt", True),
            ('<div class="x">', True),
            ("a < b", False),
            ("mail <p@x.example>", False),
            ("<bold>", False),
        ):
            self.assertEqual(openxe.is_html(text), expected, text)


def archive(**entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as found:
        for name, raw in entries.items():
            found.writestr(name, raw)
    return file.getvalue()
