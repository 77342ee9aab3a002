import io
import zipfile
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import HttpCase, tagged

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestPrivacy(TicketCase, HttpCase):
    """Erase, anonymise, keep no longer, hand out"""

    def setUp(self):
        super().setUp()
        files = [("passport.png", b"secret", "image", "png")]
        self.ticket = self.take_in(
            mail(body="I am Carla, 4 Oak Road", attachments=files)
        ).ticket_id
        number = self.ticket.number
        self.ticket.with_user(self.agent)._send_reply(
            subject="Re: Broken wheel",
            body="Dear Carla",
            email_to="carla@customer.example",
            status=self.status["closed"],
        )
        self.ticket.internal_comment = "Carla is nice"
        other = mail(
            sender="Ben <ben@customer.example>", Cc="Carla <carla@customer.example>"
        )
        self.other = self.take_in(other).ticket_id
        self.take_in(mail(f"#{self.other.number}", "Carla agrees with Ben"))
        self.assertEqual(len(self.other._conversation()), 2)
        self.assertTrue(number)

    def everything_stored(self):
        """All text of messages, tickets, ledger and files, as one string"""
        self.env.flush_all()
        found = []
        for table in (
            "ticket_ticket",
            "ticket_mail",
            "ticket_reply",
            "ticket_sent_copy",
            "mail_message",
            "mail_mail",
            "mail_tracking_value",
        ):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")  # pylint: disable=E8103
            found += [row for [row] in self.env.cr.fetchall()]
        attachments = self.env["ir.attachment"].search(
            [("res_model", "in", ("ticket.ticket", "ticket.mail"))]
        )
        found += [str(file.raw) + file.name for file in attachments]
        return "\n".join(found).lower()

    def run_retention(self):
        """As the cron does, in a transaction that commits"""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["ticket.ticket"]._cron_retention()
        self.env.invalidate_all()

    def test_anonymise(self):
        """By Odoo's privacy look-up: tickets, ledger, originals, copies of others"""
        lookup = self.env["privacy.lookup.wizard"].create(
            {"name": "Carla Customer", "email": "carla@customer.example"}
        )
        action = lookup.action_lookup()
        self.assertIn("ticket.ticket", lookup.line_ids.mapped("res_model"))
        number, closed_on = self.ticket.number, self.ticket.closed_on
        lines = self.env["privacy.lookup.wizard.line"].with_context(**action["context"])
        self.assertIn("carla@customer.example", self.everything_stored())
        lines.action_anonymise_tickets()
        stored = self.everything_stored()
        for told in ("carla@", "oak road", "passport", "is nice", "agrees with"):
            with self.subTest(told):
                found = [row for row in stored.splitlines() if told in row]
                self.assertFalse(found)
        self.assertIn("ben@customer.example", stored)
        self.assertEqual(self.ticket.number, number)
        self.assertEqual(self.ticket.closed_on, closed_on)
        self.assertEqual(self.ticket.status_id, self.status["closed"])
        self.assertEqual(len(self.ticket._conversation()), 2)
        self.assertIn(f"#{self.ticket.id}", lookup.log_id.execution_details)

    def test_retention(self):
        """Erased by status after a time, previewed before; others stay"""
        status = self.status["closed"]
        self.run_retention()
        self.assertTrue(self.ticket.exists(), "off by default")
        status.retention_days = 30
        self.assertFalse(status.expired_count)
        self.ticket.last_message = datetime.now() - timedelta(days=31)
        status.invalidate_recordset()
        expected = status.expired_count
        preview = status.action_preview_retention()
        found = self.env["ticket.ticket"].search(preview["domain"])
        self.assertIn(self.ticket, found)
        self.assertEqual(len(found), expected)
        self.run_retention()
        self.assertFalse(self.ticket.exists())
        self.assertTrue(self.other.exists())
        stored = self.everything_stored()
        self.assertNotIn("oak road", stored)
        self.assertNotIn("passport", stored)

    def test_originals(self):
        self.env["ir.config_parameter"].set_param("ticket_system.ledger_days", "30")
        lines = self.env["ticket.mail"].search([("ticket_id", "=", self.ticket.id)])
        original = lines.raw_attachment_id
        self.run_retention()
        self.assertTrue(original.exists())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ticket_mail SET create_date = now() - interval '31 days' "
            "WHERE id = %s",
            [lines.id],
        )
        self.env.invalidate_all()
        preview = self.env["res.config.settings"].create({}).action_preview_ledger()
        self.assertEqual(self.env["ticket.mail"].search(preview["domain"]), lines)
        self.run_retention()
        self.assertFalse(original.exists())
        self.assertTrue(lines.exists(), "the place in the mailbox is remembered")

    def test_export(self):
        """All of a person's messages as mails, those received as they came"""
        url = f"/ticket_system/export/{self.customer.id}"
        self.authenticate("test_agent", "test_agent")
        self.assertEqual(self.url_open(url).status_code, 404)
        self.authenticate("test_administrator", "test_administrator")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            names = archive.namelist()
            mails = [
                message_from_bytes(archive.read(name), policy=default) for name in names
            ]
        self.assertEqual(len(names), 2)
        received, sent = mails
        self.assertEqual(received["From"], "Carla Customer <carla@customer.example>")
        self.assertEqual(
            next(received.iter_attachments()).get_filename(), "passport.png"
        )
        self.assertIn("Dear Carla", sent.get_body(("plain",)).get_content())

    def test_neutralise(self):
        """A copy of the database neither fetches nor answers"""
        self.account.state = "done"
        self.assertTrue(self.account.ticket_cron_id.active)
        self.env.flush_all()
        [query] = [
            query
            for query in get_neutralization_queries(["ticket_system"])
            if "fetchmail_server" in query
        ]
        self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(self.account.use_ticket_system)
        self.assertFalse(self.account.ticket_cron_id.active)
        self.assertFalse(
            self.env["ticket.sent.copy"].search([("server_id", "=", self.account.id)])
        )
