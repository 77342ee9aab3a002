from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import TicketCase

SPECIFICATION = {"name": {}, "queue_id": {"fields": {"display_name": {}}}}


@tagged("post_install", "-at_install")
class TestHandover(TicketCase):
    """Threat 27: a ticket goes to colleagues whose tickets one does not see"""

    def setUp(self):
        super().setUp()
        self.ticket = self.new_ticket(queue_id=self.support.id)
        self.mine = self.ticket.with_user(self.agent)
        self.env.cr.flush()

    def save(self, ticket, **values):
        [row] = ticket.web_save(values, SPECIFICATION)
        self.env.cr.flush()
        self.env.invalidate_all()
        return row

    def test_to_another_queue(self):
        row = self.save(self.mine, queue_id=self.accounting.id)
        self.assertEqual(row["queue_id"]["id"], self.support.id, "as it was")
        self.assertEqual(self.ticket.queue_id, self.accounting)
        with self.assertRaises(AccessError):
            self.mine.read(["name"])
        log = self.ticket.message_ids.tracking_value_ids
        self.assertIn("Accounting", log.mapped("new_value_char"))

    def test_agent_stays_behind(self):
        """Who does not see the queue is no longer the agent, unless they alone may"""
        hall = self.env["ticket.queue"].create({"name": "Hall", "code": "thall"})
        for queue, values, agent in (
            (self.accounting, {}, self.other_agent),
            (hall, {}, self.env["res.users"]),
            (self.accounting, {"user_id": False}, self.other_agent),
            (hall, {"is_private": True}, self.agent),
            (hall, {"user_id": self.administrator.id}, self.administrator),
        ):
            with self.subTest(queue.name, **values):
                values = {"user_id": self.agent.id, **values}
                ticket = self.new_ticket(queue_id=self.support.id, **values)
                self.save(ticket.with_user(self.agent), queue_id=queue.id)
                self.assertEqual(ticket.user_id, agent)

    def test_agent_of_another_company(self):
        """P10: they would not see it there, whatever their rights"""
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.env["ticket.queue"].create(
            {"name": "Theirs", "code": "ttheirs", "company_id": other.id}
        )
        group = self.env.ref("ticket_system.group_agent_all")
        (self.agent | self.administrator).group_ids |= group
        self.administrator.company_ids |= other
        for agent, expected in (
            (self.agent, self.env["res.users"]),
            (self.administrator, self.administrator),
        ):
            ticket = self.new_ticket(queue_id=self.support.id, user_id=agent.id)
            ticket.with_user(self.administrator).queue_id = theirs
            self.assertEqual(ticket.user_id, expected)

    def test_private_is_seen(self):
        """R35: a private ticket that would be nobody's is of who makes or moves it"""
        hall = self.env["ticket.queue"].create({"name": "Hall", "code": "thall"})
        new = self.env["ticket.ticket"].with_user(self.agent)
        for queue, agent in (
            (self.env["ticket.queue"], self.agent),
            (hall, self.agent),
            (self.accounting, self.other_agent),
        ):
            values = {"name": "x", "is_private": True, "queue_id": queue.id}
            ticket = new.create(values).with_env(self.env)
            self.assertEqual(ticket.user_id, agent, queue.name)
        mine = new.create({"name": "x", "is_private": True})
        self.assertEqual(mine.copy().user_id, self.agent)
        theirs = ticket.with_user(self.other_agent)
        with self.assertRaisesRegex(UserError, "Nobody would see"):
            theirs.write({"queue_id": hall.id, "user_id": False})
        theirs.action_give_back()
        self.save(theirs, queue_id=hall.id)
        self.assertEqual(ticket.user_id, self.other_agent)

    def test_private_to_a_colleague(self):
        self.save(self.mine, is_private=True, user_id=self.agent.id)
        self.save(self.mine, user_id=self.other_agent.id)
        self.assertEqual(self.ticket.user_id, self.other_agent)
        self.assertFalse(self.mine._filtered_access("read"))

    def test_private_to_nobody(self):
        """It would be out of everybody's reach; not where a responsible sees it"""
        self.save(self.mine, is_private=True)
        for lose in (
            self.mine.action_give_back,
            lambda: self.mine.write({"user_id": 0}),
        ):
            with self.assertRaisesRegex(UserError, "Nobody would see"):
                lose()
        self.assertEqual(self.ticket.user_id, self.agent)
        self.save(self.mine, user_id=False, is_private=False)
        self.assertFalse(self.ticket.user_id)

    def test_made_for_others(self):
        """R69: a call that is for another department"""
        new = self.env["ticket.ticket"].with_user(self.agent)
        row = self.save(new, name="Invoice?", queue_id=self.accounting.id)
        self.assertEqual([*row], ["id"])
        made = self.ticket.browse(row["id"])
        self.assertEqual(made.queue_id, self.accounting)
        self.assertEqual(made.user_id, self.other_agent, "the responsible")

    def test_within_reach(self):
        row = self.save(self.mine, user_id=self.other_agent.id)
        self.assertEqual(row["name"], self.ticket.name)

    def test_no_way_in(self):
        """Who does not see a ticket learns nothing of it by saving"""
        foreign = self.ticket.with_user(self.other_agent)
        with self.assertRaises(AccessError):
            self.save(foreign, queue_id=self.accounting.id)

    def test_agents_offered(self):
        """Only who can see tickets, those of the company, is given any"""
        users = self.env["res.users"].with_user(self.agent)
        domain = self.env["ticket.ticket"].fields_get(["user_id"])["user_id"]["domain"]
        agents = self.agent | self.other_agent | self.administrator
        other = self.env["res.company"].create({"name": "Other"})
        self.other_agent.company_ids |= other
        for company, expected in (
            (self.env["res.company"], agents),
            (self.env.company, agents),
            (other, self.other_agent),
        ):
            offered = users.search(safe_eval(domain, {"company_id": company.id}))
            self.assertEqual(offered & (agents | self.employee), expected)
