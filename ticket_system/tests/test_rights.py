"""R6, P10, threats 25 and 27: who may do what, by every road there is."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .common import TicketCase, mail

OPERATIONS = {"c": "create", "r": "read", "w": "write", "u": "unlink"}
NOTHING, ALL = "", "crwu"
# model: what (employee, agent of own queues, agent of all queues, administrator) may
MATRIX = {
    "ticket.attachment.link": (NOTHING, ALL, ALL, ALL),
    "ticket.document": (NOTHING, "ru", "ru", "ru"),
    "ticket.forward": (NOTHING, ALL, ALL, ALL),
    "ticket.import": (NOTHING, NOTHING, NOTHING, ALL),
    "ticket.import.column": (NOTHING, NOTHING, NOTHING, ALL),
    "ticket.import.problem": (NOTHING, NOTHING, NOTHING, ALL),
    "ticket.lock": (NOTHING, NOTHING, NOTHING, "r"),
    "ticket.mail": (NOTHING, NOTHING, NOTHING, "rw"),
    "ticket.merge": (NOTHING, ALL, ALL, ALL),
    "ticket.queue": (NOTHING, "r", "r", ALL),
    "ticket.reply": (NOTHING, ALL, ALL, ALL),
    "ticket.reply.batch": (NOTHING, ALL, ALL, ALL),
    "ticket.rule": (NOTHING, NOTHING, NOTHING, ALL),
    "ticket.sent.copy": (NOTHING, NOTHING, NOTHING, "ru"),
    "ticket.split": (NOTHING, ALL, ALL, ALL),
    "ticket.status": (NOTHING, "r", "r", ALL),
    "ticket.tag": (NOTHING, "r", "r", ALL),
    "ticket.template": (NOTHING, ALL, ALL, ALL),
    "ticket.template.category": (NOTHING, "r", "r", ALL),
    "ticket.text": (NOTHING, NOTHING, NOTHING, "r"),
    "ticket.ticket": (NOTHING, "crw", "crw", ALL),
    # Odoo's own, as far as the ticket system opens them
    "fetchmail.server": (NOTHING, NOTHING, NOTHING, ALL),
    "privacy.lookup.wizard": (NOTHING, NOTHING, NOTHING, NOTHING),
}
UNSAFE = (
    ("page.html", b"<script>alert(1)</script>", "text", "html"),
    ("page.xhtml", b"<html xmlns='x'/>", "application", "xhtml+xml"),
    ("picture.svg", b"<svg xmlns='x' onload='alert(1)'/>", "image", "svg+xml"),
    ("picture.png", b"<svg xmlns='x' onload='alert(1)'/>", "image", "png"),
    ("data.xml", b"<?xml version='1.0'?><x/>", "text", "xml"),
    ("script.js", b"alert(1)", "text", "javascript"),
    ("link.url", b"[InternetShortcut]", "application", "x-url"),
    ("invoice.pdf.html", b"<script>alert(1)</script>", "application", "pdf"),
    ("frames", b"--x\n\n<html>", "multipart", "x-mixed-replace"),
)


@tagged("post_install", "-at_install")
class TestRights(TicketCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.group_ids += cls.env.ref("base.group_allow_export")
        cls.agent_all = cls.other_agent
        cls.agent_all.group_ids += cls.env.ref("ticket_system.group_agent_all")
        cls.roles = (cls.employee, cls.agent, cls.agent_all, cls.administrator)

    def own_models(self):
        return {
            name
            for name, model in self.env.registry.items()
            if model._original_module == "ticket_system" and not model._abstract
        }

    def test_every_model_has_a_row(self):
        self.assertFalse(self.own_models() - MATRIX.keys())

    def test_matrix(self):
        """Each model × operation × role, by Odoo's access rights"""
        for model, expected in MATRIX.items():
            for user, allowed in zip(self.roles, expected, strict=True):
                records = self.env[model].with_user(user)
                found = {
                    letter
                    for letter, operation in OPERATIONS.items()
                    if records.has_access(operation)
                }
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(found, set(allowed))

    def test_every_model_of_a_ticket_is_closed_with_it(self):
        """Threat 27: nothing of a foreign queue's ticket, not even that it is there"""
        ticket, records = self.foreign_ticket()
        for record in records:
            with self.subTest(record._name):
                Model = record.with_user(self.agent)
                if Model.browse().has_access("read"):
                    self.assertFalse(Model.search([("id", "in", record.ids)]))
                with self.assertRaises(AccessError):
                    Model.browse(record.ids).read(["display_name"])
        Ticket = self.env["ticket.ticket"].with_user(self.agent)
        self.assertFalse(Ticket.search([("number", "=", ticket.number)]))
        self.assertFalse(Ticket.name_search(ticket.number))
        self.assertFalse(Ticket._read_group([("number", "=", ticket.number)], ["name"]))
        partner = self.customer.with_user(self.agent)
        self.assertNotIn(ticket.id, partner.recent_ticket_ids.ids)

    def foreign_ticket(self):
        files = [("treasure.txt", b"hidden treasure", "text", "plain")]
        line = self.take_in(mail(attachments=files))
        ticket = line.ticket_id
        ticket.queue_id = self.accounting
        ticket.with_user(self.administrator).enter()
        document = self.env["ticket.document"].create(
            {"ticket_id": ticket.id, "res_model": "res.partner", "res_id": 1}
        )
        reply = self.env["ticket.reply"].with_user(self.administrator)
        activity = ticket.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.administrator.id
        )
        return ticket, (
            ticket,
            ticket.message_ids,
            ticket.message_ids.attachment_ids,
            line,
            line.raw_attachment_id,
            document,
            self.env["ticket.lock"].search([("ticket_id", "=", ticket.id)]),
            reply.create({"ticket_id": ticket.id, "body": "<p>x</p>"}),
            activity,
        )

    @mute_logger("odoo.http")
    def test_addresses_and_calls(self):
        """Threat 27: by URL and RPC a foreign ticket is as one that is not there"""
        ticket, _records = self.foreign_ticket()
        file = ticket.message_ids.attachment_ids
        self.authenticate("test_agent", "test_agent")
        missing = {
            self.url_open(f"/web/{kind}/999999999").status_code
            for kind in ("content", "image")
        }
        for url in (
            f"/web/content/{file.id}",
            f"/web/image/{file.id}",
            f"/web/content/ticket.mail/{self.line_of(ticket).id}/raw_attachment_id",
            f"/web/content/{self.line_of(ticket).raw_attachment_id.id}",
            f"/report/html/ticket_system.report_ticket_document/{ticket.id}",
            f"/ticket_system/export/{self.customer.id}",
        ):
            with self.subTest(url):
                answer = self.url_open(url)
                self.assertNotIn("wheel", answer.text)
                self.assertNotIn("treasure", answer.text)
                self.assertIn(answer.status_code, (*missing, 403, 500))
        for method, args in (
            ("read", [[ticket.id], ["name"]]),
            ("action_take", [[ticket.id]]),
            ("action_reply", [[ticket.id]]),
            ("action_forward", [[ticket.id], ticket.message_ids[-1:].id]),
            ("action_split", [[ticket.id], ticket.message_ids[-1:].id]),
            ("action_open_kept", [[ticket.id]]),
            ("enter", [[ticket.id]]),
            ("export_data", [[ticket.id], ["name"]]),
        ):
            with (
                self.subTest(method),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self.call("ticket.ticket", method, args)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self.call("ticket.reply", "complete_address", [ticket.id, "carla"])
        with self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self.call(
                "ticket.reply", "create", [{"ticket_id": ticket.id, "body": "<p>x</p>"}]
            )

    def line_of(self, ticket):
        return self.env["ticket.mail"].search([("ticket_id", "=", ticket.id)])

    def call(self, model, method, args):
        return self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {"model": model, "method": method, "args": args, "kwargs": {}},
        )

    @mute_logger("odoo.http")
    def test_fields(self):
        """R6, threat 7: what only administrators or colleagues may know or change"""
        portal = new_test_user(self.env, "test_portal", "base.group_portal")
        for user, model, names in (
            (
                self.agent,
                "project.project",
                ["ticket_queue_ids", "ticket_template_ids"],
            ),
            (portal, "mail.message", ["outgoing_email_bcc", "ticket_facts"]),
        ):
            known = self.env[model].with_user(user).fields_get(names)
            self.assertFalse(known, user.login)
        self.support.project_ids = self.project
        self.agent.group_ids |= self.env.ref("project.group_project_manager")
        self.project.with_user(self.agent).copy()

    def test_passwords_by_no_road(self):
        """Threat 25: read, search by value, group, export, sort, other models"""
        self.authenticate("test_agent", "test_agent")
        account = self.account.id
        for method, args in (
            ("read", [[account], ["password"]]),
            ("search", [[("password", "=like", "s%")]]),
            ("search_read", [[], ["password"]]),
            ("web_search_read", [[], {"password": {}}]),
            ("formatted_read_group", [[], ["password"], ["__count"]]),
            ("export_data", [[account], ["password"]]),
            ("search", [[], 0, 1, "password"]),
            ("copy", [[account]]),
        ):
            with (
                self.subTest(method),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self.call("fetchmail.server", method, args)
        ticket = self.new_ticket()
        self.assertNotIn("password", self.call("ticket.ticket", "fields_get", []))
        for method, args in (
            ("search", [[("account_id.password", "=like", "s%")]]),
            ("export_data", [[ticket.id], ["account_id/password"]]),
            ("web_read", [[ticket.id], {"account_id": {"fields": {"password": {}}}}]),
        ):
            with (
                self.subTest(method),
                self.assertRaisesRegex(JsonRpcException, "AccessError"),
            ):
                self.call("ticket.ticket", method, args)

    def test_companies(self):
        """P10: what belongs to another company's tickets is out of reach, for all"""
        other = self.env["res.company"].create({"name": "Other"})
        project = self.env["project.project"].create(
            {"name": "Their shop", "company_id": other.id}
        )
        queue = self.env["ticket.queue"].create(
            {"name": "Theirs", "code": "theirs", "company_id": other.id}
        )
        line = self.take_in(mail())
        line.ticket_id.queue_id = queue
        template = self.env["ticket.template"].create(
            {"name": "Theirs", "body": "<p>x</p>", "project_ids": project.ids}
        )
        for record in (line.ticket_id, line, queue, template):
            found = record.with_user(self.administrator).search(
                [("id", "=", record.id)]
            )
            with self.subTest(record._name):
                self.assertFalse(found)

    def test_customer_of_another_company(self):
        """P10: the ticket has the contact of its company, and can be answered whatever
        contact and project it was given"""
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.customer.copy({"email": self.customer.email})
        self.customer.company_id = self.env.company
        self.agent.write({"company_ids": other.ids, "company_id": other.id})
        self.support.company_id = theirs.company_id = other
        self.assertFalse(self.customer.with_user(self.agent).has_access("read"))
        ticket = self.take_in(mail()).ticket_id
        self.assertEqual(ticket.partner_id, theirs)
        ours = self.project.copy({"company_id": self.env.company.id})
        ticket.write({"partner_id": self.customer.id, "project_id": ours.id})
        Form(
            self.env["ticket.reply"]
            .with_user(self.agent)
            .with_context(default_ticket_id=ticket.id)
        )
        mine = ticket.with_user(self.agent)
        found = self.env["ticket.ticket"].search(
            mine.action_open_customer_tickets()["domain"]
        )
        self.assertNotIn(ticket, found)
        reports = self.env["ir.actions.report"].with_user(self.agent)
        html, _kind = reports._render_qweb_html(
            "ticket_system.ticket_report_action", mine.ids
        )
        self.assertIn(ticket.number, html.decode())

    def test_ticket_of_a_closed_project(self):
        """Who may work on a ticket may do all of it without seeing its project"""
        self.project.privacy_visibility = "followers"
        tickets = self.take_in(mail(), mail("And my bell?")).ticket_id
        tickets = tickets.with_user(self.agent)
        tickets.sudo().project_id = self.project
        ticket = tickets[0]
        message = self.take_in(mail(f"#{ticket.number}", "Hello?")).mail_message_id
        self.assertFalse(self.project.with_user(self.agent).has_access("read"))
        for action in (
            ticket.action_reply(message.id, True),
            ticket.action_forward(message.id),
            ticket.action_split(message.id),
            tickets.action_reply_batch(),
        ):
            model = self.env[action["res_model"]].with_user(self.agent)
            with self.subTest(action["res_model"]):
                Form(model.with_context(**action["context"]))
        ticket.write({"queue_id": self.accounting.id})

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_told_what_is_out_of_reach(self):
        """Links lead to tickets of others, too"""
        ticket = self.new_ticket(queue_id=self.accounting.id)
        with self.assertRaises(AccessError) as refused:
            ticket.with_user(self.agent).check_access("read")
        self.assertIn("in a queue of others", str(refused.exception))

    def test_companies_do_not_mix(self):
        """P10: neither an account nor a rule makes tickets of two companies"""
        other = self.env["res.company"].create({"name": "Other"})
        self.project.company_id = self.env.company
        queue = self.support.create({"name": "Theirs", "company_id": other.id})
        rule = {"name": "Bells", "subject": "bell"}
        for make in (
            lambda: self.account.write({"ticket_queue_id": queue.id}),
            lambda: self.env["ticket.rule"].create(
                {**rule, "queue_id": queue.id, "project_id": self.project.id}
            ),
        ):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                make()
        self.env["ticket.rule"].create(
            {**rule, "queue_id": self.support.id, "project_id": self.project.id}
        )
        self.support.company_id = self.env.company
        for record in (self.support, self.project):
            with (
                self.subTest(record._name),
                self.assertRaises(ValidationError),
                self.cr.savepoint(),
            ):
                record.company_id = other

    def test_rule_is_tested_on_mails_of_another_company(self):
        """P10: those that made no ticket are of none"""
        other = self.env["res.company"].create({"name": "Other"})
        self.administrator.company_ids |= other
        queue = {"name": "Theirs", "company_id": other.id}
        self.account.ticket_queue_id = self.env["ticket.queue"].create(queue)
        self.take_in(mail()).ticket_id = False
        self.env.invalidate_all()
        rule = self.env["ticket.rule"].create(
            {"name": "Wheels", "subject": "wheel", "priority": "1"}
        )
        shown = {"allowed_company_ids": self.administrator.company_id.ids}
        found = rule.with_user(self.administrator).with_context(**shown).action_test()
        self.assertEqual(found["name"], "Caught 1 of the last 1 mails")

    def test_files_are_downloads(self):
        """Threat 21: no file of a mail becomes a page under our address"""
        ticket = self.take_in(mail(attachments=UNSAFE)).ticket_id
        self.authenticate("test_agent", "test_agent")
        files = ticket.message_ids.attachment_ids
        self.assertEqual(len(files), len(UNSAFE))
        for file in files:
            for query in ("", "?mimetype=text/html", "?mimetype=image/svg%2Bxml"):
                with self.subTest(file.name + query):
                    answer = self.url_open(f"/web/content/{file.id}{query}")
                    kind = answer.headers["Content-Type"].split(";")[0]
                    safe = ("text/plain", "application/octet-stream", "image/png")
                    self.assertIn(kind, (*safe, "application/pdf"))
                    self.assertEqual(
                        answer.headers["X-Content-Type-Options"], "nosniff"
                    )
                    self.assertIn(
                        "default-src 'none'", answer.headers["Content-Security-Policy"]
                    )
        by_name = {file.name: file.mimetype for file in files}
        self.assertNotIn("svg", by_name["picture.png"])

    def test_no_link_previews(self):
        """Threat 26: the server fetches no address that a mail names"""
        line = self.take_in(mail(body="See https://evil.example/page"))
        self.env["mail.link.preview"]._create_from_message_and_notify(
            line.mail_message_id
        )
        self.assertFalse(line.mail_message_id.message_link_preview_ids)
        self.assertFalse(
            self.env["mail.link.preview"].search([("source_url", "like", "evil")])
        )
