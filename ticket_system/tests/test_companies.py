from odoo.tests import tagged

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestCompanies(TicketCase):
    """P1, P10: mails to several companies of one database"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.here = cls.env.company
        cls.there = cls.env["res.company"].create({"name": "Other"})
        cls.support.company_id = cls.here
        cls.their_queue = cls.env["ticket.queue"].create(
            {"name": "Theirs", "code": "ttheirs", "company_id": cls.there.id}
        )
        cls.their_account = cls._make_account("info@other.example", cls.their_queue)

    def take_in_both(self, raw):
        """What came of one mail to both companies: two ledger lines."""
        return self.take_in(raw) | self.take_in(raw, account=self.their_account)

    def test_mail_to_both(self):
        """Each company has a ticket of it, each goes on in its own, and no mail is
        twice in a ticket"""
        raw = mail(message_id="<first@customer.example>")
        ours, theirs = self.take_in_both(raw).ticket_id
        self.assertEqual(ours.company_id, self.here)
        self.assertEqual(theirs.company_id, self.there)
        again = self.take_in(raw) | self.take_in(raw, account=self.their_account)
        self.assertEqual(set(again.mapped("state")), {"duplicate"})
        self.assertEqual(again.ticket_id, ours | theirs)
        more = mail(body="More.", in_reply_to="<first@customer.example>")
        lines = self.take_in_both(more)
        self.assertEqual(lines.mapped("state"), ["done", "done"])
        self.assertEqual(lines.ticket_id, ours | theirs)

    def test_answer_to_both(self):
        """What answers one company and goes to another as well joins its ticket once"""
        [ticket] = self.take_in(mail(message_id="<first@customer.example>")).ticket_id
        lines = self.take_in_both(mail(in_reply_to="<first@customer.example>"))
        self.assertEqual(lines.mapped("state"), ["done", "duplicate"])
        self.assertEqual(lines.ticket_id, ticket)

    def test_general_account(self):
        """Which of two accounts is fetched first does not matter"""
        general = self._make_account("info@test.example")
        self.env["ticket.rule"].create(
            {"name": "Wheels", "subject": "wheel", "queue_id": self.support.id}
        )
        for order in ((self.account, general), (general, self.account)):
            raw = mail()
            first, second = (self.take_in(raw, account=account) for account in order)
            self.assertEqual((first.state, second.state), ("done", "duplicate"))
            self.assertEqual(first.ticket_id, second.ticket_id)

    def test_accounts_of_one_company(self):
        """Where all see the first ticket, it is the only one"""
        other = self._make_account("sales@test.example", self.support)
        raw = mail()
        line = self.take_in(raw)
        self.assertEqual(self.take_in(raw, account=other).state, "duplicate")
        line.ticket_id.unlink()
        for account, state in (
            (self.account, "duplicate"),
            (other, "duplicate"),
            (self.their_account, "done"),
        ):
            self.assertEqual(self.take_in(raw, account=account).state, state)

    def test_rule_into_another(self):
        """A ticket is of one company, with its customer, wherever rules lead it"""
        ours, theirs = self.project, self.project.copy()
        ours.company_id, theirs.company_id = self.here, self.there
        self.account.ticket_project_id = ours
        self.support.user_id = self.agent
        self.customer.company_id = self.here
        contact = self.customer.copy({"company_id": self.there.id})
        contact.email = self.customer.email
        rules = self.env["ticket.rule"].create(
            [
                {
                    "name": "queue",
                    "subject": "invoice",
                    "queue_id": self.their_queue.id,
                },
                {"name": "project", "subject": "bill", "project_id": theirs.id},
                {"name": "other project", "subject": "ours", "project_id": ours.id},
                {"name": "mark", "subject": "urgent", "priority": "1"},
            ]
        )
        no_project, no_queue = ours.browse(), self.support.browse()
        for subject, queue, project, partner in (
            ("urgent", self.support, ours, self.customer),
            ("invoice", self.their_queue, no_project, contact),
            ("bill", no_queue, theirs, contact),
            ("invoice, bill", self.their_queue, theirs, contact),
            ("invoice, ours", self.their_queue, no_project, contact),
        ):
            with self.subTest(subject):
                line = self.take_in(mail(subject))
                ticket = line.ticket_id
                self.assertEqual((ticket.queue_id, ticket.project_id), (queue, project))
                self.assertEqual(ticket.company_id, partner.company_id)
                self.assertEqual(ticket.partner_id, partner)
                self.assertEqual(line.mail_message_id.author_id, partner)
                self.assertEqual(ticket.user_id, queue.user_id)
        self.assertFalse(any(rules.mapped("last_error")))
