from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TicketCase


@tagged("post_install", "-at_install")
class TestTemplateOffers(TicketCase):
    """R48, R49: the templates of the ticket's project and the general ones"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ticket.template"].search([]).active = False
        cls.other_project = cls.env["project.project"].create({"name": "Other"})
        cls.general, cls.own, cls.foreign, cls.personal, cls.german = cls.env[
            "ticket.template"
        ].create(
            [
                {"name": "General", "body": "<p>Dear {NAME}, {NONSENSE}</p>"},
                {
                    "name": "Own",
                    "subject": "About {SUBJECT}",
                    "project_ids": cls.project.ids,
                },
                {"name": "Foreign", "project_ids": cls.other_project.ids},
                {"name": "Personal", "user_id": cls.other_agent.id},
                {"name": "Other language", "lang": "en_US"},
            ]
        )
        cls.ticket = cls.new_ticket(cls, project_id=cls.project.id)

    def offers(self, user, ticket=None):
        templates = self.env["ticket.template"].with_user(user)
        return templates.offers((ticket or self.ticket).ids)

    def test_scope(self):
        self.customer.lang = False
        names = [offer["name"] for offer in self.offers(self.agent)]
        self.assertEqual(names, ["General", "Own", "Other language"])
        ticket = self.new_ticket(project_id=False)
        names = [offer["name"] for offer in self.offers(self.agent, ticket)]
        self.assertEqual(names, ["General", "Other language"])

    def test_language(self):
        """The customer's language first"""
        self.customer.lang = "en_US"
        self.assertEqual(self.offers(self.agent)[0]["name"], "Other language")

    def test_filled(self):
        """Placeholders are filled and escaped; an unknown one stays"""
        self.customer.name = "<b>Carla</b>"
        offers = {offer["name"]: offer for offer in self.offers(self.agent)}
        self.assertEqual(
            offers["General"]["body"],
            "<p>Dear &lt;b&gt;Carla&lt;/b&gt;, {NONSENSE}</p>",
        )
        self.assertEqual(offers["Own"]["subject"], "About Broken wheel")

    def test_files(self):
        """Copies that the agent may send, of offered templates alone"""
        file = self.env["ir.attachment"].create({"name": "form.pdf", "raw": b"%PDF"})
        (self.own | self.foreign).attachment_ids = file
        templates = self.env["ticket.template"].with_user(self.agent)
        copies = self.env["ir.attachment"].browse(
            templates.take_files(self.own.id, self.ticket.ids)
        )
        self.assertEqual(copies.with_user(self.agent).mapped("raw"), [b"%PDF"])
        self.assertNotEqual(copies, file)
        with self.assertRaises(AccessError):
            templates.take_files(self.foreign.id, self.ticket.ids)

    def test_several_tickets(self):
        """Only what fits all of them; filled for each when it is sent"""
        tickets = self.ticket | self.new_ticket(project_id=False)
        offers = {offer["name"]: offer for offer in self.offers(self.agent, tickets)}
        self.assertNotIn("Own", offers)
        self.assertIn("{NAME}", offers["General"]["body"])

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_personal(self):
        """Agents write their own; shared ones are the administrators'"""
        templates = self.env["ticket.template"].with_user(self.agent)
        own = templates.create({"name": "Mine"})
        self.assertEqual(own.user_id, self.agent)
        self.assertIn("Mine", [offer["name"] for offer in self.offers(self.agent)])
        self.assertNotIn(
            "Mine", [offer["name"] for offer in self.offers(self.administrator)]
        )
        for forbidden in (
            lambda: templates.create({"name": "For all", "user_id": False}),
            lambda: own.write({"user_id": False}),
            lambda: self.general.with_user(self.agent).write({"name": "x"}),
            lambda: self.general.with_user(self.agent).unlink(),
            lambda: self.personal.with_user(self.agent).read(["name"]),
        ):
            with self.assertRaises(AccessError):
                forbidden()
        created = self.env["ticket.template"].with_user(self.administrator)
        self.assertFalse(created.create({"name": "Shared"}).user_id)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_foreign_file(self):
        """A template takes no file its author may not read"""
        secret = self.new_ticket(queue_id=self.accounting.id)
        file = self.env["ir.attachment"].create(
            {"name": "s", "raw": b"s", "res_model": secret._name, "res_id": secret.id}
        )
        templates = self.env["ticket.template"].with_user(self.agent)
        with self.assertRaises(AccessError):
            templates.create({"name": "Mine", "attachment_ids": file.ids})
        with self.assertRaises(AccessError):
            templates.create({"name": "Mine"}).attachment_ids = file

    def test_foreign_ticket(self):
        """Nobody reads a ticket by its placeholders"""
        ticket = self.new_ticket(queue_id=self.accounting.id)
        with self.assertRaises(AccessError):
            self.offers(self.agent, ticket)
