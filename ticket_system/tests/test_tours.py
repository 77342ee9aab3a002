from unittest.mock import patch

from markupsafe import Markup

from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .browser_case import SIZES, BrowserCase
from .common import mail


@tagged("post_install", "-at_install")
class TestTours(BrowserCase):
    """What people do in the browser."""

    def test_agent(self):
        """R28, R40, R47, R53: list → open → take → reply → status"""
        self.start_tour("/odoo/tickets", "ticket_system_agent", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")
        self.assertEqual(self.ticket.user_id, self.agent)
        self.assertTrue(self.ticket.last_outbound)
        answer = self.ticket._conversation()[-1]
        self.assertIn("ben@customer.example", answer.outgoing_email_cc)

    def test_agent_in_german(self):
        """R62: the same way in German"""
        self.agent.lang = "de_DE"
        self.start_tour(
            "/odoo/tickets", "ticket_system_agent_german", login="test_agent"
        )
        self.assertEqual(self.ticket.status_id.code, "waiting_customer")

    def test_hand_over(self):
        """Threat 27: to a queue one is no member of, an old ticket and a new one"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_hand_over", login="test_agent")
        others = self.env["ticket.ticket"].search(
            [("queue_id", "=", self.accounting.id)]
        )
        self.assertEqual({*others.mapped("name")}, {"Broken wheel", "Call of Monday"})

    def test_draft(self):
        """R66: what is written is kept by itself, gone on with, and thrown away"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_draft", login="test_agent")
        self.assertFalse(self.env["ticket.reply"].search([]))

    def test_leave(self):
        """R66: an answer that nobody has begun leaves no draft behind"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_leave", login="test_agent")
        self.assertFalse(self.env["ticket.reply"].search([]))

    def test_template(self):
        """R48, R49: found while typing, put in at the cursor, with its file"""
        file = self.env["ir.attachment"].create({"name": "label.pdf", "raw": b"%PDF"})
        category = self.env["ticket.template.category"].create({"name": "Returns"})
        self.env["ticket.template"].create(
            [
                {
                    "name": "Return label",
                    "category_id": category.id,
                    "subject": "Your return",
                    "body": "<p>Dear {NAME}, the label is attached.</p>",
                    "attachment_ids": file.ids,
                },
                {"name": "Thank you", "body": "<p>Thank you!</p>"},
            ]
        )
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_template", login="test_agent")
        answer = self.ticket._conversation()[-1]
        self.assertIn("Dear Carla Customer, the label is attached.", answer.body)
        self.assertIn("Hello!", answer.body)
        self.assertIn("Your return", answer.subject)
        self.assertEqual(answer.attachment_ids.name, "label.pdf")

    def test_undo(self):
        """R66: an answer taken back is a draft, to be thrown away or sent after all"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 60)
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_undo", login="test_agent")
        self.assertEqual(len(self.ticket._conversation()), 2)

    def test_answer_all(self):
        """R67: one text to all tickets of the list, each with its own name"""
        self.thank_you()
        self.start_tour("/odoo/tickets", "ticket_system_answer_all", login="test_agent")
        answer = self.ticket._conversation()[-1]
        self.assertIn("Thank you, Carla Customer!", answer.body)
        self.assertIn("closed on Monday", answer.body)

    def test_first_contact(self):
        """R69: a ticket made by hand, and its first mail; a template without a click"""
        self.thank_you().body += Markup("<p>{FOO}</p>")
        self.account.ticket_signature = "<p>Kind regards</p>"
        self.start_tour(
            "/odoo/tickets", "ticket_system_first_contact", login="test_agent"
        )
        ticket = self.env["ticket.ticket"].search([("name", "=", "Call of Monday")])
        self.assertEqual(ticket.account_id, self.account)
        self.assertTrue(ticket.first_response)

    def thank_you(self):
        values = {"name": "Thank you", "body": "<p>Thank you, {NAME}!</p>"}
        return self.env["ticket.template"].create({**values, "sequence": 0})

    def test_batch(self):
        """R33, P9: spam into the trash, and back by one click"""
        self.start_tour("/odoo/tickets", "ticket_system_batch", login="test_agent")
        self.assertEqual(self.ticket.status_id.code, "new")

    def test_merge(self):
        """Two tickets of the list become one; the other leads there"""
        kept = self.second_ticket()
        self.start_tour("/odoo/tickets", "ticket_system_merge", login="test_agent")
        self.assertEqual(len(kept._conversation()), 2)
        self.assertEqual(self.ticket.merged_into_id, kept)

    def test_discuss(self):
        """A mail is answered where it is starred, and the next ticket opens"""
        self.ticket._conversation()[0].with_user(self.agent).toggle_message_starred()
        self.start_tour(
            "/odoo/discuss?active_id=mail.box_starred",
            "ticket_system_discuss",
            login="test_agent",
        )
        self.assertEqual(len(self.ticket._conversation()), 2)

    def test_merge_one(self):
        """A ticket joins one of the same customer, which is offered"""
        kept = self.second_ticket()
        self.start_tour("/odoo/tickets", "ticket_system_merge_one", login="test_agent")
        self.assertEqual(self.ticket.merged_into_id, kept)

    def second_ticket(self):
        raw = RawMail(900, mail("The saddle, too", "It is loose."), None)
        source = next(self.account._ticket_sources())
        return (
            self.env["ticket.mail"]._take_in(self.account, source, 1, [raw]).ticket_id
        )

    def test_split(self):
        """What is about something else leaves the history for a ticket of its own"""
        subject = f"Re: #{self.ticket.number}"
        sender = "Bella Bell <bella@customer.example>"
        raw = RawMail(901, mail(subject, "My bell?", sender=sender), None)
        source = next(self.account._ticket_sources())
        self.env["ticket.mail"]._take_in(self.account, source, 1, [raw])
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_split", login="test_agent")
        new = self.ticket.related_ticket_ids
        self.assertEqual(new.name, "The bell")
        self.assertIn("My bell", new._conversation().body)
        self.assertEqual(len(self.ticket._conversation()), 1)

    def test_kanban(self):
        """R40: a card tells the last message; dragged, it changes its status"""
        self.start_tour(
            "/odoo/tickets?view_type=kanban", "ticket_system_kanban", login="test_agent"
        )
        self.assertEqual(self.ticket.user_id, self.agent)
        self.assertEqual(self.ticket.status_id.code, "open")

    def test_live(self):
        """P8: the list is up to date by itself, also while the pointer rests on it"""
        self.start_tour("/odoo/tickets", "ticket_system_live", login="test_agent")

    def test_statuses(self):
        """R4: a status chosen in one of the ticked rows is that of all"""
        self.start_tour("/odoo/tickets", "ticket_system_statuses", login="test_agent")
        listed = [("is_closed", "=", False), ("queue_id", "=", self.ticket.queue_id.id)]
        self.assertEqual(self.ticket.search(listed).status_id.code, "clarify")

    def test_queues(self):
        """Each figure of the dashboard leads to its tickets"""
        self.start_tour(
            "/odoo/ticket-queues", "ticket_system_queues", login="test_agent"
        )

    def test_shortcuts(self):
        """The palette tells the hotkeys; they work without the mouse"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_shortcuts", login="test_agent")
        self.assertEqual(self.ticket.user_id, self.agent)
        self.assertEqual(self.ticket.status_id.code, "closed")

    def test_document(self):
        """R65: a task from a ticket, and back from the ticket to the task"""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_document", login="test_agent")
        self.assertEqual(self.ticket.document_ids.res_model, "project.task")

    def test_phone(self):
        """On a phone a ticket opens with its mail; a touch shows the fields"""
        self.browser_size = SIZES[1]
        self.start_tour(
            f"/odoo/tickets/{self.ticket.id}", "ticket_system_phone", login="test_agent"
        )

    def test_customer(self):
        """R59: from the customer to what they wrote"""
        url = f"/odoo/res.partner/{self.customer.id}"
        self.start_tour(url, "ticket_system_customer", login="test_agent")

    def test_first_start(self):
        """R61: four steps instead of an empty list, departments by one click"""
        self.make_first_start()
        self.start_tour(
            "/odoo/tickets", "ticket_system_first_start", login="test_administrator"
        )
        self.assertTrue(self.env["ticket.queue"].search([("code", "=", "support")]))

    def test_presence(self):
        """R30, P8: a colleague is at it; take over; they see no banner afterwards"""
        self.be_joined()
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_take_over", login="test_agent")
        self.assertEqual(self.ticket.user_id, self.agent)

    def test_colleagues(self):
        """P8: the answer tells who else has its ticket open, and who no longer has"""
        self.be_joined()
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_colleagues", login="test_agent")

    def test_delivery(self):
        """P6: an answer that leaves is seen to have left, whoever has it before them"""
        self.env["ir.config_parameter"].set_param("ticket_system.undo_seconds", 600)
        self.ticket.with_user(self.agent)._send_reply(
            subject="Re: Broken wheel",
            body="On its way.",
            email_to="carla@customer.example",
            status=self.status["open"],
        )
        url = f"/odoo/tickets/{self.ticket.id}"
        mails = type(self.env["mail.mail"])
        with patch.object(mails, "send", lambda m: m._postprocess_sent_message([], [])):
            self.start_tour(url, "ticket_system_delivery", login="admin")

    def test_stranger(self):
        """R6: who is no agent sees no app, and no ticket by its address"""
        url = f"/odoo/tickets/{self.ticket.id}"
        self.start_tour(url, "ticket_system_stranger", login="test_employee")
        self.start_tour("/odoo", "ticket_system_no_app", login="test_employee")

    def test_without_rights(self):
        """R6: no set-up menus, set-up actions and calls refused"""
        self.start_tour("/odoo/tickets", "ticket_system_no_set_up", login="test_agent")
        self.authenticate("test_agent", "test_agent")
        for model in ("ticket.queue", "ticket.status", "fetchmail.server"):
            with (
                self.subTest(model),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {
                        "model": model,
                        "method": "write",
                        "args": [
                            self.env[model].search([], limit=1).ids,
                            {"name": "x"},
                        ],
                        "kwargs": {},
                    },
                )

    @mute_logger("odoo.addons.ticket_system.models.ticket_mail_intake")
    def test_quarantine(self):
        """P2: an administrator sees the quarantined mail and tries it again"""
        self.quarantine("A mail like no other")
        self.start_tour(
            "/odoo/tickets", "ticket_system_quarantine", login="test_administrator"
        )
        line = self.env["ticket.mail"].search([], limit=1)
        self.assertEqual(line.ticket_id.name, "A mail like no other")
