from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TicketCase

SET_UP_MODELS = (
    "ticket.queue",
    "ticket.status",
    "ticket.tag",
    "ticket.template.category",
    "fetchmail.server",
)
SET_UP_MENUS = (
    "menu_configuration",
    "menu_accounts",
    "menu_queue_setup",
    "menu_templates",
    "menu_tags",
    "menu_statuses",
    "menu_mails",
)


@tagged("post_install", "-at_install")
class TestSecurity(TicketCase):
    def test_set_up_menus(self):
        """R6: set-up menus are seen by administrators only"""
        menus = [self.env.ref(f"ticket_system.{name}") for name in SET_UP_MENUS]
        for user, expected in ((self.agent, False), (self.administrator, True)):
            visible = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            for menu in menus:
                with self.subTest(user=user.login, menu=menu.name):
                    self.assertEqual(menu.id in visible, expected)

    def test_set_up_by_url(self):
        """R6: the page behind a set-up menu is refused, not only hidden"""
        for name in SET_UP_MENUS[1:]:
            action = self.env.ref(f"ticket_system.{name}").action
            with self.subTest(name), self.assertRaises(AccessError):
                action.with_user(self.agent).sudo()._get_action_dict()
            self.assertTrue(
                action.with_user(self.administrator).sudo()._get_action_dict()
            )

    def test_set_up_by_rpc(self):
        """R6: an agent changes nothing of the set-up, by no call"""
        for model in SET_UP_MODELS:
            for operation in ("create", "write", "unlink"):
                with self.subTest(model=model, operation=operation):
                    self.assertFalse(
                        self.env[model].with_user(self.agent).has_access(operation)
                    )
                    self.assertTrue(
                        self.env[model]
                        .with_user(self.administrator)
                        .has_access(operation)
                    )

    def test_password_is_secret(self):
        """Threat 25: no agent reads a password, searches by it or sees the field"""
        Account = self.env["fetchmail.server"].with_user(self.agent)
        with self.assertRaises(AccessError):
            Account.browse(self.account.id).read(["password"])
        with self.assertRaises(AccessError):
            Account.search([("password", "=", "secret")])
        self.assertNotIn(
            "password",
            self.env["fetchmail.server"].with_user(self.employee).fields_get(),
        )

    def test_foreign_queue(self):
        """R8, threat 27: tickets of other queues are neither seen nor reached"""
        foreign = self.new_ticket(queue_id=self.accounting.id)
        Ticket = self.env["ticket.ticket"].with_user(self.agent)
        self.assertFalse(Ticket.search([("id", "=", foreign.id)]))
        with self.assertRaises(AccessError):
            Ticket.browse(foreign.id).read(["name"])
        with self.assertRaises(AccessError):
            Ticket.browse(foreign.id).write({"name": "mine"})

    def test_membership_counts_at_once(self):
        """R8: a new member sees the queue's tickets without a restart"""
        foreign = self.new_ticket(queue_id=self.accounting.id)
        Ticket = self.env["ticket.ticket"].with_user(self.agent)
        self.assertFalse(Ticket.search([("id", "=", foreign.id)]))
        self.accounting.member_ids += self.agent
        self.assertTrue(Ticket.search([("id", "=", foreign.id)]))

    def test_no_queue_is_for_all(self):
        """R12"""
        ticket = self.new_ticket(queue_id=False)
        for agent in (self.agent, self.other_agent):
            found = (
                self.env["ticket.ticket"]
                .with_user(agent)
                .search([("id", "=", ticket.id)])
            )
            self.assertEqual(found.ids, ticket.ids)

    def test_private(self):
        """R35: a private ticket is seen by its agent and administrators only"""
        self.support.member_ids += self.other_agent
        ticket = self.new_ticket(is_private=True, user_id=self.agent.id)
        seen_by = {
            user.login
            for user in (self.agent, self.other_agent, self.administrator)
            if self.env["ticket.ticket"]
            .with_user(user)
            .search([("id", "=", ticket.id)])
        }
        self.assertEqual(seen_by, {"test_agent", "test_administrator"})

    def test_employees_see_nothing(self):
        for model in (
            "ticket.ticket",
            "ticket.queue",
            "ticket.mail",
            "ticket.template",
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.employee).search([])

    def test_ledger_is_for_administrators(self):
        """Raw mails are read by administrators only, whichever way"""
        line = self.take_in(b"From: a@b.example\nSubject: x\n\nx")
        with self.assertRaises(AccessError):
            line.with_user(self.agent).read(["subject"])
        with self.assertRaises(AccessError):
            line.raw_attachment_id.with_user(self.agent).read(["raw"])
        self.assertTrue(line.raw_attachment_id.with_user(self.administrator).raw)

    def test_companies(self):
        """P10: tickets of another company are out of reach"""
        other = self.env["res.company"].create({"name": "Other"})
        ticket = self.new_ticket(company_id=other.id, queue_id=False)
        found = (
            self.env["ticket.ticket"]
            .with_user(self.agent)
            .search([("id", "=", ticket.id)])
        )
        self.assertFalse(found)
