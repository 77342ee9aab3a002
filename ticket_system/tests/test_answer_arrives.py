"""R47, R52: the bytes of an answer as they lie in the customer's mailbox."""

import base64
from email import message_from_bytes
from email.policy import default

from odoo.tests import tagged

from .common import MailServerCase, mail

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)


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
        self.write_in(
            mail("Größe 58?", **self.addresses, message_id="<first@c.example>")
        )
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
        self.assertEqual(
            python["Subject"], f"Re: [Ticket #{self.ticket.number}] Größe 58?"
        )
        self.assertEqual(dovecot.message_id.decode(), python["Message-ID"])
        self.assertEqual(dovecot.in_reply_to, b"<first@c.example>")
        self.assertIn("<first@c.example>", python["References"].split())
        [sent] = self.ticket._conversation()[-1:]
        self.assertEqual(python["Message-ID"], sent.message_id)

    def check_parts(self, address):
        python = self.arrived(address)
        self.assertIn("A *blue* one.", python.get_body(("plain",)).get_content())
        self.assertIn("<b>blue</b>", python.get_body(("html",)).get_content())
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
