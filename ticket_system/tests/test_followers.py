from odoo.tests import new_test_user, tagged

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestFollowers(TicketCase):
    """Threat 27: who may no longer read a ticket is told no more about it"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Other"})
        cls.colleague = new_test_user(
            cls.env,
            "test_colleague",
            "ticket_system.group_agent_all",
            email="colleague@test.example",
        )
        cls.ticket = cls.new_ticket(cls)
        cls.ticket.user_id = cls.agent
        cls.ticket.message_subscribe((cls.colleague.partner_id | cls.customer).ids)

    def told(self, *, partners=()):
        """Who gets a new message of the ticket, by whatever way"""
        message = self.ticket.message_post(
            body="Secret",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.ref("base.partner_root").id,
            partner_ids=[partner.id for partner in partners],
        )
        return message.notification_ids.res_partner_id

    def take_away(self):
        """{what happened: how the agent loses the ticket}"""
        accounting = self.accounting.id
        return {
            "queue": {"queue_id": accounting, "user_id": False},
            "agent": {"queue_id": accounting, "user_id": self.other_agent.id},
            "private": {"is_private": True, "user_id": self.other_agent.id},
            "company": {"company_id": self.company.id},
        }

    def test_assigned_agent_follows(self):
        everybody = (self.agent | self.colleague).partner_id | self.customer
        self.assertEqual(self.ticket.message_partner_ids, everybody)
        self.assertEqual(self.told(), everybody)

    def test_answers_go_to_their_recipients(self):
        """Threat 7: a customer who follows gets no answer to others, and theirs once"""
        for address in ("supplier@test.example", self.customer.email):
            message = self.ticket.with_user(self.agent)._send_reply(
                subject="Wheels",
                body="What do you pay?",
                email_to=address,
                status=self.status["open"],
            )
            told = message.sudo().notification_ids
            self.assertEqual(told.res_partner_id, self.colleague.partner_id)
            self.assertEqual(
                message.sudo().mail_ids.filtered("email_to").email_to, address
            )

    def test_no_longer_followed(self):
        for what, values in self.take_away().items():
            with self.subTest(what), self.env.cr.savepoint() as savepoint:
                self.ticket.write(values)
                followers = self.ticket.message_partner_ids
                self.assertNotIn(self.agent.partner_id, followers)
                self.assertIn(self.customer, followers)
                self.assertEqual(
                    self.colleague.partner_id in followers, what in ("queue", "agent")
                )
                self.assertNotIn(self.agent.partner_id, self.told())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_still_followed(self):
        """Who keeps access keeps following, whoever is the agent"""
        before = self.ticket.message_partner_ids
        self.ticket.user_id = False
        self.ticket.write({"is_private": True, "user_id": self.agent.id})
        self.assertIn(self.agent.partner_id, self.ticket.message_partner_ids)
        self.ticket.write({"is_private": False, "queue_id": self.accounting.id})
        self.assertLessEqual(
            before - self.colleague.partner_id, self.ticket.message_partner_ids
        )

    def test_many_at_once(self):
        """Few statements for many tickets, and those that stay readable are kept"""
        tickets = self.env["ticket.ticket"].create(
            [
                {"name": f"Ticket {n}", "user_id": self.agent.id, "queue_id": queue.id}
                for n in range(50)
                for queue in (self.support, self.accounting)
            ]
        )
        self.env.flush_all()
        with self.assertQueryCount(70):
            tickets.user_id = False
            self.env.flush_all()
        for ticket in tickets:
            self.assertEqual(
                self.agent.partner_id in ticket.message_partner_ids,
                ticket.queue_id == self.support,
            )

    def test_queue_left(self):
        """Nothing on the ticket changes: it is found out when there is news"""
        self.ticket.user_id = False
        self.assertIn(self.agent.partner_id, self.told())
        self.support.member_ids -= self.agent
        self.assertIn(self.agent.partner_id, self.ticket.message_partner_ids)
        self.assertEqual(self.told(), self.colleague.partner_id | self.customer)
        self.colleague.group_ids = self.env.ref("base.group_user")
        self.assertEqual(self.told(), self.customer)

    def test_left_the_company(self):
        """An archived user is no customer either"""
        self.agent.active = False
        self.assertNotIn(self.agent.partner_id, self.told())

    def test_named_in_a_message(self):
        """Neither does it help to be addressed; who did so learns that"""
        outsiders = (self.other_agent | self.employee).partner_id
        self.env["bus.bus"].search([]).unlink()
        self.assertFalse(self.told(partners=outsiders) & outsiders)
        self.env.cr.flush()
        told = self.env["bus.bus"].search([("message", "like", "Not told")])
        self.assertIn(self.other_agent.name, told.message)

    def test_another_company(self):
        """P10: companies that the writer has not chosen do not count"""
        self.colleague.company_ids += self.company
        self.ticket.company_id = self.company
        self.assertIn(self.colleague.partner_id, self.ticket.message_partner_ids)
        here = self.env.company.ids
        self.ticket = self.ticket.with_context(allowed_company_ids=here)
        self.assertIn(self.colleague.partner_id, self.told())

    def test_mail_arrives(self):
        """Nothing of the customer's next mail reaches who lost the ticket"""
        line = self.take_in(mail())
        ticket = line.ticket_id
        ticket.user_id = self.agent
        first = self.take_in(mail(f"Re: #{ticket.number}", "I wait")).mail_message_id
        self.assertEqual(first.notification_ids.res_partner_id, self.agent.partner_id)
        ticket.write({"queue_id": self.accounting.id, "user_id": False})
        ticket.message_subscribe(self.agent.partner_id.ids)
        second = self.take_in(mail(f"Re: #{ticket.number}", "Secret")).mail_message_id
        self.assertEqual(second.res_id, ticket.id)
        self.assertFalse(second.notification_ids)
        messages = self.env["mail.message"].with_user(self.agent)
        self.assertFalse(messages.search([("id", "=", second.id)]))
        self.assertFalse(second.with_user(self.agent).has_access("read"))
