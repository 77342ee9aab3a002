from email import message_from_bytes

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import MailServerCase, TicketCase, mail


class Autoresponding:
    @classmethod
    def _answer_by_itself(cls, account):
        account.write(
            {
                "autoresponder_active": True,
                "autoresponder_subject": "We got it: {BETREFF}",
                "autoresponder_body": "<p>Hello {NAME}, your number is {TICKET}.</p>",
            }
        )


@tagged("post_install", "-at_install")
class TestAutoresponse(Autoresponding, TicketCase, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._answer_by_itself(cls.account)

    def answers(self, *raws):
        with self.mock_mail_gateway():
            self.take_in(*raws)
        return self._new_mails

    def test_text(self):
        """R19: variables in subject and text, escaped"""
        answer = self.answers(mail(subject="<b>wheel</b>"))
        ticket = self.env["ticket.ticket"].search([], order="id desc", limit=1)
        self.assertEqual(len(answer), 1)
        self.assertIn(f"Ticket #{ticket.number}", answer.subject)
        self.assertIn("We got it: <b>wheel</b>", answer.subject)
        self.assertIn(
            f"Hello Carla Customer, your number is {ticket.number}", answer.body_html
        )
        self.assertEqual(answer.state, "outgoing")
        self.assertIn("auto-replied", answer.headers)

    def test_once_a_day(self):
        """R20"""
        self.assertEqual(len(self.answers(mail(), mail(subject="again"))), 1)
        self.assertFalse(self.answers(mail(subject="third")))
        self.account.autoresponder_once_per_day = False
        self.assertEqual(len(self.answers(mail(subject="fourth"))), 1)

    def test_never(self):
        """P5: no answer to machines, lists, answers, colleagues"""
        first = self.take_in(mail(message_id="<f@customer.example>"))
        self.env["ticket.mail"].search([]).is_autoresponded = False
        for name, values in {
            "auto": {"auto_submitted": "auto-replied"},
            "list": {"list_id": "<l.example>"},
            "bulk": {"precedence": "bulk"},
            "machine": {"sender": "noreply@x.example"},
            "ourselves": {"sender": "support@test.example"},
            "colleague": {"sender": "agent@test.example"},
            "reply": {"in_reply_to": "<f@customer.example>"},
            "number": {"subject": f"#{first.ticket_id.number}"},
        }.items():
            with self.subTest(name):
                self.assertFalse(self.answers(mail(**values)))

    def test_rule_forbids(self):
        self.env["ticket.rule"].create(
            {"name": "r", "subject": "wheel", "no_autoresponse": True}
        )
        self.assertFalse(self.answers(mail()))

    def test_flood(self):
        """A mail bomb from many senders: all become tickets, few are answered"""
        self.env["ir.config_parameter"].set_param("ticket_system.answer_limit", "3")
        lines = self.env["ticket.mail"]
        for turn in range(6):
            raw = mail(f"flood {turn}", sender=f"x{turn}@bomb{turn}.example")
            lines |= self.take_in(raw)
        self.assertEqual(len(lines.ticket_id), 6)
        self.assertEqual(sum(lines.mapped("is_autoresponded")), 3)
        flood = [("summary", "like", "Flood of mails")]
        warnings = self.env["mail.activity"].search(flood)
        self.assertEqual(len(warnings), len(warnings.user_id), "once for each")
        self.assertIn(self.administrator, warnings.user_id)

    def test_storm(self):
        """Threat 11: tickets are made, answers stop, the ledger says why"""
        self.account.autoresponder_once_per_day = False
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        for turn in range(5):
            line = self.take_in(mail(subject=f"storm {turn}"))
            self.assertTrue(line.ticket_id)
            self.assertEqual(line.reason == "storm", turn >= 2)
        warnings = self.env["mail.activity"].search([("summary", "like", "Mail storm")])
        told = warnings.filtered(lambda w: w.user_id == self.administrator)
        self.assertEqual(len(told), 1)
        self.assertIn("carla@customer.example", told.summary)

    def test_stranger_learns_no_other_number(self):
        """Threat 1: the answer names the new number only"""
        ticket = self.take_in(mail()).ticket_id
        answer = self.answers(
            mail(subject=f"#{ticket.number}", sender="eve@stranger.example")
        )
        self.assertEqual(len(answer), 1)
        self.assertNotIn(ticket.number, answer.body_html)


@tagged("post_install", "-at_install", "mail_servers")
class TestAutoresponseForReal(Autoresponding, MailServerCase):
    def test_arrives_and_is_answered(self):
        """R19, R21, RFC 3834: through the mail queue to the customer and back"""
        self._answer_by_itself(self.account)
        customer = self.account.user.replace("support", "auto.carla")
        self.dovecot.deliver(self.account.user, mail(sender=customer))
        self.fetch(self.account)
        self.env["mail.mail"].process_email_queue()
        [raw] = self.dovecot.messages(customer)
        answer = message_from_bytes(raw)
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")
        self.assertEqual(answer["X-Auto-Response-Suppress"], "All")
        ticket = (
            self.env["ticket.mail"]
            .search([("server_id", "=", self.account.id)])
            .ticket_id
        )
        self.dovecot.deliver(
            self.account.user,
            mail(sender=customer, subject=f"AW: #{ticket.number}"),
        )
        self.fetch(self.account)
        lines = self.env["ticket.mail"].search([("server_id", "=", self.account.id)])
        self.assertEqual(lines.ticket_id, ticket)
        self.assertEqual(len(lines), 2)


@tagged("post_install", "-at_install")
class TestBounce(TicketCase, MailCase):
    def test_bounce_of_our_answer(self):
        """P6: attached to its ticket, shown at the answer, the ticket is new again"""
        ticket = self.take_in(mail()).ticket_id
        with self.mock_mail_gateway():
            answer = ticket.with_user(self.agent)._send_reply(
                subject="Re: wheel",
                body="hello",
                email_to="carla@customer.example",
                status=self.status["closed"],
            )
        bounce = (
            b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n"
            b"Subject: Undelivered Mail Returned to Sender\n"
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"'
            b"\n\n--r\n\nsorry\n--r\nContent-Type: message/delivery-status\n\n"
            b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; "
            b"carla@customer.example\nAction: failed\n"
            b"Diagnostic-Code: smtp; 550 gone\n\n"
            b"--r\nContent-Type: message/rfc822\n\nMessage-ID: "
            + answer.message_id.encode()
            + b"\n\nhello\n--r--\n"
        )
        line = self.take_in(bounce)
        self.assertEqual(line.ticket_id, ticket)
        self.assertEqual(line.reason, "bounce")
        self.assertTrue(ticket.delivery_failed)
        self.assertEqual(ticket.status_id.code, "new")
        self.assertTrue(answer.has_error)
        self.assertIn("550", answer.notification_ids.failure_reason)
