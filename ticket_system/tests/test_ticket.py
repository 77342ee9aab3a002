from datetime import datetime
from itertools import pairwise

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestTicket(TicketCase):
    def test_number_is_dated_and_unique(self):
        """P7"""
        tickets = self.env["ticket.ticket"].create(
            [{"name": str(n)} for n in range(200)]
        )
        self.assertEqual(len(set(tickets.mapped("number"))), 200)
        for ticket in tickets:
            self.assertRegex(ticket.number, r"^20\d{6}\d{4,}$")

    def test_number_is_dated_where_the_company_works(self):
        """P7: whoever makes the ticket, an agent abroad or the cron"""
        self.env.company.resource_calendar_id.tz = "Asia/Tokyo"
        with freeze_time("2026-03-02 20:00:00"):
            for tz in (False, "America/New_York"):
                tickets = self.env["ticket.ticket"].with_context(tz=tz)
                self.assertEqual(tickets._next_numbers(1)[0][:8], "20260303")

    def test_numbers_do_not_count_up(self):
        """P7: the next number does not follow from the one before"""
        numbers = [int(n) for n in self.env["ticket.ticket"]._next_numbers(20)]
        steps = {after - before for before, after in pairwise(numbers)}
        self.assertGreater(len(steps), 15)

    def test_seven_statuses(self):
        """R40: all seven are there and can be set by hand"""
        ticket = self.new_ticket()
        self.assertEqual(ticket.status_id.code, "new")
        for code, status in self.status.items():
            ticket.with_user(self.agent).status_id = status
            self.assertEqual(ticket.status_id.code, code)
            self.assertEqual(ticket.is_closed, code in ("closed", "trash"))
            self.assertEqual(bool(ticket.closed_on), ticket.is_closed)

    def test_basic_status_stays(self):
        """The seven can be renamed, not deleted or given another meaning"""
        self.status["open"].name = "In Arbeit"
        with self.assertRaises(UserError):
            self.status["open"].unlink()
        with self.assertRaises(UserError):
            self.status["open"].category = "closed"

    def test_own_status(self):
        """An administrator may add statuses; the category gives the meaning"""
        parked = (
            self.env["ticket.status"]
            .with_user(self.administrator)
            .create({"name": "Parked", "category": "closed"})
        )
        closed, trash = self.status["closed"], self.status["trash"]
        order = self.env["ticket.status"].search([("sequence", ">=", closed.sequence)])
        self.assertEqual(order, closed | parked | trash)
        ticket = self.new_ticket(status_id=parked.id)
        self.assertTrue(ticket.is_closed)

    def test_new_contact(self):
        """A contact that is not saved yet has no tickets"""
        self.agent.group_ids |= self.env.ref("base.group_partner_manager")
        with Form(self.env["res.partner"].with_user(self.agent)) as form:
            self.assertFalse(form.recent_ticket_ids[:])
            form.name = "Greta Gear"

    def test_take_and_give_back(self):
        """R3, R8: a member takes a ticket of a department and gives it back"""
        ticket = self.new_ticket().with_user(self.agent)
        ticket.action_take()
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.status_id.code, "open")
        ticket.action_give_back()
        self.assertFalse(ticket.user_id)

    def test_private_is_taken(self):
        """R35: who makes a ticket private that nobody has, keeps seeing it"""
        for values in ({}, {"user_id": False}):
            ticket = self.take_in(mail()).ticket_id.with_user(self.agent)
            with self.subTest(values):
                ticket.write({"is_private": True, **values})
                self.assertEqual(ticket.user_id, self.agent)
        other = self.take_in(mail()).ticket_id
        other.user_id = self.other_agent
        other.with_user(self.administrator).is_private = True
        self.assertEqual(other.user_id, self.other_agent)

    def test_changes_are_traceable(self):
        """R3, R64: queue, agent and status changes are in the history"""
        ticket = self.new_ticket()
        self.flush_tracking()
        ticket.with_user(self.agent).write(
            {"user_id": self.agent.id, "status_id": self.status["clarify"].id}
        )
        ticket.with_user(self.administrator).queue_id = self.accounting
        self.flush_tracking()
        tracked = ticket.message_ids.sudo().tracking_value_ids
        self.assertEqual(
            set(tracked.field_id.mapped("name")), {"user_id", "status_id", "queue_id"}
        )

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    def test_made_by_hand(self):
        """R69, R38, R39: a form fills in the sender from the customer"""
        with Form(self.env["ticket.ticket"].with_user(self.agent)) as form:
            form.name = "Called about a bell"
            form.partner_id = self.customer
            form.queue_id = self.support
            form.project_id = self.project
        ticket = form.save()
        self.assertEqual(ticket.email_from, "carla@customer.example")
        self.assertEqual(ticket.partner_name, "Carla Customer")

    def test_sender_of_a_ticket_by_hand(self):
        """R69: the address stands for the name until there is one"""
        ticket = self.env["ticket.ticket"].create(
            {"name": "x", "email_from": "a@b.example"}
        )
        self.assertEqual(ticket.partner_name, "a@b.example")
        ticket.partner_id = self.customer
        self.assertEqual(ticket.partner_name, "Carla Customer")
        ticket.partner_id = False
        self.assertEqual(ticket.partner_name, "Carla Customer")

    def test_counts_on_customer_and_project(self):
        """R59, R60"""
        company = self.env["res.partner"].create({"name": "ACME", "is_company": True})
        self.customer.parent_id = company
        self.new_ticket(project_id=self.project.id)
        self.new_ticket(project_id=self.project.id, status_id=self.status["closed"].id)
        self.assertEqual(company.ticket_count, 2)
        self.assertEqual(self.customer.ticket_count, 2)
        self.assertEqual(self.project.ticket_count, 1)

    def test_search_by_number(self):
        """R29"""
        ticket = self.new_ticket()
        found = self.env["ticket.ticket"].name_search(ticket.number)
        self.assertEqual([ticket_id for ticket_id, _name in found], ticket.ids)

    def test_search_by_what_is_shown(self):
        ticket = self.new_ticket()
        for term in (f"#{ticket.number}", ticket.display_name, ticket.name):
            found = self.env["ticket.ticket"].search([("display_name", "ilike", term)])
            self.assertIn(ticket, found, term)

    def test_speaks_for_an_account(self):
        """Of its queue, else its project, else the first: answers come back"""
        self.env["fetchmail.server"].search(
            [("id", "!=", self.account.id)]
        ).active = False
        queue = self._make_account("books@test.example", self.accounting)
        Ticket = self.env["ticket.ticket"]
        for values, account in (
            ({"queue_id": self.accounting.id}, queue),
            ({"project_id": self.project.id}, self.account),
            ({}, self.account),
        ):
            ticket = Ticket.with_user(self.administrator).create(
                {"name": "x", **values}
            )
            self.assertEqual(ticket.account_id, account, values)

    def test_speaks_for_its_company(self):
        """P10: never for an account whose project is another company's"""
        other = self.env["res.company"].create({"name": "Other"})
        project = self.project.copy({"company_id": other.id})
        self._make_account("theirs@test.example", None, project, priority=0)
        ticket = self.env["ticket.ticket"].with_user(self.other_agent)
        account = ticket.create({"name": "x"}).account_id
        self.assertNotEqual(account.ticket_project_id, project)

    def test_speaks_for_own_queue(self):
        """An account without a queue is not that of all tickets without one"""
        self._make_account("first@test.example", priority=0)
        ticket = self.env["ticket.ticket"].with_user(self.agent).create({"name": "x"})
        self.assertEqual(ticket.account_id, self.account)

    def test_queues_of_the_project(self):
        """R39: a queue with projects is offered on their tickets alone"""
        self.accounting.project_ids = self.project
        ticket = self.new_ticket()
        queues = self.support | self.accounting
        for project, offered in (
            (self.project, queues),
            (self.env["project.project"].create({"name": "Other"}), self.support),
            (self.project.browse(), self.support),
        ):
            ticket.project_id = project
            split = self.env["ticket.split"].new({"ticket_id": ticket.id})
            domain = ticket._fields["queue_id"].domain
            known = {"project_id": project.id}
            for found in (safe_eval(domain, known), split.queue_domain):
                self.assertEqual(queues.filtered_domain(found), offered)

    def test_closing_what_waits_too_long(self):
        """R41: off by default"""
        ticket = self.new_ticket(status_id=self.status["waiting_customer"].id)
        ticket.last_message = "2020-01-01"
        self.env["ticket.ticket"]._cron_close_unanswered()
        self.assertEqual(ticket.status_id.code, "waiting_customer")
        self.env["ir.config_parameter"].set_param("ticket_system.close_after_days", 14)
        self.env["ticket.ticket"]._cron_close_unanswered()
        self.assertEqual(ticket.status_id.code, "closed")


@tagged("post_install", "-at_install")
class TestQueue(TicketCase):
    def test_code_is_letters_and_digits(self):
        """R7"""
        for code in ("with space", "dash-ed", "ümlaut", "a_b"):
            with self.subTest(code), self.assertRaises(ValidationError):
                self.support.code = code

    def test_code_of_a_name(self):
        queue = self.env["ticket.queue"].create({"name": "Einkauf & Rückläufer"})
        self.assertEqual(queue.code, "einkaufrucklaufer")

    def test_archive(self):
        """Nothing may go on to fill it, nor is it deleted; its history stays"""
        rule = self.env["ticket.rule"].create(
            {"name": "Bells", "subject": "bell", "queue_id": self.support.id}
        )
        ticket = self.new_ticket()
        for reason, remove in (
            (self.account.name, lambda: self.account.write({"ticket_queue_id": False})),
            (rule.name, lambda: rule.write({"active": False})),
            ("open tickets: 1", ticket.action_close),
        ):
            for refuse in (self.support.action_archive, self.support.unlink):
                with self.assertRaises(ValidationError) as refused:
                    refuse()
                self.assertIn(reason, str(refused.exception))
            remove()
        self.support.action_archive()
        self.env.invalidate_all()
        self.assertTrue(ticket.with_user(self.agent).has_access("read"))

    def test_own_status_counts(self):
        """A status of one's own counts as what it means"""
        status = self.env["ticket.status"].create({"name": "Fresh", "category": "new"})
        self.new_ticket(status_id=status.id)
        self.new_ticket()
        self.assertEqual(self.support.with_user(self.agent).new_count, 2)

    def test_responsible_is_a_member(self):
        """R8"""
        self.assertIn(self.other_agent, self.accounting.member_ids)

    def test_company(self):
        """Who may not enter its company would never see the tickets"""
        queue = self.support.create(
            {
                "name": "Elsewhere",
                "company_id": self.env["res.company"].create({"name": "Other"}).id,
            }
        )
        for field in ("user_id", "member_ids"):
            with self.assertRaises(UserError), self.cr.savepoint():
                queue[field] = self.agent
        queue.company_id = False
        queue.user_id = self.agent

    def test_counts(self):
        self.new_ticket(waiting_since="2026-03-01 10:00:00")
        self.new_ticket(user_id=self.agent.id, status_id=self.status["open"].id)
        self.new_ticket(status_id=self.status["closed"].id)
        self.assertEqual(self.support.open_count, 2)
        self.assertEqual(self.support.new_count, 1)
        self.assertEqual(self.support.unassigned_count, 1)
        self.assertEqual(str(self.support.oldest_waiting), "2026-03-01 10:00:00")

    def test_waiting(self):
        """The customer waits for us from their message to our answer or to the close"""
        ticket = self.new_ticket()
        for step, waits in (
            (lambda: ticket._register_inbound(datetime(2026, 3, 1)), True),
            (lambda: ticket.write({"status_id": self.status["open"].id}), True),
            (
                lambda: ticket.write({"status_id": self.status["waiting_customer"].id}),
                False,
            ),
            (lambda: ticket.write({"status_id": self.status["open"].id}), True),
            (ticket.action_close, False),
            (ticket.action_reopen, True),
            (lambda: ticket._register_outbound(datetime(2026, 3, 2)), False),
            (lambda: ticket.write({"status_id": self.status["clarify"].id}), False),
        ):
            step()
            self.assertEqual(bool(ticket.waiting_since), waits)


@tagged("post_install", "-at_install")
class TestTemplate(TicketCase):
    def test_category_tree(self):
        """R48"""
        Category = self.env["ticket.template.category"]
        parent = Category.create({"name": "Delivery"})
        child = Category.create({"name": "Delays", "parent_id": parent.id})
        self.assertEqual(child.complete_name, "Delivery / Delays")
        self.assertEqual(Category.name_create("Returns")[1], "Returns")

    def test_unknown_placeholder_is_pointed_out(self):
        template = self.env["ticket.template"].create(
            {"name": "T", "subject": "{TICKET}", "body": "<p>{NAME} {NONSENSE}</p>"}
        )
        self.assertIn("NONSENSE", template.unknown_placeholders)
        self.assertNotIn("NAME}", template.unknown_placeholders)
