from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import TicketCase


@tagged("post_install", "-at_install")
class TestAccount(TicketCase):
    def test_schedule_of_its_own(self):
        """R11, R22: one ir.cron an account, on and off with it"""
        other = self._make_account("sales@test.example")
        (self.account | other).state = "done"
        self.assertNotEqual(self.account.ticket_cron_id, other.ticket_cron_id)
        self.assertTrue(other.ticket_cron_id.active)
        other.use_ticket_system = False
        self.assertFalse(other.ticket_cron_id.active)
        self.assertTrue(self.account.ticket_cron_id.active)
        self.account.ticket_interval_number = 7
        self.assertEqual(self.account.ticket_cron_id.interval_number, 7)
        cron = self.account.ticket_cron_id
        self.account.name = "Renamed"
        self.assertEqual(
            (cron.display_name, cron.cron_name), ("Tickets: fetch Renamed",) * 2
        )
        self.account.unlink()
        self.assertFalse(cron.exists())

    def test_administrators_need_no_right_to_schedules(self):
        """R11, R22: who administers tickets makes, changes and deletes accounts"""
        accounts = self.env["fetchmail.server"].with_user(self.administrator)
        account = accounts.create(
            {
                "name": "sales",
                "server_type": "imap",
                "user": "sales@test.example",
                "use_ticket_system": True,
            }
        )
        account.write({"ticket_interval_number": 2, "ticket_interval_type": "hours"})
        self.env.flush_all()
        cron = account.sudo().ticket_cron_id
        self.assertEqual((cron.interval_number, cron.interval_type), (2, "hours"))
        self.env.invalidate_all()
        self.assertEqual(account.ticket_interval_number, 2)
        account.unlink()
        self.assertFalse(cron.exists())

    def test_own_address_is_no_recipient(self):
        """Our own mailbox is an alias to Odoo: never a customer"""
        found = self.env["mail.alias.domain"]._find_aliases(
            ["support@test.example", "carla@customer.example"]
        )
        self.assertEqual(found, ["support@test.example"])

    def test_security_follows_ssl(self):
        self.account.is_ssl = True
        self.assertEqual(self.account.ticket_security, "ssl")
        self.account.ticket_security = "starttls"
        self.assertFalse(self.account.is_ssl)
        self.assertEqual(self.account.ticket_security, "starttls")

    def test_refused_settings(self):
        for values in (
            {"server_type": "pop"},
            {"ticket_address": "nonsense"},
            {"ticket_after_fetch": "move", "ticket_move_folder": "INBOX"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.account.write(values)

    def test_login_without_password(self):
        """R15: what is missing for Gmail and Outlook, and where it is set up"""
        parameters = self.env["ir.config_parameter"].sudo()
        for kind, name, prefix in (
            ("gmail", "Gmail", "google_gmail"),
            ("outlook", "Outlook", "microsoft_outlook"),
        ):
            token = f"{prefix}_refresh_token"
            if token not in self.account._fields:
                continue
            with self.subTest(kind):
                self.account.write({"server_type": kind, "is_ssl": True})
                self.assertIn("General Settings", self.account.ticket_login_hint)
                self.assertIn(name, self.account.ticket_login_hint)
                with self.assertRaisesRegex(UserError, "ID and Secret"):
                    self.account.button_confirm_login()
                parameters.set_param(f"{prefix}_client_id", "x")
                parameters.set_param(f"{prefix}_client_secret", "x")
                with self.assertRaisesRegex(UserError, f"Connect your {name} account"):
                    self.account.button_confirm_login()
                self.account[token] = "x"
                self.account.invalidate_recordset(["ticket_login_hint"])
                self.assertFalse(self.account.ticket_login_hint)

    def test_stock_cron_leaves_tickets_alone(self):
        """Core's fetchmail cron never touches an account of ours"""
        self.account.state = "done"
        cron = self.env.ref("mail.ir_cron_mail_gateway_action")
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            account = self.account.with_env(self.env(cr=cr)).with_context(
                cron_id=cron.id
            )
            account._fetch_mail()
        self.assertFalse(self.account.ticket_last_error)

    def test_other_protocols(self):
        """Where tickets cannot be fetched, nothing of them is asked for"""
        form = Form(self.account)
        form.server_type = "pop"
        self.assertFalse(form.use_ticket_system)
        form.server_type = "imap"
        self.assertTrue(form.use_ticket_system)
