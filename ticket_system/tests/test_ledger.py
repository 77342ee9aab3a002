from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketCase, mail

TEXT_TO_HTML = "odoo.addons.ticket_system.mailflow.text_html.text_to_html"


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

    def test_mails_without_a_head(self):
        """P1: what tells of no sender, subject or id is compared byte by byte"""
        head = b"From: a@customer.example\nSubject: x\n"
        for raws in (
            (b"", b"\r\n", b"Nothing but a line of plain text.", b"And another one."),
            (b"X-Spam: no\n\nHello", b"X-Spam: yes\n\nHello"),
            (head + b"No empty line 1\n\nEnd", head + b"No empty line 2\n\nEnd"),
        ):
            for raw in raws:
                self.assertEqual(self.take_in(raw).state, "done", raw)
                self.assertEqual(self.take_in(raw).state, "duplicate", raw)

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
    def test_second_thoughts(self):
        """P2: a ticket can be made of a discarded mail while its original is there"""
        with patch(TEXT_TO_HTML, side_effect=ValueError("odd")):
            lines = self.take_in(mail("one"), mail("two"))
        lines = lines.with_user(self.administrator)
        lines.action_discard()
        one, two = lines
        two._drop_originals()
        self.assertEqual(lines.mapped("is_discarded"), [True, False])
        with self.assertRaises(UserError):
            two.action_make_ticket()
        one.action_make_ticket()
        self.assertEqual((one.state, one.ticket_id.name), ("done", "one"))

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

    def test_deleting_an_account(self):
        """P1, P2: its mails would come once more; archived, it knows them"""
        raw = mail()
        ticket = self.take_in(raw).ticket_id
        account = self.account.with_user(self.administrator)
        with self.assertRaisesRegex(UserError, "archive it"), self.cr.savepoint():
            account.unlink()
        account.action_archive()
        again = self._make_account("support@test.example", self.support)
        self.assertEqual(self.take_in(raw, account=again).state, "duplicate")
        self.assertTrue(ticket.exists())
        self._make_account("unused@test.example").with_user(self.administrator).unlink()
