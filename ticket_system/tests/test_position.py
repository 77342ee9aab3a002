from odoo.tests import tagged

from odoo.addons.ticket_system.mailflow.mailbox import RawMail

from .common import TicketCase, mail


@tagged("post_install", "-at_install")
class TestPosition(TicketCase):
    """P1, P2: which mails of a mailbox are new, whatever the account is changed to"""

    def fetch(self, uidvalidity, *uids):
        source = next(self.account._ticket_sources())
        mails = [RawMail(uid, mail(f"{source} {uid}"), None) for uid in uids]
        return self.account._ticket_write_batch(source, uidvalidity, mails)

    def position(self, uidvalidity):
        source = next(self.account._ticket_sources())
        return self.account._ticket_position(source, uidvalidity)

    def test_folder_and_back(self):
        """A folder that is fetched again goes on where it was left; another one starts
        anew, also with the same UIDVALIDITY (RFC 3501, 2.3.1.1: unique for a name)"""
        self.fetch(10, 1, 2, 3)
        self.account.ticket_folder = "Support"
        for uidvalidity in (10, 20):
            self.assertEqual(self.position(uidvalidity), 0)
            self.fetch(uidvalidity, 1, 2)
        self.account.ticket_folder = "INBOX"
        self.assertEqual(self.position(10), 3)
        self.fetch(10, 3, 4)
        lines = self.env["ticket.mail"].search([("folder", "=", "INBOX")], order="uid")
        self.assertEqual(lines.mapped("uid"), [1, 2, 3, 4])

    def test_uidvalidity_and_back(self):
        """A server that was restored from a backup"""
        self.fetch(10, 1, 2)
        self.fetch(20, 1)
        self.assertEqual(self.position(10), 2)
        self.fetch(10, 2, 3)
        self.assertEqual(self.position(10), 3)

    def test_mailbox_and_back(self):
        """Another login or server is another mailbox; nothing is done there that was
        due in the former one"""
        self.account.ticket_after_fetch = "delete"
        former = {"user": self.account.user, "server": self.account.server}
        lines = self.env["ticket.mail"]
        for values in ({"user": "service@test.example"}, {"server": "127.0.0.2"}):
            last = self.position(1)
            self.fetch(1, last + 1, last + 2)
            self.account.write(values)
            self.assertEqual(self.position(1), 0)
            self.assertFalse(lines.search([("folder", "=", "INBOX")]))
            self.fetch(1, 1)
            self.account.write(former)
            self.assertEqual(self.position(1), last + 2)
        self.assertEqual(set(lines.search([]).mapped("state")), {"done"})

    def test_mailbox_of_an_import(self):
        """What came from files stays known whatever mailbox there is"""
        line = self.take_in(mail())
        line.folder = "import abc"
        self.account.user = "service@test.example"
        self.assertEqual(line.folder, "import abc")

    def test_changed_meanwhile(self):
        """What is being fetched from the former mailbox is not taken for the new
        one's"""
        source = next(self.account._ticket_sources())
        for values in ({"ticket_folder": "Support"}, {"user": "x@test.example"}):
            former = {name: self.account[name] for name in values}
            self.account.write(values)
            mails = [RawMail(1, mail(), None)]
            self.assertFalse(self.account._ticket_write_batch(source, 1, mails))
            self.account.write(former)
        self.assertTrue(self.account._ticket_write_batch(source, 1, mails))
