import secrets

from odoo.tests import tagged

from .fault_case import LEDGER, FaultCase
from .faults import BATCH


@tagged("post_install", "-at_install", "mail_servers")
class TestFullDisk(FaultCase):
    """A file cannot be written: the mail waits whole, and nothing is cut short."""

    LIMIT = 60 * 1024

    def attachment(self, size):
        content = secrets.token_bytes(size)
        return [("data.bin", content, "application", "octet-stream")], content

    def test_attachment(self):
        """P2: quarantined as a whole wherever it stands in the batch; retried later"""
        for position in range(BATCH):
            with self.subTest(position=position):
                account, address = self.make_accounts()
                files, content = self.attachment(100_000)
                delivered = []
                for place in range(BATCH):
                    poison = {"attachments": files} if place == position else {}
                    delivered += self.deliver(address, **poison)
                self.run_to_end("fetch_on_small_disk", account, self.LIMIT)
                states = [line[2] for line in self.sql(LEDGER, account)]
                wanted = ["done"] * BATCH
                wanted[position] = "quarantined"
                self.assertEqual(states, wanted)
                self.run_to_end("retry_quarantined")
                self.assert_exact(account, delivered)
                self.assert_stored(account, content)

    def test_original(self):
        """P2: not even the original can be kept: the account waits, and says why"""
        account, address = self.make_accounts()
        files, content = self.attachment(400_000)
        delivered = self.deliver(address)
        delivered += self.deliver(address, attachments=files)
        self.run_to_end("fetch_on_small_disk", account, self.LIMIT, status=1)
        problem = "SELECT ticket_last_error FROM fetchmail_server WHERE id = %s"
        self.assertIn("File too large", self.sql(problem, account)[0][0])
        self.run_to_end("fetch", account)
        self.assert_exact(account, delivered)
        self.assert_stored(account, content)

    def test_large_mail(self):
        """P2: a mail of 60 MB arrives whole"""
        account, address = self.make_accounts()
        files, content = self.attachment(44 * 2**20)
        delivered = self.deliver(address, attachments=files)
        self.run_to_end("fetch", account)
        self.assert_exact(account, delivered)
        self.assert_stored(account, content)

    def assert_stored(self, account, content):
        names = self.sql(
            """SELECT file.store_fname FROM ir_attachment file
               JOIN message_attachment_rel rel ON rel.attachment_id = file.id
               JOIN ticket_mail line ON line.mail_message_id = rel.message_id
               WHERE line.server_id = %s""",
            account,
        )
        self.assertEqual(len(names), 1)
        self.assertEqual((self.files / names[0][0]).read_bytes(), content)
