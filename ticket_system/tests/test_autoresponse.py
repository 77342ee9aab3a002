from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime, formatdate
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.base.tests.common import MockSmtplibCase
from odoo.addons.mail.tests.common import MailCase

from . import common
from .common import MailServerCase, TicketCase

mail = partial(common.mail, date=formatdate())


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

    def test_texts_by_default(self):
        """R19: without a text of one's own it says something, seen beforehand"""
        self.account.write({"autoresponder_subject": "", "autoresponder_body": ""})
        [answer] = self.answers(mail())
        self.assertIn("Broken wheel", answer.subject)
        self.assertIn("Hello Carla Customer,", answer.body_html)
        self.account.autoresponder_active = False
        self.account.write({"autoresponder_subject": "", "autoresponder_body": ""})
        self.assertFalse(self.account.autoresponder_body)
        with Form(self.account) as form:
            form.autoresponder_active = True
            self.assertIn("{SUBJECT}", form.autoresponder_subject)
            self.assertIn("Hello {NAME},", form.autoresponder_body)
            form.autoresponder_body = "<p>{FOO}</p>"
            self.assertEqual(form.ticket_unknown_placeholders, "{FOO}")

    def test_preview(self):
        """R19: as it is typed, and without a script"""
        ticket = self.take_in(mail()).ticket_id
        account = self.account.with_user(self.administrator)
        agent = account.preview_autoresponse("{AGENT}", "x")["subject"]
        self.assertNotIn(self.administrator.name, agent, "who looks is not its agent")
        found = account.preview_autoresponse("x", "<p>{NAME}<script>1</script></p>")
        self.assertEqual(found["subject"], f"[Ticket #{ticket.number}] x")
        self.assertEqual(found["body"], "<p>Carla Customer</p>")
        self.assertIn("We got it", account.autoresponder_subject)
        other = self._make_account("sales@test.example").with_user(self.administrator)
        sample = other.preview_autoresponse("{TICKET}", "<p>{NAME}: {STATUS}</p>")
        self.assertRegex(sample["subject"], r"\d{14}")
        self.assertRegex(sample["body"], "^<p>Erica Example: New</p>$")
        with self.assertRaises(AccessError):
            self.account.with_user(self.agent).preview_autoresponse("x", "x")

    def test_sender_without_a_name(self):
        """R19: nobody is greeted by an address"""
        [answer] = self.answers(mail(sender="x.y@x.example"))
        self.assertIn("Hello, your number", answer.body_html)

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

    def test_old_mail(self):
        """The first fetch of an old mailbox answers nobody"""
        now = fields.Datetime.now()
        for days, count in ((2, 1), (4, 0), (4000, 0)):
            with self.subTest(days=days):
                date = format_datetime(now - timedelta(days=days))
                raw = mail(sender=f"x{days}@x.example", date=date)
                self.assertEqual(len(self.answers(raw)), count)

    def test_language(self):
        """R19: date and status as the customer reads them, else as our company does"""
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.company.partner_id.lang = "fr_FR"
        self.customer.lang = "de_DE"
        new = self.status["new"]
        for lang, name in (("de_DE", "Neu"), ("fr_FR", "Nouveau")):
            new.with_context(lang=lang).name = name
            self.env["res.lang"]._lang_get(lang).date_format = f"%Y {lang}"
        self.account.autoresponder_body = "<p>{STATUS} {DATE}</p>"
        year = fields.Date.today().year
        for sender, expected in (
            ("carla@customer.example", f"Neu {year} de_DE"),
            ("stranger@x.example", f"Nouveau {year} fr_FR"),
        ):
            with self.subTest(sender):
                [answer] = self.answers(mail(sender=sender))
                self.assertIn(expected, answer.body_html)

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


@tagged("post_install", "-at_install")
class TestStorm(TicketCase, MailCase):
    def test_followers_of_a_flooded_ticket(self):
        """Threat 11: once it is a storm, no notification for each mail, of any kind"""
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        for name, values in {
            "human": {},
            "machine": {"list_id": "<l.example>"},
        }.items():
            sender = f"{name}@flood.example"
            ticket = self.take_in(mail(sender=sender)).ticket_id
            ticket.message_subscribe(self.agent.partner_id.ids)
            with self.subTest(name), self.mock_mail_gateway():
                for turn in range(5):
                    raw = mail(f"#{ticket.number} {turn}", sender=sender, **values)
                    self.assertEqual(self.take_in(raw).ticket_id, ticket)
                self.assertEqual(len(self._new_mails), 1)


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
class TestBounce(TicketCase, MailCase, MockSmtplibCase):
    """P6: attached to its ticket, shown at the answer, the ticket is new again"""

    def setUp(self):
        super().setUp()
        self.ticket = self.take_in(mail()).ticket_id
        with self.mock_mail_gateway():
            self.answer = self.send()

    def send(self):
        return self.ticket.with_user(self.agent)._send_reply(
            subject="Re: wheel",
            body="hello",
            email_to="carla@customer.example",
            status=self.status["closed"],
        )

    def bounce(self, returned, recipient="carla@customer.example", why="550 gone"):
        return (
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n"
            "Subject: Undelivered Mail Returned to Sender\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="r"'
            "\n\n--r\n\nsorry\n--r\nContent-Type: message/delivery-status\n\n"
            f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\n"
            f"Action: failed\nDiagnostic-Code: smtp; {why}\n\n"
            f"--r\nContent-Type: message/rfc822\n\n{returned}\n\nhello\n--r--\n"
        ).encode()

    def assert_undelivered(self, line):
        self.assertEqual(line.ticket_id, self.ticket)
        self.assertEqual(line.reason, "bounce")
        self.assertTrue(self.ticket.delivery_failed)
        self.assertEqual(self.ticket.status_id.code, "new")
        self.assertTrue(self.answer.has_error)
        self.assertIn("550", self.answer.notification_ids.failure_reason)

    def test_by_our_message_id(self):
        bounce = self.bounce(f"Message-ID: {self.answer.message_id}")
        self.assert_undelivered(self.take_in(bounce))
        reply = self.env["ticket.reply"].with_user(self.agent)
        reply = reply.create({"ticket_id": self.ticket.id, "with_history": True})
        self.assertEqual(reply.email_to, "Carla Customer <carla@customer.example>")
        self.assertNotIn("sorry", self.ticket._history())

    def test_by_the_number(self):
        """A relay may have given our answer another Message-ID, or the report none"""
        for identifier in ("", "Message-ID: <rewritten@relay.example>\n"):
            with self.subTest(identifier):
                returned = f"{identifier}Subject: {self.answer.subject}"
                self.assert_undelivered(self.take_in(self.bounce(returned)))

    def test_others_stay_outside(self):
        """Threat 2: what only looks like a report reaches no ticket by its number or
        by the Message-ID of a mail that we received"""
        first = self.ticket._conversation()[0].message_id
        for returned, recipient in (
            (f"Subject: {self.answer.subject}", "eve@stranger.example"),
            (f"Message-ID: {first}", "carla@customer.example"),
        ):
            with self.subTest(returned):
                line = self.take_in(self.bounce(returned, recipient))
                self.assertNotEqual(line.ticket_id, self.ticket)
                self.assertIn(self.ticket, line.ticket_id.related_ticket_ids)
        self.assertFalse(self.ticket.delivery_failed)
        self.assertEqual(self.ticket.status_id.code, "closed")

    def test_diagnostic_is_text(self):
        """Threat 14: what a server says loads nothing in the author's activity"""
        why = '550 <img src="https://evil.example/x">'
        self.take_in(self.bounce(f"Message-ID: {self.answer.message_id}", why=why))
        [activity] = self.ticket.activity_ids
        self.assertNotIn("<img", activity.note)
        self.assertIn("&lt;img", activity.note)

    def test_comes_back_to_the_account(self):
        """P6: the envelope's sender is the account, not the bounce address of Odoo"""
        self.env.company.alias_domain_id = self.env["mail.alias.domain"].create(
            {"name": "odoo.example", "bounce_alias": "bounce"}
        )
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {"name": "s", "smtp_host": "smtp.x.example", "from_filter": "test.example"}
        )
        with self.mock_smtplib_connection():
            self.send()
        [sent] = self.emails
        self.assertEqual(sent["smtp_from"], "support@test.example")
