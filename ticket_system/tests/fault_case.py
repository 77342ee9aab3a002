import os
import secrets
import unittest

import psycopg2

from odoo.tests import BaseCase
from odoo.tests.common import get_db_name

from .common import mail

try:
    from devtools import database, odoo_processes
    from devtools.dovecot import Dovecot
    from devtools.mail_servers import from_environment
except ImportError:  # the addon is tested outside its own repository
    from_environment = None

FAULTS = "odoo.addons.ticket_system.tests.faults"
LEDGER = """
    SELECT line.uid, line.message_id, line.state, message.id, ticket.id
    FROM ticket_mail line
    LEFT JOIN mail_message message ON message.id = line.mail_message_id
         AND message.message_id = line.message_id AND message.model = 'ticket.ticket'
    LEFT JOIN ticket_ticket ticket ON ticket.id = message.res_id
    WHERE line.server_id = %s ORDER BY line.id
"""
DOUBLED = """
    SELECT message_id FROM mail_message WHERE model = 'ticket.ticket'
    GROUP BY message_id HAVING count(*) > 1
"""


class FaultCase(BaseCase):
    """A database that is committed to, and processes that may be killed.

    Whatever happens, in the end each mail of the mailbox has one ledger line in the
    right state and one message of one ticket.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not from_environment or not from_environment():
            raise unittest.SkipTest("no mail servers: run by ./dev test")
        cls.database = f"ticket_faults_{os.getpid()}"
        database.drop(cls.database)
        database.clone(database.origin(get_db_name()), cls.database)
        cls.addClassCleanup(database.drop, cls.database)
        cls.files = database.FILESTORE / cls.database
        cls.connection = psycopg2.connect(dbname=cls.database)
        cls.connection.autocommit = True
        cls.addClassCleanup(cls.connection.close)
        cls.dovecot = Dovecot()
        cls.dovecot.start()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.processes = odoo_processes.OdooProcesses(cls.database)
        cls.addClassCleanup(cls.processes.close)

    def sql(self, query, *parameters):
        with self.connection.cursor() as cr:
            cr.execute(query, parameters)
            return cr.fetchall() if cr.description else None

    def make_accounts(self, count=1, **values):
        """[(id, address)] of new accounts, each with a mailbox of its own."""
        accounts = [
            {
                "name": f"faults.{secrets.token_hex(6)}@test.example",
                "server": self.dovecot.host,
                "port": self.dovecot.port,
                "password": self.dovecot.password,
                "use_ticket_system": True,
                "state": "done",
                **values,
            }
            for _ in range(count)
        ]
        for account in accounts:
            account["user"] = account["name"]
        self.run_to_end("make_accounts", accounts)
        rows = self.sql(
            "SELECT id, name FROM fetchmail_server WHERE name IN %s ORDER BY id",
            tuple(account["name"] for account in accounts),
        )
        return rows if count > 1 else rows[0]

    def deliver(self, address, count=1, **values):
        """The Message-IDs of mails new in the mailbox; the second answers the first."""
        identifiers = []
        for _ in range(count):
            identifier = f"<{secrets.token_hex(8)}@customer.example>"
            if identifiers:
                values["In_Reply_To"] = identifiers[0]
            raw = mail(to=address, message_id=identifier, **values)
            self.dovecot.deliver(address, raw)
            identifiers.append(identifier)
        return identifiers

    def start(self, function, *arguments):
        return self.processes.start(f"{FAULTS}:{function}", *arguments)

    def run_to_end(self, function, *arguments, status=0):
        found = self.processes.run(f"{FAULTS}:{function}", *arguments)
        if found != status:
            self.fail(f"{function} ended with {found}: {self.problems()}")

    def problems(self):
        return self.sql(
            """SELECT ticket_last_error FROM fetchmail_server WHERE use_ticket_system
               UNION SELECT error FROM ticket_mail"""
        )

    def assert_exact(self, account, delivered, state="done"):
        """The set of mails delivered and the set of those kept are the same."""
        lines = self.sql(LEDGER, account)
        self.assertEqual(sorted(line[1] for line in lines), sorted(delivered))
        self.assertEqual(len({line[0] for line in lines}), len(delivered), "UIDs")
        for _uid, identifier, found, message, ticket in lines:
            self.assertEqual(found, state, self.problems())
            if state == "done":
                self.assertTrue(message and ticket, identifier)
        self.assertEqual(self.sql(DOUBLED), [])
