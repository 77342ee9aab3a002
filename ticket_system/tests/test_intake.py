import base64

from odoo import fields
from odoo.tests import tagged

from .common import TicketCase, mail

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d4944415478da6364f8ff1f0003030200efa2a75b0000000049454e44ae426082"
)


@tagged("post_install", "-at_install")
class TestNewTicket(TicketCase):
    def test_mail_becomes_ticket(self):
        """R1, R12, R23, R25, R27: queue, project, customer and status by themselves"""
        line = self.take_in(mail())
        ticket = line.ticket_id
        self.assertEqual(line.state, "done")
        self.assertEqual(ticket.name, "Broken wheel")
        self.assertEqual(ticket.queue_id, self.support)
        self.assertEqual(ticket.project_id, self.project)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.status_id.code, "new")
        self.assertTrue(ticket.is_unread)
        self.assertEqual(
            ticket.waiting_since, fields.Datetime.to_datetime("2026-03-02 09:00:00")
        )

    def test_history_shows_the_message(self):
        """R44: who, to whom, when, subject, body"""
        line = self.take_in(mail(Cc="boss@customer.example"))
        message = line.mail_message_id
        self.assertEqual(message.model, "ticket.ticket")
        self.assertEqual(message.res_id, line.ticket_id.id)
        self.assertEqual(message.author_id, self.customer)
        self.assertEqual(message.email_from, "Carla Customer <carla@customer.example>")
        self.assertIn("support@test.example", message.incoming_email_to)
        self.assertIn("boss@customer.example", message.incoming_email_cc)
        self.assertEqual(message.subject, "Broken wheel")
        self.assertIn("my wheel is broken", message.body)
        self.assertIn(message, line.ticket_id.message_ids)

    def test_unknown_sender(self):
        ticket = self.take_in(mail(sender="Nobody <nobody@else.example>")).ticket_id
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.email_from, "nobody@else.example")
        self.assertEqual(ticket.partner_name, "Nobody")

    def test_in_the_language_of_the_company(self):
        """What has no subject is named, and an invitation's day is told, in it"""
        self.env["res.lang"]._activate_lang("de_DE")
        abroad = self.env["res.company"].create({"name": "Abroad"})
        abroad.partner_id.lang = "de_DE"
        self.support.member_ids.company_ids |= abroad
        raw = (
            b"From: carla@customer.example\r\nContent-Type: text/calendar\r\n\r\n"
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:%d\r\n"
            b"DTSTART:20261203T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        for company, name, day in (
            (self.env["res.company"], "(no subject)", "Thursday"),
            (abroad, "(kein Betreff)", "Donnerstag"),
        ):
            self.support.company_id = company
            line = self.take_in(raw % company.id)
            self.assertEqual(line.ticket_id.name, name)
            self.assertIn(day, line.mail_message_id.body)

    def test_department_and_responsible(self):
        """R8, R12: a queue's responsible gets the ticket, else nobody"""
        account = self._make_account("accounting@test.example", self.accounting)
        self.assertFalse(self.take_in(mail()).ticket_id.user_id)
        other = self.take_in(mail(), account=account).ticket_id
        self.assertEqual(other.user_id, self.other_agent)

    def test_close_on_import(self):
        """R16"""
        self.account.ticket_close_on_import = True
        ticket = self.take_in(mail()).ticket_id
        self.assertEqual(ticket.status_id.code, "closed")
        self.assertTrue(ticket.closed_on)

    def test_attachments(self):
        """R26: kept byte for byte, whatever their type"""
        data = bytes(range(256)) * 40
        line = self.take_in(
            mail(
                attachments=[
                    ("rechnung.pdf", data, "application", "pdf"),
                    ("böse.html", b"<script>alert(1)</script>", "text", "html"),
                ]
            )
        )
        pdf, page = line.mail_message_id.attachment_ids.sorted("id")
        self.assertEqual((pdf.name, pdf.raw), ("rechnung.pdf", data))
        self.assertEqual(page.name, "böse.html")
        self.assertEqual(page.mimetype, "text/plain")
        self.assertEqual(pdf.with_user(self.agent).raw, data)

    def test_inline_image(self):
        """P3: an image shown by cid: is shown from our own server"""
        raw = (
            b"From: carla@customer.example\r\nTo: support@test.example\r\n"
            b"Subject: look\r\nMessage-ID: <cid@customer.example>\r\n"
            b"MIME-Version: 1.0\r\n"
            b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
            b'Content-Type: text/html\r\n\r\n<p><img src="cid:logo@x"></p>\r\n--b\r\n'
            b"Content-Type: image/png\r\nContent-ID: <logo@x>\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n"
        )
        raw += base64.encodebytes(PNG) + b"--b--\r\n"
        message = self.take_in(raw).mail_message_id
        self.assertIn(f'src="/web/image/{message.attachment_ids.id}"', message.body)

    def test_embedded_image(self):
        """Threat 16: a picture of 3 MB inside the HTML is shown, and so is the text"""
        picture = base64.b64encode(PNG + bytes(3_000_000)).decode()
        raw = mail(body=f'<img src="data:image/png;base64,{picture}"><p>after</p>')
        message = self.take_in(raw.replace(b"text/plain", b"text/html")).mail_message_id
        [image] = message.attachment_ids
        self.assertIn(f'src="/web/image/{image.id}"', message.body)
        self.assertIn("<p>after</p>", message.body)

    def test_raw_bytes_are_kept(self):
        """P2: the ledger holds the exact bytes"""
        raw = mail(subject="Grüße", body="Ü" * 500)
        self.assertEqual(self.take_in(raw).raw_attachment_id.raw, raw)


@tagged("post_install", "-at_install")
class TestJoin(TicketCase):
    def setUp(self):
        super().setUp()
        self.first = self.take_in(mail(message_id="<first@customer.example>"))
        self.ticket = self.first.ticket_id

    def assertJoins(self, raw):
        self.assertEqual(self.take_in(raw).ticket_id, self.ticket)

    def assertRelated(self, raw):
        ticket = self.take_in(raw).ticket_id
        self.assertNotEqual(ticket, self.ticket)
        self.assertIn(self.ticket, ticket.related_ticket_ids)
        self.assertIn(ticket, self.ticket.related_ticket_ids)
        self.assertNotIn(f"[Ticket #{self.ticket.number}]", ticket.name)
        return ticket

    def test_by_reference(self):
        """R2"""
        self.assertJoins(mail(subject="Re: x", in_reply_to="<first@customer.example>"))

    def test_by_number(self):
        """R21, R24: in every form people write it"""
        for subject in ("AW: Ticket #{}", "[Ticket#{}] hello", "re: {}", "({})"):
            with self.subTest(subject):
                self.assertJoins(mail(subject=subject.format(self.ticket.number)))

    def test_reply_is_new_again(self):
        """R25"""
        self.ticket.write({"status_id": self.status["closed"].id, "is_unread": False})
        self.assertJoins(mail(in_reply_to="<first@customer.example>"))
        self.assertEqual(self.ticket.status_id.code, "new")
        self.assertTrue(self.ticket.is_unread)
        self.assertFalse(self.ticket.closed_on)

    def test_stranger_with_the_number(self):
        """P4, threat 1: a related ticket, and nothing of the history"""
        ticket = self.assertRelated(
            mail(subject=f"#{self.ticket.number}", sender="eve@stranger.example")
        )
        self.assertFalse(ticket.message_partner_ids)
        self.assertEqual(len(self.ticket.message_ids), 1)

    def test_stranger_with_the_reference(self):
        """P4, threat 2: a leaked Message-ID is no key"""
        self.assertRelated(
            mail(in_reply_to="<first@customer.example>", sender="eve@stranger.example")
        )

    def test_colleague_with_the_number(self):
        self.assertJoins(
            mail(subject=f"#{self.ticket.number}", sender="boss@customer.example")
        )

    def test_public_provider_is_no_company(self):
        """Routing rule 2: two gmail.com addresses are strangers to each other"""
        first = self.take_in(mail(sender="a@gmail.com")).ticket_id
        second = self.take_in(mail(subject=f"#{first.number}", sender="b@gmail.com"))
        self.assertNotEqual(second.ticket_id, first)

    def test_number_suffices_by_setting(self):
        """Routing rule 3: the original's behaviour"""
        self.env["ir.config_parameter"].set_param(
            "ticket_system.number_suffices", "True"
        )
        self.assertJoins(
            mail(subject=f"#{self.ticket.number}", sender="eve@stranger.example")
        )

    def test_closed_long_ago(self):
        """Past the configured age an answer starts a related ticket"""
        self.env["ir.config_parameter"].set_param("ticket_system.reopen_days", "30")
        self.ticket.status_id = self.status["closed"]
        self.assertJoins(mail(in_reply_to="<first@customer.example>"))
        self.ticket.status_id = self.status["closed"]
        self.ticket.closed_on = "2020-01-01"
        self.assertRelated(mail(in_reply_to="<first@customer.example>"))

    def test_within_one_batch(self):
        """A mail and the answer to it in the same batch"""
        lines = self.take_in(
            mail(message_id="<q@customer.example>"),
            mail(in_reply_to="<q@customer.example>"),
            mail(subject="something else"),
        )
        self.assertEqual(lines[0].ticket_id, lines[1].ticket_id)
        self.assertNotEqual(lines[0].ticket_id, lines[2].ticket_id)

    def test_all_participants_within_one_batch(self):
        """R2: two participants answer in the same batch, neither a stranger to it"""
        first = self.take_in(
            mail(message_id="<a@customer.example>", Cc="dora@other.example")
        )
        lines = self.take_in(
            mail("Re: x", "1", in_reply_to="<a@customer.example>"),
            mail(
                "Re: x",
                "2",
                sender="dora@other.example",
                in_reply_to="<a@customer.example>",
            ),
        )
        self.assertEqual(lines.ticket_id, first.ticket_id)

    def test_internal_sender_is_no_author(self):
        """Threat 4: From forged as a colleague: never the author"""
        line = self.take_in(mail(sender="Agent <agent@test.example>"))
        self.assertFalse(line.mail_message_id.author_id)
        self.assertEqual(line.mail_message_id.create_uid, self.env.user)

    def test_followers_are_notified(self):
        """A follower learns of the answer through Odoo's own notification"""
        self.agent.notification_type = "inbox"
        self.ticket.message_subscribe(self.agent.partner_id.ids)
        line = self.take_in(mail(in_reply_to="<first@customer.example>"))
        self.assertEqual(
            line.mail_message_id.notified_partner_ids, self.agent.partner_id
        )
