from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.mail.tools.discuss import Store

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestHistory(TicketCase):
    """R44: which way a message went, from whom, to whom, by which account"""

    def setUp(self):
        super().setUp()
        self.line = self.take_in(
            mail(to="Support <support@test.example>", Cc="Ben <ben@customer.example>")
        )
        self.ticket = self.line.ticket_id
        self.message = self.ticket.message_ids[0]

    def route(self, message, user):
        message = message.with_user(user)
        data = Store().add(message, message._to_store_defaults(Store().target))
        return data.get_result()["mail.message"][0].get("ticket_route")

    def test_inbound(self):
        self.assertEqual(
            self.route(self.message, self.agent),
            {
                "is_inbound": True,
                "is_foreign": True,
                "facts": {},
                "shows_images": False,
                "sender": "Carla Customer <carla@customer.example>",
                "to": "Support <support@test.example>",
                "cc": "Ben <ben@customer.example>",
                "bcc": "",
                "account": "",
                "delivery": "sent",
                "may_retry": False,
                "may_undo": False,
                "has_original": False,
            },
        )

    def test_account(self):
        """The mailbox is told where the mail names it nowhere: a list, a blind copy"""
        line = self.take_in(mail(to="undisclosed-recipients:;"))
        route = self.route(line.ticket_id.message_ids[0], self.agent)
        self.assertEqual(route["account"], "support@test.example")

    def test_outbound(self):
        answer = self.ticket.with_user(self.agent)._send_reply(
            subject="Re: Broken wheel",
            body="Sorry.",
            email_to="Carla <carla@customer.example>",
            email_cc="ben@customer.example",
            status=self.status["closed"],
        )
        route = self.route(answer, self.agent)
        self.assertFalse(route["is_inbound"])
        self.assertEqual(route["to"], "Carla <carla@customer.example>")
        self.assertEqual(route["cc"], "ben@customer.example")

    def test_note_has_no_route(self):
        note = self.ticket.message_post(body="Rude.", subtype_xmlid="mail.mt_note")
        self.assertIsNone(self.route(note, self.agent))

    def test_original(self):
        """Whoever may read the ledger downloads the exact bytes"""
        self.assertTrue(self.route(self.message, self.administrator)["has_original"])
        action = self.message.with_user(self.administrator).action_download_original()
        self.assertIn(f"/{self.line.raw_attachment_id.id}?", action["url"])
        with self.assertRaises(AccessError):
            self.message.with_user(self.agent).action_download_original()

    def test_preview(self):
        """The kanban's quick look: the last message, no note"""
        self.ticket.message_post(body="Rude.", subtype_xmlid="mail.mt_note")
        other = self.new_ticket()
        tickets = (self.ticket | other).with_user(self.agent)
        self.assertEqual(
            tickets.mapped("preview"), ["Hello, my wheel is broken.", False]
        )
        self.assertEqual(tickets.mapped("message_count"), [1, 0])

    def test_changes_in_the_readers_language(self):
        """R62: whoever changed the status, in whatever language"""
        self.env["res.lang"]._activate_lang("de_DE")
        self.status["closed"].with_context(lang="de_DE").name = "Zu"
        self.env["ticket.queue"].browse(self.support.id).with_context(
            lang="de_DE"
        ).name = "Hilfe"
        gone = self.env["ticket.status"].create({"name": "Gone"})
        self.flush_tracking()
        for values in (
            {"status_id": gone.id},
            {"status_id": self.status["closed"].id, "queue_id": self.accounting.id},
        ):
            self.ticket.write(values)
            self.flush_tracking()
        gone.unlink()
        changes = self.ticket.message_ids.tracking_value_ids
        for lang, names in (
            ("en_US", {"New", "Gone", "Closed", "Support", "Accounting"}),
            ("de_DE", {"Neu", "Gone", "Zu", "Hilfe", "Accounting"}),
        ):
            told = changes.with_context(lang=lang)._tracking_value_format()
            found = {value[end] for value in told for end in ("oldValue", "newValue")}
            self.assertLessEqual(names, found)

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()
