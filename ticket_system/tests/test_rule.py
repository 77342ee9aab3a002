from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestRule(TicketCase):
    def rule(self, **values):
        return self.env["ticket.rule"].create({"name": "rule", **values})

    def test_actions(self):
        """R57: queue, customer, marks, tags, project, agent"""
        tag = self.env["ticket.tag"].create({"name": "Wheel"})
        partner = self.env["res.partner"].create({"name": "Big Customer"})
        self.rule(
            subject="broken%wheel",
            queue_id=self.accounting.id,
            partner_id=partner.id,
            tag_ids=tag.ids,
            priority="1",
            is_private=True,
            is_gdpr=True,
        )
        ticket = self.take_in(mail(subject="My BROKEN front wheel")).ticket_id
        self.assertEqual(ticket.queue_id, self.accounting)
        self.assertEqual(ticket.user_id, self.other_agent)
        self.assertEqual(ticket.partner_id, partner)
        self.assertEqual(ticket.tag_ids, tag)
        self.assertEqual((ticket.priority, ticket.is_private), ("1", True))
        self.assertTrue(ticket.is_gdpr)
        self.assertNotEqual(
            self.take_in(mail(subject="another thing")).ticket_id.queue_id,
            self.accounting,
        )

    def test_order_and_stop(self):
        """R58: in order; a rule may be the last one"""
        other = self.env["ticket.queue"].create({"name": "Other", "code": "tother"})
        self.rule(sequence=1, sender="@customer.example", queue_id=self.accounting.id)
        last = self.rule(sequence=2, subject="wheel", queue_id=other.id)
        ticket = self.take_in(mail()).ticket_id
        self.assertEqual(ticket.queue_id, other)
        self.assertFalse(ticket.user_id, "the other queue has no responsible")
        self.env["ticket.rule"].search([], limit=1).stop = True
        self.assertEqual(self.take_in(mail()).ticket_id.queue_id, self.accounting)
        last.active = False

    def test_agent_of_a_rule(self):
        """R58: who is named stays, until a responsible comes; private ones are seen"""
        other = self.env["ticket.queue"].create({"name": "Other", "code": "tother"})
        named = {"subject": "wheel", "user_id": self.agent.id}
        moved = {"subject": "wheel", "queue_id": other.id}
        self.account.ticket_queue_id = self.accounting
        for rules, agent in (
            ([moved], self.env["res.users"]),
            ([named, moved], self.agent),
            ([moved, named], self.agent),
            (
                [named, moved, {**moved, "queue_id": self.accounting.id}],
                self.other_agent,
            ),
            ([{**moved, "is_private": True}], self.other_agent),
        ):
            with self.env.cr.savepoint() as savepoint:
                for sequence, values in enumerate(rules):
                    self.rule(sequence=sequence, **values)
                self.assertEqual(self.take_in(mail()).ticket_id.user_id, agent, rules)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_spam_and_ignore(self):
        """R57: spam goes to the trash, ignored mails stay in the ledger"""
        self.rule(sender="spam@%", is_spam=True)
        self.rule(sender="noise@%", ignore=True)
        spam, noise = self.take_in(
            mail(sender="spam@x.example"), mail(sender="noise@x.example")
        )
        self.assertEqual(spam.ticket_id.status_id.code, "trash")
        self.assertFalse(spam.ticket_id.waiting_since)
        self.assertTrue(spam.ticket_id.closed_on)
        self.assertEqual((noise.state, noise.reason), ("ignored", "rule"))
        self.assertFalse(noise.ticket_id)
        self.assertTrue(noise.raw_attachment_id)

    def test_refused(self):
        """R56: without a condition or an action, or with a broken pattern"""
        for values in (
            {"is_spam": True},
            {"subject": "news%"},
            {"subject": "(", "use_regex": True, "is_spam": True},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.rule(**values)

    def test_endless_pattern(self):
        """Threat 29: it is left out, says so, and the mail is taken in"""
        rule = self.rule(subject=r"(a|aa)+$", use_regex=True, is_spam=True)
        line = self.take_in(mail(subject="a" * 60 + "!"))
        self.assertEqual(line.ticket_id.status_id.code, "new")
        self.assertIn("too long", rule.last_error)
        rule.name = "Spam"
        self.assertTrue(rule.last_error)
        rule.subject = "a+!"
        self.assertFalse(rule.last_error)

    def test_button(self):
        """The Test button shows what would have been caught"""
        caught, _other = self.take_in(mail(subject="news 1"), mail(subject="order"))
        action = self.rule(subject="news%", is_spam=True).action_test()
        found = self.env["ticket.mail"].search(action["domain"])
        self.assertIn(caught, found)
        self.assertNotIn(_other, found)

    def test_from_a_ticket(self):
        """R63: the conditions are filled in, and the ticket's mail meets them"""
        line = self.take_in(mail(subject="Re: Newsletter 7"))
        action = line.ticket_id.action_make_rule()
        rule = self.env["ticket.rule"].with_context(**action["context"])
        rule = rule.create({"is_private": True})
        self.assertEqual((rule.sender, rule.subject), (line.email_from, False))
        again = self.take_in(mail(subject="Newsletter 8"))
        self.assertTrue(again.ticket_id.is_private)
