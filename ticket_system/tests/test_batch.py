from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import TicketCase


@tagged("post_install", "-at_install")
class TestBatch(TicketCase):
    """R33-R37, P9: many tickets in one step, and back again"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tickets = cls.env["ticket.ticket"].create(
            [
                {
                    "name": f"Ticket {n}",
                    "queue_id": cls.support.id,
                    "status_id": cls.status[code].id,
                    "priority": priority,
                    "user_id": user.id,
                    "is_unread": True,
                }
                for n, (code, priority, user) in enumerate(
                    (
                        ("new", "0", cls.env["res.users"]),
                        ("open", "1", cls.agent),
                        ("clarify", "0", cls.agent),
                    )
                )
            ]
        )
        cls.fields = ["status_id", "priority", "user_id", "is_private", "is_unread"]

    def undo(self, result):
        """As the notification's button does"""
        model, method, args = result["params"]["undo"]
        getattr(self.env[model], method)(*args)

    def state(self):
        return self.tickets.read(self.fields, load="")

    @users("test_agent")
    def test_each_can_be_undone(self):
        tickets = self.tickets.with_env(self.env)
        for action, changed in {
            "action_trash": ("status_id", self.status["trash"].id),
            "action_close": ("status_id", self.status["closed"].id),
            "action_reopen": ("status_id", self.status["open"].id),
            "action_archive_unread": ("status_id", self.status["closed"].id),
            "action_mark_private": ("is_private", True),
            "action_mark_personal": ("user_id", self.agent.id),
            "action_mark_priority": ("priority", "1"),
            "action_unmark_priority": ("priority", "0"),
            "action_give_back": ("user_id", False),
            "action_take": ("user_id", self.agent.id),
        }.items():
            with self.subTest(action):
                before = self.state()
                result = getattr(tickets, action)()
                field, value = changed
                self.assertEqual({row[field] for row in self.state()}, {value})
                self.assertIn("3 tickets", result["params"]["message"])
                self.undo(result)
                self.assertEqual(self.state(), before)

    def test_undo_of_closing(self):
        """Who waited goes on waiting since when they did, whatever did not leave"""
        first, failed, closed = self.tickets
        first.waiting_since = "2026-01-05 09:00:00"
        failed.write(
            {
                "last_outbound": fields.Datetime.now(),
                "waiting_since": "2026-01-06 09:00:00",
            }
        )
        closed.status_id = self.status["closed"]
        closed.closed_on = "2026-01-07 09:00:00"
        mine = self.tickets.with_user(self.agent)
        times = mine.read(["waiting_since", "closed_on"])
        for action in ("action_close", "action_reopen", "action_trash", "action_take"):
            with self.subTest(action):
                self.undo(getattr(mine, action)())
                self.assertEqual(mine.read(["waiting_since", "closed_on"]), times)

    @users("test_agent")
    def test_unread_only(self):
        """R34: what was opened stays"""
        self.tickets[0].is_unread = False
        self.tickets.with_env(self.env).action_archive_unread()
        self.assertEqual(
            self.tickets.mapped("is_closed"),
            [False, True, True],
        )

    def test_logged_at_once(self):
        """R64: each ticket tells who changed what, by few statements for all"""
        tickets = self.env["ticket.ticket"].create(
            [{"name": f"Spam {n}", "queue_id": self.support.id} for n in range(300)]
        )
        self.env.cr.flush()
        tickets = tickets.with_user(self.agent)
        with self.assertQueryCount(60):
            tickets.action_trash()
            self.env.cr.flush()
        for ticket in tickets:
            values = ticket.message_ids[0].sudo().tracking_value_ids
            self.assertEqual(ticket.message_ids[0].author_id, self.agent.partner_id)
            self.assertEqual(values.mapped("new_value_char"), ["Trash"])

    def test_rights(self):
        """Neither the batch nor its undo reaches a ticket of another queue"""
        tickets = self.tickets.with_user(self.other_agent)
        foreign = self.new_ticket(queue_id=self.accounting.id)
        with self.assertRaises(AccessError):
            (tickets | foreign).action_close()
        undo = [({"is_private": True}, self.tickets.ids, {"is_private": False})]
        with self.assertRaises(AccessError):
            tickets.browse().action_undo(undo)
        self.assertFalse(any(self.tickets.mapped("is_private")))

    def test_undo_too_late(self):
        """What a colleague did meanwhile stays"""
        self.tickets.status_id = self.status["open"]
        result = self.tickets.with_user(self.agent).action_close()
        self.tickets[0].status_id = self.status["clarify"]
        model, method, args = result["params"]["undo"]
        told = getattr(self.env[model].with_user(self.agent), method)(*args)
        self.assertIn(self.tickets[0].number, told["params"]["message"])
        self.assertEqual(
            [t.status_id.code for t in self.tickets], ["clarify", "open", "open"]
        )

    @users("test_agent")
    def test_undo_writes_nothing_else(self):
        self.env["ticket.ticket"].action_undo([({"name": "x"}, self.tickets.ids, {})])
        self.assertEqual(self.tickets[0].name, "Ticket 0")

    @users("test_agent")
    def test_next_ticket(self):
        """The one that waits longest, that nobody else works on"""
        for ticket, since in zip(
            self.tickets, ("2026-03-02", "2026-03-01", "2026-03-03"), strict=True
        ):
            ticket.write({"waiting_since": since, "priority": "0"})
        self.env["ticket.ticket"].search(
            [("id", "not in", self.tickets.ids)]
        ).sudo().waiting_since = False
        first, second, third = self.tickets[1], self.tickets[0], self.tickets[2]
        self.assertEqual(self.after(first), second)
        self.assertEqual(self.after(second), third)
        self.assertEqual(self.after(third), first, "round again")
        second.status_id = self.status["waiting_customer"]
        second.last_inbound = "2026-03-02"
        self.assertEqual(self.after(second), third, "answered meanwhile")
        third.priority = "1"
        self.assertEqual(self.after(third), first)
        first.user_id = self.other_agent
        with self.assertRaises(UserError):
            self.after(third)

    def after(self, ticket):
        action = ticket.with_env(self.env).action_next()
        return self.env["ticket.ticket"].browse(action["params"]["res_id"])

    def test_many(self):
        """The number of statements does not grow with the tickets"""

        def cost(count):
            tickets = self.env["ticket.ticket"].create(
                [{"name": f"t{n}", "queue_id": self.support.id} for n in range(count)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            tickets.with_user(self.agent).action_close()
            self.env.flush_all()
            return self.cr.sql_log_count - start

        cost(5)
        self.assertLess(cost(200), cost(20) + 10)


@tagged("post_install", "-at_install")
class TestCustomer(TicketCase):
    """R38, R59: the customer beside the ticket"""

    def test_make_customer(self):
        ticket = self.new_ticket(
            partner_id=False, email_from="Ina@Ilg.example", partner_name="Ina Ilg"
        )
        other, later = (
            self.new_ticket(partner_id=False, email_from="ina@ilg.example")
            for _turn in range(2)
        )
        ticket.email_from = other.email_from
        later.email_from = "someone@else.example"
        self.assertTrue(ticket.is_new_address)
        self.env["res.lang"]._activate_lang("de_DE")
        ticket.with_context(lang="de_DE").action_create_customer()
        self.assertEqual(ticket.partner_id.email_normalized, "ina@ilg.example")
        self.assertEqual(ticket.partner_id.lang, "de_DE")
        self.assertFalse(ticket.is_new_address)
        self.assertEqual(other.partner_id, ticket.partner_id)
        self.assertFalse(later.partner_id)
        later.email_from = "Ina@ilg.example"
        later.action_set_customer()
        self.assertEqual(later.partner_id, ticket.partner_id)

    def test_add_address(self):
        """A new colleague of a known customer becomes their contact"""
        ticket = self.new_ticket(email_from="colleague@customer.example")
        self.assertTrue(ticket.is_new_address)
        ticket.action_create_customer()
        self.assertEqual(ticket.partner_id.parent_id, self.customer)
        self.assertEqual(ticket.commercial_partner_id, self.customer)

    def test_other_tickets(self):
        ticket, other = self.new_ticket(), self.new_ticket()
        foreign = self.new_ticket(queue_id=self.accounting.id)
        seen = ticket.with_user(self.agent)
        self.assertEqual(seen.customer_ticket_ids, other)
        self.assertEqual(seen.customer_ticket_count, 1)
        self.assertIn(foreign, ticket.customer_ticket_ids)

    def test_merged_contacts(self):
        """Merging two contacts keeps their tickets"""
        twin = self.env["res.partner"].create({"name": "Carla", "email": "c@x.example"})
        ticket = self.new_ticket(partner_id=twin.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((twin | self.customer).ids, self.customer)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.commercial_partner_id, self.customer)
