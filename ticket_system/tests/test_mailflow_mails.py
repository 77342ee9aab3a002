from pathlib import Path

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow.message import parse

MAILS = Path(__file__).parent / "mails"
CARLA = "carla@customer.example"
# file: sender, subject, what the body holds, attachments; of each mail in tests/mails
EXPECTED = {
    "alternatives-nested": (CARLA, "nested", "rich text", ["logo.png", "list.csv"]),
    "base64-broken": (CARLA, "base64", "Hello World", []),
    "body-empty": (CARLA, "nothing", "", []),
    "boundary-missing": (CARLA, "broken", "Still readable", []),
    "boundary-never-closed": (CARLA, "broken", "Still readable", ["a.pdf"]),
    "calendar-only": (
        CARLA,
        "Invitation",
        "Besprechung über die Lieferung\nThursday, March 5, 2026, 13:00–14:00 (UTC)\n"
        "Raum Köln\ncarla@customer.example",
        ["invitation.ics"],
    ),
    "calendar-with-text": (
        CARLA,
        "Invitation",
        "<p>Please come.</p><hr><p>Lieferung<br>Thursday, March 5, 2026, 13:00 (UTC)",
        ["invitation.ics"],
    ),
    "charset-mixed-in-parts": (CARLA, "parts", "Käse\nÖl", []),
    "charset-unknown": (CARLA, "charset", "Grüße", []),
    "charset-wrong": (CARLA, "charset", "Viele Grüße aus Österreich", []),
    "date-of-1970": ("a@b.example", "x", "x", []),
    "delivery-failed": (
        "mailer-daemon@mx.example",
        "Undelivered Mail Returned to Sender",
        "could not be delivered",
        ["part-1.rfc822-headers"],
    ),
    "encrypted-by-pgp": (CARLA, "...", "", ["part-1.pgp-encrypted", "encrypted.asc"]),
    "encrypted-by-smime": (CARLA, "secret", "", ["smime.p7m"]),
    "encrypted-in-the-text": (CARLA, "...", "BEGIN PGP MESSAGE", []),
    "file-name-as-encoded-word": (CARLA, "file", "", ["Angebot Übersicht.pdf"]),
    "file-name-in-pieces": (CARLA, "file", "", ["Rechnung für März.pdf"]),
    "file-name-with-path-and-bidi": (CARLA, "file", "", ["invoicefdp.exe"]),
    "format-flowed": (CARLA, "flowed", "that was broken by the mailer.\n-- \n", []),
    "html-only": (CARLA, "html", "<p>Rich</p>", []),
    "mbox-line-first": (CARLA, "mbox", "Hello", []),
    "message-forwarded": (CARLA, "Fwd", "See below", ["Lost parcel.eml"]),
    "no-header-at-all": ("", "", "Only words", []),
    "no-sender": ("", "who?", "guess", []),
    "nul-bytes": (CARLA, "nul", "text", []),
    "raw-8-bit-header": (CARLA, "Über Köln", "Hello", []),
    "read-receipt": (CARLA, "Read: Broken wheel", "displayed", []),
    "sender-group": ("", "group", "x", []),
    "sender-twice-encoded": ("eva@mueller.example", "x", "x", []),
    "signed-by-pgp": (CARLA, "signed", "Signed words", ["signature.asc"]),
    "signed-by-smime": (CARLA, "signed", "Opaquely signed words", ["smime.p7m"]),
    "subject-of-two-charsets": (CARLA, "Preis: 5 €Привет", "Hello", []),
    "subject-split-in-a-character": (
        CARLA,
        "Rücksendung der Größe L",
        "Zu groß.",
        [],
    ),
    "winmail-dat": (CARLA, "Outlook", "See the file", ["offer.txt"]),
    "winmail-dat-broken": (CARLA, "Outlook", "", ["winmail.dat"]),
}
ENCRYPTED = {"encrypted-by-pgp", "encrypted-by-smime", "encrypted-in-the-text"}


class TestMails(BaseCase):
    """P3: mails of all kinds, as a good mail program would show them"""

    def test_collection(self):
        self.assertEqual({path.stem for path in MAILS.glob("*.eml")}, set(EXPECTED))
        for name, (sender, subject, body, files) in EXPECTED.items():
            with self.subTest(name):
                mail = parse((MAILS / f"{name}.eml").read_bytes())
                self.assertEqual(mail.sender.email, sender)
                self.assertEqual(mail.subject, subject)
                self.assertIn(body, mail.html or mail.text.replace("\r\n", "\n"))
                self.assertEqual([a.filename for a in mail.attachments], files)
                self.assertEqual(mail.is_encrypted, name in ENCRYPTED)

    def test_contents(self):
        """Files come out as they were put in"""
        offer = parse((MAILS / "winmail-dat.eml").read_bytes()).attachments[0]
        self.assertEqual(offer.content, b"Ten bicycles\r\n")
        logo = parse((MAILS / "alternatives-nested.eml").read_bytes()).attachments[0]
        self.assertEqual(logo.content_id, "logo@x")

    def test_reports(self):
        failed = parse((MAILS / "delivery-failed.eml").read_bytes()).report
        self.assertEqual(failed.kind, "failed")
        self.assertEqual(failed.original_message_id, "<answer@test.example>")
        self.assertEqual(failed.recipient, CARLA)
        self.assertIn("No such user", failed.diagnostic)
        receipt = parse((MAILS / "read-receipt.eml").read_bytes()).report
        self.assertEqual(receipt.kind, "read")
        self.assertEqual(receipt.original_message_id, "<answer@test.example>")
