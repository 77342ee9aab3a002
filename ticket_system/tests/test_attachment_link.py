from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestAttachmentLink(TicketCase):
    """R46, R65: a received file goes to a document, or a new one is made"""

    def setUp(self):
        super().setUp()
        files = [("invoice.pdf", b"%PDF-1.4", "application", "pdf")]
        self.ticket = self.take_in(mail(attachments=files)).ticket_id
        self.file = self.ticket.message_ids.attachment_ids
        self.task = self.env["project.task"].create(
            {"name": "Pay", "project_id": self.project.id, "user_ids": self.agent.ids}
        )

        self.administrator.group_ids += self.env.ref("project.group_project_manager")

    def wizard(self, user, **values):
        return (
            self.env["ticket.attachment.link"]
            .with_user(user)
            .create(
                {
                    "ticket_id": self.ticket.id,
                    "attachment_ids": self.file.ids,
                    "document": f"res.partner,{self.customer.id}",
                    **values,
                }
            )
        )

    def test_attach(self):
        self.agent.group_ids += self.env.ref("base.group_partner_manager")
        wizard = self.wizard(self.agent)
        self.assertEqual(wizard.available_ids, self.file)
        action = wizard.action_link()
        self.assertEqual(action["res_model"], "res.partner")
        copy = self.customer.message_ids[0].attachment_ids
        self.assertEqual((copy.name, copy.raw), ("invoice.pdf", b"%PDF-1.4"))
        self.assertEqual(copy.res_id, self.customer.id)
        self.assertEqual(self.file.res_model, "ticket.ticket", "the original stays")
        self.assertIn("Carla Customer", self.ticket.message_ids[0].body)

    def test_new_task(self):
        """R65: made with the customer and the file; seen from both sides"""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        stage = self.env["project.task.type"].create(
            {
                "name": "Told",
                "project_ids": self.project.ids,
                "mail_template_id": self.env["mail.template"]
                .create({"model_id": self.env["ir.model"]._get_id("project.task")})
                .id,
            }
        )
        wizard = self.wizard(self.agent, document=False, new_model="project.task")
        action = wizard.action_link()
        self.env.flush_all()
        self.cr.precommit.run()
        task = self.env["project.task"].browse(action["res_id"])
        self.assertEqual(task.partner_id, self.customer)
        self.assertEqual((task.project_id, task.stage_id), (self.project, stage))
        self.assertNotIn(self.customer, task.message_ids.partner_ids, "no mail to them")
        self.assertEqual(task.message_ids.attachment_ids.name, "invoice.pdf")
        self.assertIn(self.ticket.number, task.message_ids[0].body)
        link = self.ticket.with_user(self.agent).document_ids
        self.assertEqual((link.name, link.model_name), (self.ticket.name, "Task"))
        self.assertEqual(link.action_open()["res_id"], task.id)

    def test_task_without_project(self):
        """It would be private: the project is asked for"""
        self.agent.group_ids += self.env.ref("project.group_project_user")
        self.ticket.project_id = False
        wizards = self.env["ticket.attachment.link"].with_user(self.agent)
        form = Form(wizards.with_context(default_ticket_id=self.ticket.id))
        form.new_model = "project.task"
        with self.assertRaises(AssertionError):
            form.save()
        form.project_id = self.project
        action = form.save().action_link()
        task = self.env["project.task"].browse(action["res_id"])
        self.assertEqual(task.project_id, self.project)

    def test_tasks_of_projects(self):
        """Tasks are for those whose Odoo shows them"""
        wizard = self.env["ticket.attachment.link"].with_user(self.agent)
        self.agent.group_ids -= self.env.ref("project.group_project_user")
        self.assertNotIn("project.task", dict(wizard._select_new_model()))
        self.assertNotIn("project.task", dict(wizard._select_document()))
        self.agent.group_ids += self.env.ref("project.group_project_user")
        self.assertIn("project.task", dict(wizard._select_new_model()))

    def test_linked_once(self):
        document = f"project.task,{self.task.id}"
        for _turn in range(2):
            self.wizard(self.administrator, document=document).action_link()
        self.assertEqual(len(self.ticket.document_ids), 1)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_links_rights(self):
        """Nobody sees the links of a ticket that is not theirs, nor foreign names"""
        private = self.env["project.project"].create(
            {"name": "Secret", "privacy_visibility": "followers"}
        )
        task = self.env["project.task"].create(
            {"name": "Secret", "project_id": private.id, "user_ids": False}
        )
        document = f"project.task,{task.id}"
        self.wizard(self.administrator, document=document).action_link()
        link = self.ticket.document_ids
        self.assertEqual(link.with_user(self.agent).name, "Not visible to you")
        with self.assertRaises(AccessError):
            link.with_user(self.agent).action_open()
        self.assertFalse(link.with_user(self.other_agent).search([]))
        with self.assertRaises(AccessError):
            link.with_user(self.other_agent).read(["res_id"])
        with self.assertRaises(AccessError):
            self.wizard(self.other_agent, document=False)
        task.unlink()
        link.invalidate_recordset()
        self.assertEqual(link.name, "Not visible to you")

    def test_nothing_chosen(self):
        with self.assertRaises(UserError):
            self.wizard(self.agent, document=False).action_link()

    def test_choice(self):
        """Only what the user may write is offered"""
        models = dict(
            self.env["ticket.attachment.link"].with_user(self.agent)._select_document()
        )
        self.assertIn("ticket.ticket", models)
        self.assertNotIn("fetchmail.server", models)
        self.assertNotIn("res.partner", models)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_rights(self):
        """Neither into a document nor from a ticket that is not the user's"""
        foreign = self.new_ticket(queue_id=self.accounting.id)
        with self.assertRaises(AccessError):
            document = f"ticket.ticket,{foreign.id}"
            self.wizard(self.agent, document=document).action_link()
        with self.assertRaises(AccessError):
            document = f"ticket.ticket,{foreign.id}"
            self.wizard(self.other_agent, document=document).action_link()

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_foreign_file(self):
        """No file of another record is taken along"""
        secret = self.env["ir.attachment"].create({"name": "secret", "raw": b"x"})
        document = f"ticket.ticket,{self.new_ticket().id}"
        with self.assertRaises(AccessError):
            self.wizard(self.agent, document=document, attachment_ids=secret.ids)
        wizard = self.wizard(self.administrator, document=document)
        wizard.sudo().attachment_ids = secret
        with self.assertRaises(UserError):
            wizard.action_link()
