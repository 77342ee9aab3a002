import secrets
from email.message import EmailMessage
from email.utils import make_msgid
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

try:
    from devtools import mail_servers
except ImportError:  # the addon is tested outside its own repository
    mail_servers = None


class TicketWorld:
    """A small company: three queues with accounts, two agents, one administrator."""

    @classmethod
    def _make_world(cls):
        cls.agent = new_test_user(
            cls.env,
            "test_agent",
            "ticket_system.group_agent",
            name="Tina Agent",
            email="agent@test.example",
        )
        cls.other_agent = new_test_user(
            cls.env,
            "test_other",
            "ticket_system.group_agent",
            name="Otto Other",
            email="other@test.example",
        )
        cls.administrator = new_test_user(
            cls.env,
            "test_administrator",
            "ticket_system.group_administrator",
            name="Berta Boss",
            email="boss@test.example",
        )
        cls.employee = new_test_user(
            cls.env, "test_employee", "base.group_user", email="employee@test.example"
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Carla Customer", "email": "carla@customer.example"}
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Test Shop", "privacy_visibility": "employees"}
        )
        Queue = cls.env["ticket.queue"]
        cls.support = Queue.create(
            {"name": "Support", "code": "tsupport", "member_ids": cls.agent.ids}
        )
        cls.accounting = Queue.create(
            {"name": "Accounting", "code": "taccounting", "user_id": cls.other_agent.id}
        )
        cls.account = cls._make_account(
            "support@test.example", cls.support, cls.project
        )
        cls.status = {
            code: cls.env.ref(f"ticket_system.status_{code}")
            for code in (
                "new",
                "open",
                "waiting_internal",
                "waiting_customer",
                "clarify",
                "closed",
                "trash",
            )
        }

    @classmethod
    def _make_account(cls, address, queue=None, project=None, **values):
        return cls.env["fetchmail.server"].create(
            {
                "name": address,
                "server_type": "imap",
                "server": "127.0.0.1",
                "port": 1,
                "user": address,
                "password": "secret",
                "use_ticket_system": True,
                "ticket_queue_id": queue.id if queue else False,
                "ticket_project_id": project.id if project else False,
                **values,
            }
        )


class TicketCase(TicketWorld, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_world()
        cls._next_uid = 0

    def take_in(self, *raws, account=None):
        """Feed raw mails as if they had been fetched; return their ledger lines."""
        mails = []
        for raw in raws:
            type(self)._next_uid += 1
            mails.append(RawMail(uid=self._next_uid, raw=raw, internal_date=None))
        account = account or self.account
        source = next(account._ticket_sources())
        return self.env["ticket.mail"]._take_in(account, source, 1, mails)

    def new_ticket(self, **values):
        return self.env["ticket.ticket"].create(
            {
                "name": "Broken wheel",
                "partner_id": self.customer.id,
                "queue_id": self.support.id,
                "account_id": self.account.id,
                **values,
            }
        )


class MailServerCase(TicketWorld, TransactionCase):
    """Tests against a real Dovecot and a real SMTP sink."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        servers = mail_servers and mail_servers.from_environment()
        if not servers:
            cls.skipTest(cls, "no mail servers: run by ./dev test")
        cls.dovecot, cls.sink = servers
        cls._make_world()
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create(
            {"name": "Sink", "smtp_host": cls.sink.host, "smtp_port": cls.sink.port}
        )
        send = patch.object(
            type(cls.env["ir.mail_server"]), "_disable_send", lambda self: False
        )
        cls.startClassPatcher(send)

    @classmethod
    def _make_account(cls, address, queue=None, project=None, **values):
        """An account on the running Dovecot with a mailbox of its own for each run."""
        local, domain = address.split("@")
        address = f"{local}.{secrets.token_hex(4)}@{domain}"
        return super()._make_account(
            address,
            queue,
            project,
            server=cls.dovecot.host,
            port=cls.dovecot.port,
            password=cls.dovecot.password,
            **values,
        )

    def fetch(self, *accounts):
        """Fetch as the cron does, each account in a transaction that commits."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            for account in accounts:
                error = account.with_env(account.env(cr=cr))._ticket_fetch()
                self.assertFalse(error, error)
        self.env.invalidate_all()


def mail(
    subject="Broken wheel",
    body="Hello,\nmy wheel is broken.\n",
    sender="Carla Customer <carla@customer.example>",
    to="support@test.example",
    attachments=(),
    date="Mon, 02 Mar 2026 10:00:00 +0100",
    **headers,
):
    """The bytes of a mail. `headers`: further fields, `_` standing for `-`.

    :param attachments: (file name, bytes, maintype, subtype) each
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = date
    if "message_id" not in headers:
        message["Message-ID"] = make_msgid(domain="customer.example")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    for filename, content, maintype, subtype in attachments:
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename=filename
        )
    return message.as_bytes()
