import base64
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketCase, mail

TEXT_TO_HTML = "odoo.addons.ticket_system.mailflow.content.text_to_html"
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


@tagged("post_install", "-at_install")
class TestLedger(TicketCase):
    def test_same_mail_twice(self):
        """P1: copies of one mail in two accounts make one ticket"""
        raw = mail()
        other = self._make_account("sales@test.example")
        first, second = self.take_in(raw), self.take_in(raw, account=other)
        self.assertEqual((first.state, second.state), ("done", "duplicate"))
        self.assertEqual(second.ticket_id, first.ticket_id)

    def test_copy_of_what_we_sent(self):
        """R1, R23: a mail is not lost for its ignored copy in a Sent folder"""
        sales = self._make_account("sales@test.example", ticket_sent_folder="Sent")
        raw = mail(sender="sales@test.example")
        _inbox, sent = sales._ticket_sources()
        copy = self.env["ticket.mail"]._take_in(sales, sent, 1, [RawMail(1, raw, None)])
        self.assertEqual(copy.state, "ignored")
        line = self.take_in(raw)
        self.assertEqual(line.state, "done")
        self.assertTrue(line.ticket_id)

    def test_same_id_other_content(self):
        """Threat 8: not swallowed as a duplicate"""
        first = self.take_in(mail(message_id="<x@y.example>"))
        second = self.take_in(mail(message_id="<x@y.example>", body="other"))
        self.assertEqual((first.state, second.state), ("done", "done"))

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_poison_is_quarantined_alone(self):
        """P2: first, in the middle, last: the others pass; a retry succeeds"""
        Mail = type(self.env["ticket.mail"])
        values = Mail._message_values

        def poisoned(self, plan, attachments):
            if "poison" in plan.message.subject:
                raise ValueError("poison")
            return values(self, plan, attachments)

        for position in (0, 2, 4):
            raws = [mail(subject=f"good {n}") for n in range(4)]
            raws.insert(position, mail(subject="poison"))
            with patch.object(Mail, "_message_values", poisoned):
                lines = self.take_in(*raws)
            with self.subTest(position=position):
                bad = lines[position]
                self.assertEqual(set((lines - bad).mapped("state")), {"done"})
                self.assertEqual(bad.state, "quarantined")
                self.assertIn("poison", bad.error)
                self.assertFalse(bad.ticket_id)
                bad.with_user(self.administrator).action_retry()
                self.assertEqual(bad.state, "done")
                self.assertEqual(bad.attempts, 2)
                self.assertTrue(bad.ticket_id)

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_retry_all(self):
        """P2: the list's button tries all of them again, whatever is selected"""
        with patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            lines = self.take_in(mail("one"), mail("two"))
        self.assertEqual(set(lines.mapped("state")), {"quarantined"})
        mails = self.env["ticket.mail"].with_user(self.administrator)
        call_kw(mails, "action_retry_all", [[]], {})
        self.assertEqual(set(lines.mapped("state")), {"done"})
        with self.assertRaisesRegex(UserError, "quarantined"):
            call_kw(mails, "action_retry_all", [[]], {})

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_make_ticket_anyway(self):
        """P2: what was never understood becomes a ticket with the original attached"""
        raw = mail(subject="odd")
        with patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            line = self.take_in(raw)
        self.assertEqual(line.state, "quarantined")
        line.with_user(self.administrator).action_make_ticket()
        self.assertEqual(line.state, "done")
        self.assertEqual(line.mail_message_id.attachment_ids.raw, raw)
        self.assertEqual(line.ticket_id.name, "odd")

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_discard(self):
        with patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            line = self.take_in(mail())
        line.with_user(self.administrator).action_discard()
        self.assertEqual((line.state, line.reason), ("ignored", "discarded"))

    def test_few_queries(self):
        """A batch costs a fixed number of queries, not one for each mail"""

        def cost(count):
            raws = [mail(subject=f"mail {n}") for n in range(count)]
            start = self.cr.sql_log_count
            self.take_in(*raws)
            self.env.flush_all()
            return self.cr.sql_log_count - start

        cost(5)
        self.assertLess(cost(50), cost(5) + 20)

    def test_senders_are_judged(self):
        """Threats 3, 4, 7, 19: what our server found out, and what is odd"""
        self.account.ticket_authserv_id = "mx.test.example"
        for found, verdict in (
            ("dmarc=pass", "passed"),
            ("dmarc=fail", "failed"),
            ("none", "unknown"),
        ):
            field = f"mx.test.example; {found}"
            line = self.take_in(mail(Authentication_Results=field))
            facts = line.mail_message_id.ticket_facts
            self.assertEqual(facts, {"authentication": verdict})
        line = self.take_in(
            mail(sender=f"Boss <{self.agent.email}>", Reply_To="thief@evil.example")
        )
        message = line.mail_message_id
        self.assertEqual(message.ticket_facts["warnings"], ["internal", "reply_to"])
        self.assertEqual(message.ticket_facts["reply_to"], "thief@evil.example")
        self.assertFalse(message.author_id)
        self.assertEqual(message.create_uid, self.env.user)
        self.assertNotIn("thief", line.ticket_id.email_from)
        line = self.take_in(mail(sender="Support <support@tesт.example>"))
        self.assertIn("lookalike", line.mail_message_id.ticket_facts["warnings"])

    def test_forged_answers(self):
        """Threat 3: by a setting, a forged sender opens a related ticket instead"""
        self.account.ticket_authserv_id = "mx.test.example"
        ticket = self.take_in(mail()).ticket_id
        forged = {"Authentication_Results": "mx.test.example; dmarc=fail"}
        line = self.take_in(mail(f"#{ticket.number}", "one", **forged))
        self.assertEqual(line.ticket_id, ticket)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("ticket_system.refuse_failed", "True")
        line = self.take_in(mail(f"#{ticket.number}", "two", **forged))
        self.assertNotEqual(line.ticket_id, ticket)
        self.assertEqual(line.ticket_id.related_ticket_ids, ticket)
        line = self.take_in(mail(f"#{ticket.number}", "three"))
        self.assertEqual(line.ticket_id, ticket)


@tagged("post_install", "-at_install")
class TestOriginals(TicketCase):
    def test_nobody_else_chooses_the_storage(self):
        """Threat 25: no context of a caller decides where attachments are kept"""
        attachments = self.env["ir.attachment"].with_user(self.agent)
        for key in ("ticket_storage", "ticket_system.storage"):
            file = attachments.with_context(**{key: "db"}).create(
                {"name": "a", "raw": b"x" * 100}
            )
            self.assertTrue(file.store_fname)
        original = self.take_in(mail()).raw_attachment_id
        self.assertFalse(original.store_fname)
        self.assertTrue(attachments.create({"name": "b", "raw": b"y"}).store_fname)

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_deleting_an_account(self):
        """P2: not while a mail of it is in quarantine; then nothing of it remains"""
        with patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            line = self.take_in(mail())
        ticket = self.take_in(mail()).ticket_id
        account = self.account.with_user(self.administrator)
        with self.assertRaisesRegex(UserError, "quarantine"), self.cr.savepoint():
            account.unlink()
        line.with_user(self.administrator).action_discard()
        account.unlink()
        self.assertTrue(ticket.exists())
        originals = [("res_model", "=", "ticket.mail"), ("name", "like", ".eml")]
        lines = self.env["ticket.mail"].search([])
        self.assertEqual(
            self.env["ir.attachment"].search(originals), lines.raw_attachment_id
        )
