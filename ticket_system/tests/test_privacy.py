import io
import zipfile
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

from odoo.exceptions import UserError, ValidationError
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

    def answer(self, ticket, email_to="somebody@x.example"):
        ticket._send_reply(
            subject="Re: x", body="x", email_to=email_to, status=ticket.status_id
        )

    def exported(self, contact):
        """The mails handed out to an administrator, by their names in the ZIP"""
        self.authenticate("test_administrator", "test_administrator")
        answer = self.url_open(f"/ticket_system/export/{contact.id}")
        self.assertEqual(answer.status_code, 200)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return {
                name: message_from_bytes(archive.read(name), policy=default)
                for name in archive.namelist()
            }

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
        self.assertIn(f"#{self.ticket.number}", lookup.log_id.execution_details)
        ours = ("ticket.ticket", "ticket.mail", "mail.message", "mail.mail")
        silent = lookup.line_ids.filtered(
            lambda line: line.res_model in ours and not line.execution_details
        )
        self.assertFalse(silent.mapped("resource_ref"))

    def test_retention(self):
        """Erased by status after a time, previewed before; others stay"""
        status = self.status["closed"]
        self.run_retention()
        self.assertTrue(self.ticket.exists(), "off by default")
        status.retention_days = 30
        self.ticket.last_message = datetime.now() - timedelta(days=31)
        tickets = self.env["ticket.ticket"]
        for days, is_shown in ((30, True), (32, False), (0, False)):
            preview = status.preview_expired(days)
            found = tickets.search(preview["domain"])
            self.assertEqual(self.ticket in found, is_shown)
        self.assertEqual(status.retention_days, 30)
        self.assertNotIn("Unanswered", preview["name"])
        self.assertIn("Unanswered", self.status["open"].preview_expired(30)["name"])
        self.run_retention()
        self.assertFalse(self.ticket.exists())
        self.assertTrue(self.other.exists())
        stored = self.everything_stored()
        self.assertNotIn("oak road", stored)
        self.assertNotIn("passport", stored)

    def test_without_messages(self):
        """A ticket in which nothing was ever written is erased like any other"""
        silent = self.new_ticket(email_from="carla@customer.example")
        silent.message_ids.unlink()
        self.env["ticket.ticket"]._forget_person("carla@customer.example")
        self.assertFalse(silent.email_from)
        status = self.status["closed"]
        silent.write(
            {
                "status_id": status.id,
                "last_message": datetime.now() - timedelta(days=31),
            }
        )
        status.retention_days = 30
        self.run_retention()
        self.assertFalse(silent.exists())

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
        preview = self.env["ticket.mail"].preview_expired(30)
        self.assertEqual(self.env["ticket.mail"].search(preview["domain"]), lines)
        self.run_retention()
        self.assertFalse(original.exists())
        self.assertTrue(lines.exists(), "the place in the mailbox is remembered")

    def test_negative_days(self):
        """Refused; one that was stored before removes nothing"""
        with self.assertRaisesRegex(ValidationError, "Keep Received Mails"):
            self.env["res.config.settings"].create({"ticket_ledger_days": -5})
        self.env["ir.config_parameter"].set_param("ticket_system.ledger_days", "-5")
        lines = self.env["ticket.mail"].search([("raw_attachment_id", "!=", False)])
        kept = lines.raw_attachment_id
        self.run_retention()
        self.assertTrue(lines)
        self.assertEqual(lines.raw_attachment_id, kept)

    def test_nobody_is_forgotten_by_mistake(self):
        """Without the look-up, or with what is no address, nothing happens"""
        before = self.everything_stored()
        lines = self.env["privacy.lookup.wizard.line"]
        lookup = lines.wizard_id.create({"name": "x", "email": "k.A."})
        gone = lookup.copy()
        gone.unlink()
        for lookup_id in (None, False, gone.id, lookup.id):
            of_lookup = lines.with_context(ticket_lookup_id=lookup_id)
            with self.subTest(lookup_id=lookup_id), self.assertRaises(UserError):
                of_lookup.action_anonymise_tickets()
        tickets = self.env["ticket.ticket"]
        for email in (None, False, "", "k.A.", "a@x.example, b@y.example"):
            for call in (tickets._of_person, tickets._forget_person):
                with self.subTest(call.__name__, email=email):
                    self.assertRaises(UserError, call, email)
        self.assertRaises(UserError, tickets._forget_person, "support@test.example")
        self.assertEqual(self.everything_stored(), before)

    def test_only_this_person(self):
        """Neither who is named alike is touched or told of, nor their mails"""
        for bystander in ("jo_n@x.example", "oxn@x.example", "o_n@x.example.org"):
            self.take_in(
                mail(sender=bystander),
                mail(sender="Ben <ben@customer.example>", Cc=f"Al <{bystander}>"),
                mail(sender="support@test.example", to=bystander, X_Ticket_System="1"),
            )
            ticket = self.new_ticket(email_cc=f"Al <{bystander}>, undisclosed:;")
            self.env["ticket.reply"].create(
                {"ticket_id": ticket.id, "email_to": bystander, "body": "<p>x</p>"}
            )
            self.answer(ticket, bystander)
        before = self.everything_stored()
        person = "o_n@x.example"
        self.assertFalse(self.env["ticket.ticket"]._forget_person(person))
        self.assertEqual(self.everything_stored(), before)
        contact = self.env["res.partner"].create({"name": "Al", "email": person})
        self.assertEqual(self.exported(contact), {})

    def test_originals_that_name_a_person(self):
        """Of mails on no ticket, too: small, large, ignored or in quarantine"""
        ours = {"sender": "support@test.example", "X_Ticket_System": "1"}
        carla = "Carla <CARLA@customer.example>"
        named = self.take_in(
            mail(to=carla, **ours),
            mail(to="ben@customer.example", Cc=f"x@y.example, {carla}", **ours),
            mail(to="ben@customer.example", Bcc=carla, **ours),
            mail(to=carla, body="x" * 60 * 10_000, **ours),
        )
        others = self.take_in(
            mail("carla@customer.example", to="xcarla@customer.example", **ours),
            mail("No.", "Ask carla@customer.example", to="ben@x.example", **ours),
        )
        self.assertEqual(set((named | others).mapped("state")), {"ignored"})
        named[0].state = "quarantined"
        originals = named.raw_attachment_id
        self.assertEqual(len(originals.filtered("store_fname")), 1)
        self.env["ticket.ticket"]._forget_person("Carla@Customer.example")
        self.assertFalse(originals.exists())
        self.assertFalse(named.raw_attachment_id)
        self.assertEqual(named[0].state, "ignored", "nothing is left to try again")
        self.assertEqual(len(others.raw_attachment_id.exists()), 2)

    def test_export(self):
        """All of a person's messages as mails, those received as they came"""
        url = f"/ticket_system/export/{self.customer.id}"
        self.authenticate("test_agent", "test_agent")
        self.assertEqual(self.url_open(url).status_code, 404)
        mails = self.exported(self.customer)
        self.assertEqual(
            set(mails),
            {
                f"{self.ticket.number}/001.eml",
                f"{self.ticket.number}/002.eml",
                f"{self.other.number}/001.eml",
            },
        )
        received, sent, on_other = mails.values()
        self.assertEqual(received["From"], "Carla Customer <carla@customer.example>")
        self.assertEqual(
            next(received.iter_attachments()).get_filename(), "passport.png"
        )
        self.assertIn("Dear Carla", sent.get_body(("plain",)).get_content())
        self.assertIn("Carla agrees", on_other.get_body(("plain",)).get_content())

    def test_nothing_to_export(self):
        contact = self.env["res.partner"].create(
            {"name": "New", "email": "n@x.example"}
        )
        with self.assertRaisesRegex(UserError, "Nothing was written"):
            contact.with_user(self.administrator).action_export_ticket_messages()
        action = self.customer.with_user(
            self.administrator
        ).action_export_ticket_messages()
        self.assertEqual(action["type"], "ir.actions.act_url")

    def test_export_of_who_has_another_address(self):
        """What a contact wrote before their address changed is theirs as well"""
        self.customer.email = "carla@new.example"
        self.assertIn(f"{self.other.number}/001.eml", self.exported(self.customer))

    def test_export_by_rights(self):
        """P10: an administrator of one company gets nothing of another's"""
        other = self.env["res.company"].create({"name": "Other"})
        self.other.company_id = other
        names = self.exported(self.customer)
        self.assertEqual({name.split("/")[0] for name in names}, {self.ticket.number})
        self.administrator.company_ids += other
        self.assertEqual(len(self.exported(self.customer)), 3)

    def test_export_without_one_address(self):
        """Of a contact with no address, or no readable one: their own tickets alone"""
        contacts = self.env["res.partner"].create(
            [
                {"name": "Nobody", "email": email}
                for email in (False, "k.A.", "a@x.example, b@y.example")
            ]
        )
        for contact in contacts:
            self.answer(self.new_ticket(partner_id=contact.id, email_from=False))
        self.take_in(mail(sender="b@y.example"), mail(sender="k.A."), mail(sender=""))
        for contact in contacts:
            with self.subTest(contact.email):
                [name] = self.exported(contact)
                self.assertEqual(name, f"{contact.ticket_ids.number}/001.eml")

    def test_export_of_a_company_without_address(self):
        """It holds the tickets of its people, a person's not those of colleagues"""
        company = self.env["res.partner"].create({"name": "Co", "is_company": True})
        people = self.env["res.partner"].create(
            [{"name": name, "parent_id": company.id} for name in ("Al", "Bo")]
        )
        for person in people:
            self.answer(self.new_ticket(partner_id=person.id, email_from=False))
        self.assertEqual(len(self.exported(company)), 2)
        self.assertEqual(len(self.exported(people[0])), 1)

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
