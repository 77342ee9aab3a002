import io
import zipfile
from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow import files
from odoo.addons.ticket_system.mailflow.errors import Term
from odoo.addons.ticket_system.mailflow.files import FileError

from .common import mail
from .import_case import ImportCase, mbox


@tagged("post_install", "-at_install")
class TestImportMails(ImportCase):
    """mbox, ZIP and eml: tickets as if fetched, but long ago"""

    def take(self, *raws, **values):
        values = {"account_id": self.account.id, **values}
        return self.start({"old.mbox": mbox(*raws)}, **values)

    def imported(self):
        lines = self.env["ticket.mail"].search([("folder", "like", "import")])
        return lines.ticket_id

    def test_files(self):
        """Each kind makes tickets, with what belongs together on one (R2)"""
        first = mail("Old wheel", "One\n\nFrom here on\n", message_id="<one@c.example>")
        second = mail("Re: Old wheel", in_reply_to="<one@c.example>")
        archived = io.BytesIO()
        with zipfile.ZipFile(archived, "w") as archive:
            archive.mkdir("a")
            archive.writestr("a/1.eml", mail("Zipped"))
            archive.writestr("readme.txt", b"no mail")
        found = {
            "old.mbox": mbox(first, second),
            "old.zip": archived.getvalue(),
            "one.eml": mail("Single"),
        }
        record = self.start(found, account_id=self.account.id)
        self.assertEqual((record.row_count, record.made_count), (5, 4))
        self.assertEqual(
            self.skipped(record), [("old.zip", 2, "“readme.txt” is no mail.")]
        )
        tickets = self.imported()
        self.assertEqual(
            sorted(tickets.mapped("name")), ["Old wheel", "Single", "Zipped"]
        )
        old = tickets.filtered(lambda ticket: ticket.name == "Old wheel")
        self.assertEqual(len(old._conversation()), 2)
        self.assertIn("From here on", old._conversation()[0].body)
        self.assertEqual(self.again(record), 4)

    def test_history(self):
        """Closed, as old as the mails, read; nobody is told, nobody answered (P5)"""
        self.account.write(
            {"autoresponder_active": True, "autoresponder_body": "<p>Hello</p>"}
        )
        before = self.env["mail.mail"].search_count([])
        self.take(mail("Old wheel"))
        [ticket] = self.imported()
        self.assertEqual(ticket.status_id, self.status["closed"])
        for name in ("create_date", "closed_on", "last_inbound", "last_message"):
            self.assertEqual(ticket[name], datetime(2026, 3, 2, 9), name)
        self.assertFalse(ticket.waiting_since or ticket.is_unread)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_open(self):
        """Without closing, the customer waits since the mail"""
        self.take(mail("Old wheel"), close_mails=False)
        [ticket] = self.imported()
        self.assertEqual(ticket.status_id, self.status["new"])
        self.assertEqual(ticket.waiting_since, datetime(2026, 3, 2, 9))
        self.assertFalse(ticket.closed_on)

    def test_live_ticket(self):
        """An old mail that joins a ticket of today leaves it as it is"""
        line = self.take_in(dated(3))
        ticket, message_id = line.ticket_id, line.message_id
        ticket.message_subscribe(self.agent.partner_id.ids)
        ticket.write({"status_id": self.status["open"].id, "is_unread": False})
        before = self.env["mail.notification"].search_count([])
        self.take(dated(2, in_reply_to=message_id))
        self.assertEqual(len(ticket._conversation()), 2)
        self.assertEqual(ticket.status_id, self.status["open"])
        self.assertFalse(ticket.is_unread)
        self.assertEqual(ticket.last_inbound, datetime(2026, 3, 3, 9))
        self.assertEqual(self.env["mail.notification"].search_count([]), before)
        self.take(dated(4, in_reply_to=message_id))
        self.assertEqual(ticket.last_inbound, datetime(2026, 3, 4, 9))
        self.assertEqual(ticket.status_id, self.status["open"])

    def test_both_directions(self):
        """Our answer joins the customer's mail as what we sent; known the next time"""
        first = dated(2, subject="Old wheel", message_id="<one@c.example>")
        answer = dated(
            3,
            subject="Re: Old wheel",
            sender="Support <support@test.example>",
            to="carla@customer.example",
            message_id="<two@test.example>",
            in_reply_to="<one@c.example>",
        )
        to_us = mail("Note to us", sender="support@test.example")
        record = self.take(first, answer, to_us, close_mails=False)
        self.assertEqual((record.made_count, self.skipped(record)), (3, []))
        ticket, other = self.imported().sorted("id")
        self.assertEqual(other.name, "Note to us")
        self.assertEqual(other._conversation().message_type, "email")
        self.assertFalse(ticket.related_ticket_ids)
        self.assertEqual(ticket._conversation()[-1].message_type, "comment")
        self.assertEqual(ticket.last_outbound, datetime(2026, 3, 3, 9))
        self.assertEqual(ticket.first_response, datetime(2026, 3, 3, 9))
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(self.again(record), 3)
        copy = self.start({"copy.mbox": mbox(answer)}, account_id=self.account.id)
        self.assertEqual((copy.known_count, self.skipped(copy)), (1, []))

    def thread(self):
        """The customer's question, our answer, the customer's thanks"""
        first = dated(9, subject="Old wheel", message_id="<one@c.example>")
        answer = dated(
            10,
            sender="Support <support@test.example>",
            to="carla@customer.example",
            message_id="<two@test.example>",
            in_reply_to="<one@c.example>",
        )
        thanks = dated(11, in_reply_to="<two@test.example>")
        return first, answer, thanks

    def assert_in_order(self):
        [ticket] = self.imported()
        history = ticket._conversation().sorted("id")
        self.assertEqual([message.date.day for message in history], [9, 10, 11])
        kinds = history.mapped("message_type")
        self.assertEqual(kinds, ["email", "comment", "email"])

    def test_order_of_files(self):
        """Whatever the order of the files, the history is in the order of the dates"""
        first, answer, thanks = self.thread()
        inbox, sent = mbox(first, thanks), mbox(answer)
        for found in (
            {"in.mbox": inbox, "sent.mbox": sent},
            {"sent.mbox": sent, "in.mbox": inbox},
            {"in.zip": zipped(thanks, first), "sent.mbox": sent},
            {"3.eml": thanks, "1.eml": first, "2.eml": answer},
            {"2.eml": answer, "in.mbox": inbox},
            {"in.mbox": mbox(thanks, first), "sent.mbox": sent},
            {"newest_first.mbox": mbox(thanks, answer, first)},
        ):
            with self.subTest(list(found)), self.env.cr.savepoint() as savepoint:
                record = self.start(found, account_id=self.account.id)
                self.assertEqual((record.made_count, self.skipped(record)), (3, []))
                self.assert_in_order()
                self.assertEqual(self.again(record), 3)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_interrupted(self):
        """P1: it goes on in the middle of several files, and takes nothing twice"""
        first, answer, thanks = self.thread()
        last = mail("Undated", date="gestern", message_id="<last@c.example>")
        found = {
            "sent.mbox": mbox(answer),
            "in.mbox": mbox(first, thanks, last),
            "b.eml": dated(20, subject="B"),
            "a.eml": dated(8, subject="A"),
        }
        record = self.prepare(found, account_id=self.account.id)
        record.action_read()

        def stop(cron, *_args, **_options):
            cron.env.cr.commit()
            return 0

        cron = patch.object(type(self.env["ir.cron"]), "_commit_progress", stop)
        batch = patch("odoo.addons.ticket_system.models.ticket_import_run.BATCH", 1)
        with cron, batch:
            for done in range(1, 7):
                self.assertNotEqual(record.state, "done")
                self.run_once(record)
                self.assertEqual((record.done_count, record.made_count), (done, done))
        self.assertEqual(record.state, "done")
        self.assertEqual(self.skipped(record), [])
        lines = self.env["ticket.mail"].search([("folder", "like", "import")])
        subjects = lines.sorted("id").mapped("subject")
        self.assertEqual(
            subjects,
            ["A", "Old wheel", "Broken wheel", "Broken wheel", "Undated", "B"],
        )

    def test_damaged_among_good(self):
        """P2: one that cannot be read on is given up alone, where it breaks"""
        first, answer, thanks = self.thread()
        found = {"in.mbox": mbox(first, thanks), "sent.mbox": mbox(answer)}
        found["x.zip"] = zipped(dated(1, subject="Zipped"))
        found["x.eml"] = dated(2, subject="Gone")
        record = self.prepare(found, account_id=self.account.id)
        record.action_read()
        damaged = record.attachment_ids.filtered(lambda file: file.name == "x.zip")
        damaged.sudo().raw = b"no archive"
        gone = "odoo.addons.ticket_system.models.ticket_import._opened"
        with patch(gone, without("x.eml")):
            self.run_once(record)
        self.assertEqual(
            self.skipped(record),
            [
                ("x.eml", 0, "The file is not there any more."),
                ("x.zip", 0, "The file is damaged: File is not a zip file."),
            ],
        )
        self.assertEqual((record.state, record.made_count), ("done", 3))
        self.assertEqual(sorted(record.position.values(), key=str), [1, 2, None, None])
        self.assert_in_order()

    def test_same_file_twice(self):
        """P1: each mail is taken once"""
        found = {"1.eml": mail("One", message_id="<one@c.example>")}
        found |= {"2.eml": found["1.eml"]}
        record = self.start(found, account_id=self.account.id)
        self.assertEqual((record.made_count, record.known_count), (1, 1))
        self.assertEqual(self.skipped(record), [])

    @mute_logger("odoo.addons.ticket_system.models.ticket_import_run")
    def test_failing_mail(self):
        """P2: it is skipped alone, with its file and number"""
        first, answer, thanks = self.thread()
        mails = type(self.env["ticket.mail"])
        take_in = mails._take_in_from

        def fail(model, account, sources, uidvalidity, raw_mails):
            if any(raw.raw.strip() == thanks.strip() for raw in raw_mails):
                raise ZeroDivisionError("thanks")
            return take_in(model, account, sources, uidvalidity, raw_mails)

        found = {"in.mbox": mbox(first, thanks), "sent.mbox": mbox(answer)}
        with patch.object(mails, "_take_in_from", fail):
            record = self.start(found, account_id=self.account.id)
        expected = [("in.mbox", 2, "ZeroDivisionError('thanks')")]
        self.assertEqual(self.skipped(record), expected)
        self.assertEqual(record.made_count, 2)

    def written_first(self, **headers):
        return dated(
            3,
            subject="We write first",
            sender="Support <support@test.example>",
            message_id="<ours@test.example>",
            **{
                "to": "support@test.example, Carla C. <Carla@customer.example>",
                **headers,
            },
        )

    def test_written_first(self):
        """R24: what we wrote first is a ticket of whom we wrote to, who joins it"""
        reply = dated(5, in_reply_to="<ours@test.example>")
        record = self.take(self.written_first())
        [ticket] = self.imported()
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.email_from, "carla@customer.example")
        self.assertEqual(ticket.partner_name, "Carla C.")
        self.assertEqual(ticket.status_id, self.status["closed"])
        message = ticket._conversation()
        self.assertEqual(message.message_type, "comment")
        self.assertFalse(message.author_id)
        self.assertIn("carla@customer.example", message.outgoing_email_to)
        for name in ("create_date", "closed_on", "last_outbound", "last_message"):
            self.assertEqual(ticket[name], datetime(2026, 3, 3, 9), name)
        self.assertFalse(
            ticket.last_inbound or ticket.waiting_since or ticket.is_unread
        )
        self.assertEqual(self.again(record), 1)
        self.take(self.written_first(), reply)
        self.assertEqual(self.imported(), ticket)
        self.assertEqual(len(ticket._conversation()), 2)
        self.assertEqual(ticket.last_inbound, datetime(2026, 3, 5, 9))

    def test_written_first_open(self):
        """Without closing, we wait for the customer, who may be unknown"""
        self.take(self.written_first(to="new@other.example"), close_mails=False)
        [ticket] = self.imported()
        self.assertEqual(ticket.status_id, self.status["waiting_customer"])
        self.assertEqual(ticket.email_from, "new@other.example")
        self.assertEqual(ticket.partner_name, "new@other.example")
        self.assertFalse(ticket.partner_id or ticket.waiting_since or ticket.is_unread)

    def test_written_first_and_answered(self):
        """Whose answer is in the same import waits; in a later one, all stays"""
        reply = dated(5, in_reply_to="<ours@test.example>")
        self.take(self.written_first(), reply, close_mails=False)
        [ticket] = self.imported()
        self.assertEqual(len(ticket._conversation()), 2)
        self.assertEqual(ticket.status_id, self.status["new"])
        self.assertEqual(ticket.waiting_since, datetime(2026, 3, 5, 9))
        self.assertTrue(ticket.is_unread)
        ticket.status_id = self.status["waiting_customer"]
        self.take(dated(6, in_reply_to="<ours@test.example>"), close_mails=False)
        self.assertEqual(len(ticket._conversation()), 3)
        self.assertEqual(ticket.status_id, self.status["waiting_customer"])

    def test_closed_long_ago(self):
        """Years later it still is one conversation"""
        self.env["ir.config_parameter"].set_param("ticket_system.reopen_days", "30")
        first = mail("Old wheel", message_id="<one@c.example>")
        with patch("odoo.addons.ticket_system.models.ticket_import_run.BATCH", 1):
            self.take(first, mail("Re: Old wheel", in_reply_to="<one@c.example>"))
        [ticket] = self.imported()
        self.assertEqual(len(ticket._conversation()), 2)

    def test_storm(self):
        """Many mails of one sender are no storm, neither then nor now"""
        self.env["ir.config_parameter"].set_param("ticket_system.storm_limit", "3")
        before = self.env["mail.activity"].search_count([])
        self.take(*(mail(f"Number {number}") for number in range(5)))
        line = self.take_in(mail("Today"))
        self.assertEqual(line.reason, "new")
        self.assertEqual(self.env["mail.activity"].search_count([]), before)

    def test_counts(self):
        """P1: received before is known; ignored and too large are told"""
        raw = mail("Once")
        self.take_in(raw)
        large = mail("Large", "x" * 5000)
        own = mail("Ours", sender="support@test.example", X_Ticket_System="x")
        with patch.object(files.mails, "__defaults__", (4000,)):
            record = self.take(raw, own, large, mail("New"))
        self.assertEqual((record.made_count, record.known_count), (1, 1))
        self.assertEqual(
            self.skipped(record),
            [
                ("old.mbox", 2, "Our own automatic answer"),
                ("old.mbox", 3, "The mail is too large."),
            ],
        )

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_broken(self):
        """P1: what is no mail, or cannot be understood, is skipped; each time anew"""
        broken = {"a.eml": b"", "b.eml": b"\0\1", "c.eml": mail("odd")}
        text_to_html = "odoo.addons.ticket_system.mailflow.text_html.text_to_html"
        with patch(text_to_html, side_effect=ValueError("odd")):
            record = self.start(broken, account_id=self.account.id)
        no_mail = "This is no mail: it does not begin with a header."
        expected = [
            ("a.eml", 1, no_mail),
            ("b.eml", 1, no_mail),
            ("c.eml", 1, "ValueError: odd"),
        ]
        self.assertEqual(self.skipped(record), expected)
        self.assertEqual(self.again(record), 0)
        self.assertEqual(self.skipped(record), expected)

    def test_tickets_of_the_import(self):
        record = self.take(mail("One"), mail("Two"))
        self.assertEqual(record.ticket_count, 2)
        action = record.action_open_tickets()
        found = self.env["ticket.ticket"].search(action["domain"])
        self.assertEqual(set(found.mapped("name")), {"One", "Two"})
        told = self.env["bus.bus"].search([("message", "like", "ticket_system.import")])
        self.assertTrue(told)


def dated(day, **headers):
    """A mail of that day in March"""
    return mail(**headers).replace(b", 02 Mar", b", %02d Mar" % day)


def zipped(*raws):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, raw in enumerate(raws):
            archive.writestr(f"{number}.eml", raw)
    return file.getvalue()


def without(name):
    """Opens all files but one"""

    def opened(file):
        if file.name == name:
            raise FileError(Term("The file is not there any more."))
        return io.BytesIO(file.raw)

    return opened
