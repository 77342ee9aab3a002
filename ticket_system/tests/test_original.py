from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import MAIL_BYTES, RawMail

from .common import TicketCase, TicketWorld, mail

INTAKE = "odoo.addons.ticket_system.models.ticket_mail_intake"
TEXT_TO_HTML = "odoo.addons.ticket_system.mailflow.text_html.text_to_html"


class OriginalCase(TicketCase):
    def take_in_as(self, raw=None, account=None, **values):
        """A mail as the server described it."""
        type(self)._next_uid += 1
        values = {"internal_date": None} | values
        fetched = RawMail(self._next_uid, mail() if raw is None else raw, **values)
        account = account or self.account
        source = next(account._ticket_sources())
        return self.env["ticket.mail"]._take_in(account, source, 1, [fetched])

    def lost(self):
        """A quarantined mail whose bytes are gone."""
        with mute_logger(INTAKE), patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            line = self.take_in_as()
        line.raw_attachment_id.raw = b""
        return line.with_user(self.administrator)


@tagged("post_install", "-at_install")
class TestOriginal(OriginalCase):
    def test_empty_mail(self):
        """P2: a mail of no bytes is a ticket, and what looks into originals goes on"""
        line = self.take_in_as(b"").with_user(self.administrator)
        self.assertEqual((line.state, line._raw()), ("done", b""))
        rule = self.env["ticket.rule"].create(
            {"name": "r", "subject": "x", "is_spam": True}
        )
        self.assertFalse(rule.action_test()["domain"][0][2])
        report = self.env["ir.actions.report"]
        page, _kind = report._render_qweb_html(
            "ticket_system.ticket_report_action", line.ticket_id.ids
        )
        self.assertIn(line.ticket_id.number, page.decode())

    def test_missing_original(self):
        """P2: what is gone is not tried again; a ticket is made of what is known"""
        line = self.lost()
        with self.assertRaisesRegex(UserError, "not complete"):
            line.action_retry()
        line.action_make_ticket()
        self.assertEqual(line.state, "done")
        self.assertEqual(line.ticket_id.name, "Broken wheel")
        line.sudo().raw_attachment_id = False
        with self.assertRaisesRegex(UserError, "kept no longer"):
            line.action_download()

    def test_others_are_retried(self):
        """P2: one that is gone does not keep others from being tried again"""
        lost = self.lost()
        with mute_logger(INTAKE), patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            line = self.take_in_as(mail("other"))
        (lost | line.with_user(self.administrator)).action_retry()
        self.assertEqual((lost.state, line.state), ("quarantined", "done"))

    def test_cut(self):
        """P2: too large to be fetched as a whole: told, with its real size"""
        with mute_logger(INTAKE):
            line = self.take_in_as(is_cut=True, full_size=2 * MAIL_BYTES)
        self.assertTrue(line.is_cut)
        self.assertEqual(line.size, 2 * MAIL_BYTES)
        self.assertIn("300.0 MB, and at most 150.0 MB", line.why)
        line = line.with_user(self.administrator)
        self.env["res.lang"]._activate_lang("de_DE")
        self.env.ref("base.module_ticket_system")._update_translations(["de_DE"])
        self.assertIn("300,0 MB", line.with_context(lang="de_DE").why)
        self.assertIn("zu groß", line.with_context(lang="de_DE").why)
        with self.assertRaisesRegex(UserError, "not complete"):
            line.action_retry()
        line.action_make_ticket()
        notes = line.ticket_id.message_ids.filtered("is_internal")
        self.assertIn("300.0 MB", notes.body)

    def test_not_handed_over(self):
        """P2: the server has the mail and gives none of it: told, not passed over"""
        with mute_logger(INTAKE):
            line = self.take_in_as(b"", is_cut=True, full_size=3000)
        self.assertEqual((line.state, line.size), ("quarantined", 3000))
        self.assertIn("did not hand this mail over", line.why)
        line.with_user(self.administrator).action_make_ticket()
        notes = line.ticket_id.message_ids.filtered("is_internal")
        self.assertIn("did not hand this mail over", notes.body)

    def test_readable_part(self):
        """P2: of a mail that was cut within a file, the text is shown as of others"""
        file = ("huge.bin", bytes(9000), "application", "octet-stream")
        raw = mail(body="Here comes the größte file.", attachments=[file])[:-3000]
        with mute_logger(INTAKE):
            line = self.take_in_as(raw, is_cut=True, full_size=2 * MAIL_BYTES)
        line.with_user(self.administrator).action_make_ticket()
        message = line.mail_message_id
        self.assertIn("Here comes the größte file.", message.body)
        self.assertNotIn("Content-Type", message.body)
        self.assertEqual(message.attachment_ids.mapped("name"), ["original.eml"])

    def test_arrival(self):
        """R25: customers wait since the server got their mail, whatever they date it"""
        now = fields.Datetime.now()
        arrived = now - timedelta(hours=2)
        ticket = self.take_in_as(internal_date=arrived).ticket_id
        self.assertEqual(ticket.waiting_since, arrived)
        self.assertEqual(ticket.last_inbound, arrived)
        first = ticket._conversation()
        self.assertEqual(first.date, datetime(2026, 3, 2, 9))
        ticket._register_outbound(now - timedelta(hours=1))
        answer = mail(f"#{ticket.number}", "more")
        self.take_in_as(answer, internal_date=now - timedelta(minutes=1))
        self.assertEqual(ticket.waiting_since, now - timedelta(minutes=1))

    def test_arrival_in_the_future(self):
        """R25: nor is a server believed whose clock is ahead"""
        line = self.take_in_as(internal_date=fields.Datetime.now() + timedelta(days=3))
        self.assertLessEqual(line.arrived_on, fields.Datetime.now())
        self.assertEqual(line.ticket_id.waiting_since, line.arrived_on)

    def test_storm_of_an_account(self):
        """P5: mails to one account are no storm at another"""
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        sales = self._make_account("sales@test.example")
        for turn in range(4):
            self.take_in_as(mail(f"storm {turn}"))
        self.assertNotEqual(self.take_in_as(mail("a"), sales).reason, "storm")
        self.assertEqual(self.take_in_as(mail("b")).reason, "storm")

    def test_storm_of_years(self):
        """Threat 11: what a customer wrote over the years is no storm when a mailbox is
        first fetched; many mails of one hour are, whenever they are fetched"""
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        date = datetime(2026, 3, 2, 10)
        for days in range(5):
            arrived = date - timedelta(days=days)
            line = self.take_in_as(mail(f"day {days}"), internal_date=arrived)
            self.assertNotEqual(line.reason, "storm")
        storm = [self.take_in_as(mail(f"{n}"), internal_date=date) for n in range(3)]
        self.assertEqual(storm[-1].reason, "storm")


@tagged("post_install", "-at_install")
class TestOriginalPages(TicketWorld, HttpCase):
    def test_download(self):
        """P2: an original of no bytes is downloaded as such"""
        self._make_world()
        source = next(self.account._ticket_sources())
        line = self.env["ticket.mail"]._take_in(
            self.account, source, 1, [RawMail(1, b"", None)]
        )
        self.administrator.password = "test_administrator"
        self.authenticate("test_administrator", "test_administrator")
        action = line.with_user(self.administrator).action_download()
        answer = self.url_open(action["url"])
        self.assertEqual((answer.status_code, answer.content), (200, b""))
