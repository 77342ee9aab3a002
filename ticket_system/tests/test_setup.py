from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from .common import TicketCase


@tagged("post_install", "-at_install")
class TestSetup(TicketCase):
    """R61: a first start shows what to do"""

    def help_for(self, user):
        tickets = self.env["ticket.ticket"].with_user(user)
        tickets = tickets.with_context(lang=user.lang)
        return str(tickets.get_empty_list_help("<p>None</p>"))

    def test_first_start(self):
        self.env["fetchmail.server"].search([]).state = "draft"
        self.assertIn("ticket-accounts/new", self.help_for(self.administrator))
        self.assertNotIn("/odoo/users", self.help_for(self.administrator))
        self.assertIn("An administrator connects", self.help_for(self.agent))
        self.assertIn('aria-label="To do"', self.help_for(self.administrator))
        self.administrator.lang = "de_DE"
        self.assertIn('aria-label="Noch zu tun"', self.help_for(self.administrator))

    def test_connected(self):
        """Administrators see what is left to do until a customer was answered"""
        self.account.state = "done"
        self.env["ticket.ticket"].search([]).last_outbound = False
        self.assertIn("None", self.help_for(self.agent))
        self.assertIn("Four steps", self.help_for(self.administrator))
        self.new_ticket(last_outbound="2026-03-01 10:00:00")
        self.assertIn("None", self.help_for(self.administrator))

    def test_agents(self):
        """Invited is who sees the tickets of a queue"""
        tickets = self.env["ticket.ticket"].with_user(self.administrator)
        self.env["ticket.queue"].search([]).member_ids = self.administrator
        group = self.env.ref("ticket_system.group_agent_all")
        others = group.all_user_ids - self.administrator
        others.group_ids -= self.env.ref("ticket_system.group_administrator") | group
        self.assertFalse(tickets._has_agents())
        self.support.member_ids |= self.agent
        self.assertTrue(tickets._has_agents())

    def test_server(self):
        """Answers leave by a server that is entered here, or named to Odoo"""
        servers = self.env["ir.mail_server"]
        servers.search([]).active = False
        self.assertFalse(servers._ticket_is_set_up())
        with patch.dict(config.options, {"smtp_server": "mail.example"}):
            self.assertTrue(servers._ticket_is_set_up())
        servers.create({"name": "Ours", "smtp_host": "mail.example"})
        self.assertTrue(servers._ticket_is_set_up())

    def test_help_as_of_now(self):
        """R61: what the page asks for when one comes back to it"""
        self.env["fetchmail.server"].search([]).state = "draft"
        tickets = self.env["ticket.ticket"]
        for user, told in (
            (self.administrator, "Four steps"),
            (self.agent, "An administrator connects"),
        ):
            self.assertIn(told, tickets.with_user(user).current_help())
        self.account.state = "done"
        self.assertIn("No ticket", tickets.with_user(self.agent).current_help())

    def test_departments(self):
        """Three queues in one click, twice without harm"""
        for queue in self.env["ticket.queue"].search([]):
            queue.code = f"old{queue.id}"
        self.env.flush_all()
        tickets = self.env["ticket.ticket"].with_user(self.administrator)
        for _turn in range(2):
            tickets.action_create_departments()
        codes = ["accounting", "sales", "support"]
        found = self.env["ticket.queue"].search([("code", "in", codes)])
        self.assertEqual(sorted(found.mapped("code")), codes)
