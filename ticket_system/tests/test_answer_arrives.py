"""R47, R52: the bytes of an answer as they lie in the customer's mailbox."""

import base64
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

from odoo.tests import tagged

from .common import MailServerCase, mail

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)

SUBJECT = "Größe 58 – für Käthe – geändert?"


@tagged("post_install", "-at_install", "mail_servers")
class TestAnswerArrives(MailServerCase):
    def setUp(self):
        super().setUp()
        self.account = self._make_account("support@test.example", self.support)
        self.account.ticket_sender_name = "Käthe's Support"
        domain = self.account.user.replace("support", "{}")
        self.carla, self.boss, self.auditor = map(
            domain.format, ("carla", "boss", "auditor")
        )
        self.customer.email = self.carla
        self.write_in(mail(SUBJECT, **self.addresses, message_id="<first@c.example>"))
        self.ticket = (
            self.env["ticket.mail"]
            .search([("server_id", "=", self.account.id)])
            .ticket_id
        )

    @property
    def addresses(self):
        return {
            "sender": f"Carla Customer <{self.carla}>",
            "to": self.account.user,
        }

    def write_in(self, raw):
        self.dovecot.deliver(self.account.user, raw)
        self.fetch(self.account)

    def answer(self, **values):
        reply = self.env["ticket.reply"].with_user(self.agent)
        values.setdefault("body", "<p>A <b>blue</b> one.</p>")
        reply.create({"ticket_id": self.ticket.id, **values}).action_send()

    def arrived(self, address):
        """The last mail there, as Python reads it."""
        return message_from_bytes(self.dovecot.messages(address)[-1], policy=default)

    def seen_by_dovecot(self, address):
        """(ENVELOPE, BODYSTRUCTURE) of the last mail there, as Dovecot reads it."""
        with self.dovecot.client(address) as client:
            client.select_folder("INBOX", readonly=True)
            uid = max(client.search())
            found = client.fetch(uid, ["ENVELOPE", "BODYSTRUCTURE"])[uid]
        return found[b"ENVELOPE"], found[b"BODYSTRUCTURE"]

    def test_two_parsers_agree(self):
        picture = (
            self.env["ir.attachment"]
            .with_user(self.agent)
            .create({"name": "blau & größe.png", "raw": PIXEL})
        )
        self.answer(
            email_cc=f'"Boss, Bea" <{self.boss}>',
            email_bcc=self.auditor,
            attachment_ids=picture.ids,
        )
        for address in (self.carla, self.boss, self.auditor):
            with self.subTest(address):
                self.check_headers(address)
                self.check_parts(address)

    def check_headers(self, address):
        python, (dovecot, _parts) = self.arrived(address), self.seen_by_dovecot(address)
        sender = python["From"].addresses[0]
        self.assertEqual(
            (sender.display_name, sender.addr_spec),
            ("Käthe's Support", self.account.user),
        )
        self.assertEqual(python["Reply-To"].addresses[0].addr_spec, self.account.user)
        self.assertEqual(_addresses(dovecot.from_), [self.account.user])
        self.assertEqual(_addresses(dovecot.reply_to), [self.account.user])
        self.assertEqual(_addresses(dovecot.to), [self.carla])
        self.assertEqual(_addresses(dovecot.cc), [self.boss])
        self.assertIsNone(dovecot.bcc)
        self.assertNotIn("Bcc", python)
        self.assertEqual(python["Cc"].addresses[0].display_name, "Boss, Bea")
        subject = f"Re: [Ticket #{self.ticket.number}] {SUBJECT}"
        self.assertEqual(python["Subject"], subject)
        self.assertEqual(
            str(make_header(decode_header(dovecot.subject.decode()))), subject
        )
        self.assertEqual(python["To"], self.carla)
        self.assertNotIn(
            f"To: {self.carla},".encode(), self.dovecot.messages(address)[-1]
        )
        self.assertEqual(dovecot.message_id.decode(), python["Message-ID"])
        self.assertEqual(dovecot.in_reply_to, b"<first@c.example>")
        self.assertIn("<first@c.example>", python["References"].split())
        [sent] = self.ticket._conversation()[-1:]
        self.assertEqual(python["Message-ID"], sent.message_id)

    def check_parts(self, address):
        python = self.arrived(address)
        self.assertIn("A blue one.", python.get_body(("plain",)).get_content())
        html = python.get_body(("html",)).get_content()
        self.assertIn("<b>blue</b>", html)
        self.assertIn('<html lang="en-US">', html)
        [attached] = python.iter_attachments()
        self.assertEqual(attached.get_filename(), "blau & größe.png")
        self.assertEqual(attached.get_content(), PIXEL)

        _envelope, parts = self.seen_by_dovecot(address)
        self.assertEqual(parts[1], b"mixed")
        (bodies, kind, *_), picture = parts[0]
        self.assertEqual(kind, b"alternative")
        self.assertEqual(
            [(body[0], body[1]) for body in bodies],
            [(b"text", b"plain"), (b"text", b"html")],
        )
        self.assertEqual(picture[:2], (b"image", b"png"))

    def upload(self, **values):
        """A file as the editor and the dialog leave it before the draft is saved"""
        files = self.env["ir.attachment"].with_user(self.agent)
        return files.create({"res_model": "ticket.reply", "res_id": 0, **values})

    def test_pictures_travel_along(self):
        """R47: a picture in the text is in the mail, and stays in the history"""
        picture = self.upload(name="plan & größe.png", raw=PIXEL)
        picture.generate_access_token()
        source = f"/web/image/{picture.id}?access_token={picture.access_token}"
        secret = self.env["ir.attachment"].create({"name": "s.png", "raw": PIXEL})
        secret.generate_access_token()
        self.answer(
            body=f'<p>Like this: <img src="{source}"/> <img src="{source}"/>'
            f'<img src="/web/image/{secret.id}?access_token=guessed"/>'
            f'<img src="/web/image/{secret.id}?access_token=ä"/>'
            '<img src="http://[x/web/image/1"/><img src="/web/image/99999999999"/></p>'
        )
        letter = self.arrived(self.carla)
        related = letter.get_body(("related",))
        text, *pictures = related.iter_parts()
        self.assertEqual(len(pictures), 1)
        identifier = pictures[0]["Content-ID"].strip("<>")
        self.assertEqual(text.get_content().count(f'src="cid:{identifier}"'), 2)
        self.assertIn(f"/web/image/{secret.id}", text.get_content())
        self.assertEqual(pictures[0].get_content(), PIXEL)
        plain = letter.get_body(("plain",)).get_content()
        self.assertIn("plan & größe.png", plain)
        self.assertNotIn(picture.access_token, letter.as_string())
        self.assertEqual(pictures[0].get_filename(), "plan & größe.png")
        self.assertFalse(list(letter.iter_attachments()))
        _envelope, parts = self.seen_by_dovecot(self.carla)
        _plain, ((html, image), kind, *_) = parts[0]
        self.assertEqual((parts[1], kind), (b"alternative", b"related"))
        self.assertEqual((html[1], image[:2]), (b"html", (b"image", b"png")))

    def test_files_outlive_the_draft(self):
        """What was uploaded for a draft goes with it; what was sent is the ticket's"""
        replies = self.env["ticket.reply"].with_user(self.agent)
        sent, dropped = self.upload(name="a.png", raw=PIXEL), self.upload(name="b")
        self.answer(attachment_ids=sent.ids)
        draft = replies.create({"ticket_id": self.ticket.id})
        draft.attachment_ids = dropped
        draft.action_discard()
        self.assertFalse(dropped.exists())
        replies.sudo().search([("ticket_id", "=", self.ticket.id)]).unlink()
        colleague = self.administrator
        self.assertEqual(sent.with_user(colleague).raw, PIXEL)
        self.assertIn(sent, self.ticket._conversation()[-1:].attachment_ids)

    def test_to_and_fro(self):
        """Outlook and Gmail answer in their ways; it stays one ticket, one number"""
        for answer_back in (outlook, gmail, outlook_without_references, gmail):
            with self.subTest(answer_back.__name__):
                self.answer()
                letter = self.arrived(self.carla)
                self.assertEqual(letter["Subject"].count(self.ticket.number), 1)
                before = self.ticket.message_count
                self.write_in(answer_back(letter, **self.addresses))
                self.assertEqual(self.ticket.message_count, before + 1)
        tickets = (
            self.env["ticket.mail"]
            .search([("server_id", "=", self.account.id)])
            .ticket_id
        )
        self.assertEqual(tickets, self.ticket)

    def test_hostile_names(self):
        """What a customer calls itself and its mail never becomes a header of ours"""
        self.ticket.name = "Hello\r\nBcc: thief@elsewhere.example"
        self.ticket.partner_id.name = 'Eve"\r\nX-Evil: yes'
        self.answer()
        letter = self.arrived(self.carla)
        self.assertNotIn("X-Evil", letter)
        self.assertNotIn("Bcc", letter)
        self.assertIn("Bcc: thief@elsewhere.example", letter["Subject"])


def _addresses(found):
    return [f"{address.mailbox.decode()}@{address.host.decode()}" for address in found]


def outlook(letter, **addresses):
    """As Outlook with Exchange writes in German: AW:, thread fields, quoted headers"""
    return mail(
        f"AW: {letter['Subject']}",
        "Danke!\n\n-----Ursprüngliche Nachricht-----\n"
        f"Von: {letter['From']}\nBetreff: {letter['Subject']}\n\n> A blue one.\n",
        In_Reply_To=letter["Message-ID"],
        References=" ".join([letter["References"] or "", letter["Message-ID"]]).strip(),
        Thread_Topic=letter["Subject"],
        Thread_Index="AQHacVvTk0hY2mXQ9kqJ7d9xq0Q3cA==",
        Accept_Language="de-DE, en-US",
        **addresses,
    )


def outlook_without_references(letter, **addresses):
    """As some servers leave it: nothing but the number in the subject"""
    return mail(f"AW: {letter['Subject']}", "Noch etwas …", **addresses)


def gmail(letter, **addresses):
    """As Gmail: the Message-ID alone binds it, the subject was changed"""
    return mail(
        "Re: Größe",
        "Thanks!\n\n"
        f"On Mon, Mar 2, 2026 at 10:00 AM {letter['From']} wrote:\n\n> A blue one.\n",
        In_Reply_To=letter["Message-ID"],
        References=letter["Message-ID"],
        **addresses,
    )
