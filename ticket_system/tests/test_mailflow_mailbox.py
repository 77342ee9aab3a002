import logging
import secrets
import socket
import traceback
import tracemalloc
import unittest
from datetime import date, datetime
from unittest.mock import patch

from odoo.tests import BaseCase

from odoo.addons.ticket_system.mailflow import connection, mailbox
from odoo.addons.ticket_system.mailflow.errors import (
    CertificateRefused,
    EncryptionMissing,
    FolderMissing,
    LoginRefused,
    MailboxError,
    Unreachable,
)
from odoo.addons.ticket_system.mailflow.mailbox import Mailbox, Security

from .common import mail
from .hostile import drip, flood, hostile

try:
    from devtools.certificates import Tls
    from devtools.dovecot import Dovecot
    from devtools.mail_servers import from_environment
except ImportError:  # the addon is tested outside its own repository
    from_environment = None

PASSWORD = "the-secret-word"


def connect(port, security=Security.NONE, timeout=5, password=PASSWORD, **options):
    def login(shim):
        shim.login("support@test.example", password)

    host = options.pop("host", "127.0.0.1")
    return Mailbox.connect(host, port, security, login, timeout=timeout, **options)


class TestHostileServer(BaseCase):
    """Threats 24, 25: bounded in time and memory, plain words, no secret told"""

    def assert_fails(self, port, error=MailboxError, **options):
        """Fetch from the server; return the sentence in which it fails."""
        tracemalloc.start()
        with (
            patch.object(mailbox, "ANSWER_SECONDS", 1.0),
            patch.object(mailbox, "MAILS_SECONDS", 1.0),
            patch.object(mailbox, "FAREWELL_SECONDS", 0.2),
            patch.object(connection, "GREETING_SECONDS", 1.0),
            self.assertRaises(error) as caught,
        ):
            with connect(port, **options) as box:
                box.open("INBOX")
                list(box.batches(box.uids_after(0)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 100 * 2**20)
        told = "".join(traceback.format_exception(caught.exception))
        self.assertNotIn(PASSWORD, told)
        sentence = str(caught.exception)
        self.assertRegex(sentence, r"^(The|No) .*[.?]$")
        return sentence

    def test_greeting(self):
        for name, greeting in {
            "silence": lambda connection: connection.recv(1),
            "drip": drip,
            "flood": flood(b"* OK hello\r\n"),
            "line without end": flood(b"x" * 100),
            "farewell": b"* BYE too many connections\r\n",
            "nonsense": b"220 smtp.example ESMTP\r\n",
        }.items():
            with self.subTest(name), hostile(greeting=greeting) as server:
                self.assert_fails(server.port, timeout=1)

    def test_answers(self):
        size = b"* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n"
        for name, answers in {
            "login hangs": {"LOGIN": drip},
            "login floods": {"LOGIN": flood(b"* 1 EXISTS\r\n")},
            "line without end": {"LOGIN": flood(b"x" * 1000)},
            "no capability": {"CAPABILITY": b""},
            "no uidvalidity": {"SELECT": b"* 3 EXISTS\r\n"},
            "search of words": {"SEARCH": b"* SEARCH one two\r\n"},
            "search without end": {"SEARCH": flood(b"* SEARCH 1 2 3\r\n")},
            "search answers drip": {"SEARCH": drip},
            "literal of 4 GB": {
                "SEARCH": b"* SEARCH 1\r\n",
                "FETCH": b"* 1 FETCH (UID 1 BODY[] {4294967295}\r\n",
            },
            "sizes of words": {
                "SEARCH": b"* SEARCH 1\r\n",
                "FETCH": b"* 1 FETCH (UID 1 RFC822.SIZE many)\r\n",
            },
            "cut in a literal": {
                "SEARCH": b"* SEARCH 1\r\n",
                "FETCH": lambda connection, tag: (
                    connection.sendall(size + b"* 1 FETCH (UID 1 BODY[] {10}\r\nabc"),
                    connection.close(),
                ),
            },
            "farewell": {
                "SEARCH": lambda connection, tag: (
                    connection.sendall(b"* BYE going down\r\n"),
                    connection.close(),
                )
            },
            "refusal": {
                "SEARCH": lambda connection, tag: connection.sendall(
                    tag + b" NO not today\r\n"
                )
            },
            "another's tag": {
                "SEARCH": lambda connection, tag: connection.sendall(b"Z99 OK done\r\n")
            },
        }.items():
            with self.subTest(name), hostile(answers) as server:
                self.assert_fails(server.port, timeout=2)

    def test_unasked(self):
        """Mails that were not asked for are left out; those missing too"""
        answers = {
            "SEARCH": b"* SEARCH 1 2\r\n* 9 EXISTS\r\n* OK by the way\r\n",
            "FETCH": b"* 1 FETCH (UID 1 RFC822.SIZE 3 BODY[]<0> {3}\r\nabc)\r\n"
            b"* 9 FETCH (UID 77 RFC822.SIZE 3 BODY[]<0> {3}\r\nxyz)\r\n",
        }
        with hostile(answers) as server, connect(server.port) as box:
            box.open("INBOX")
            mails = [m for batch in box.batches(box.uids_after(0)) for m in batch]
        self.assertEqual([(m.uid, m.raw) for m in mails], [(1, b"abc")])

    def test_more_than_fit(self):
        """P2: of a folder with more mails than one answer may bring, the first come"""

        def search(connection, tag):
            first, last = server.heard[-1].split()[-1].split(b":")
            last = 2_000_000 if last == b"*" else int(last)
            uids = b" ".join(b"%d" % uid for uid in range(int(first), last + 1))
            connection.sendall(b"* SEARCH %b\r\n%b OK done\r\n" % (uids, tag))

        selected = b"* OK [UIDVALIDITY 7] \r\n* OK [UIDNEXT 2000001] \r\n"
        answers = {"SELECT": selected, "SEARCH": search}
        with hostile(answers) as server, connect(server.port) as box:
            box.open("INBOX")
            for last_uid, count in ((0, 500_000), (1_990_000, 10_000)):
                found = box.uids_after(last_uid)
                self.assertEqual((found[0], len(found)), (last_uid + 1, count))

    def test_nothing_of_a_mail(self):
        """P2: one that is there, but of which the server gives nothing (RFC 3501,
        7.4.2: NIL), is told; an empty one is a mail"""
        sizes = b"* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[]<0> NIL)\r\n"
        sizes += b"* 2 FETCH (UID 2 RFC822.SIZE 9)\r\n"
        sizes += b'* 3 FETCH (UID 3 RFC822.SIZE 0 BODY[]<0> "")\r\n'
        answers = {"SEARCH": b"* SEARCH 1 2 3 4\r\n", "FETCH": sizes}
        with hostile(answers) as server, connect(server.port) as box:
            box.open("INBOX")
            [mails] = box.batches(box.uids_after(0))
        found = [(m.uid, m.raw, m.is_cut, m.size) for m in mails]
        nothing = [(1, b"", True, 9), (2, b"", True, 9), (3, b"", False, 0)]
        self.assertEqual(found, nothing)

    def test_encryption_missing(self):
        with hostile() as server:
            self.assert_fails(server.port, EncryptionMissing, security="starttls")
        self.assertFalse([line for line in server.heard if b"LOGIN" in line])

    def test_encryption_injected(self):
        """What comes in clear behind STARTTLS is not read as an answer"""
        greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"
        capability = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"

        def inject(connection, tag):
            connection.sendall(tag + b" OK go\r\n* CAPABILITY IMAP4rev1 EVIL\r\n")
            connection.recv(1)

        answers = {"CAPABILITY": capability, "STARTTLS": inject}
        with hostile(answers, greeting) as server:
            self.assert_fails(server.port, security="starttls", timeout=1)
        self.assertFalse([line for line in server.heard if b"LOGIN" in line])

    def test_password_is_told_to_nobody(self):
        def echo(connection, tag):
            connection.sendall(tag + b" NO wrong: " + PASSWORD.encode() + b"\r\n")

        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("imapclient").setLevel(logging.DEBUG)
            logging.getLogger(__name__).debug("at least one record")
            with hostile({"LOGIN": echo}) as server:
                self.assert_fails(server.port, LoginRefused)
        logging.getLogger("imapclient").setLevel(logging.NOTSET)
        self.assertNotIn(PASSWORD, "\n".join(logs.output))

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        sentence = self.assert_fails(port, Unreachable)
        self.assertIn("cannot be reached", sentence)
        sentence = self.assert_fails(1, Unreachable, host="no-such-host.invalid")
        self.assertIn("name of the server is unknown", sentence)

    def test_wrong_security(self):
        with hostile() as server:
            self.assert_fails(server.port, EncryptionMissing, security="ssl")


class TestDovecot(BaseCase):
    """The real server"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        servers = from_environment and from_environment()
        if not servers:
            raise unittest.SkipTest("no mail servers: run by ./dev test")
        cls.dovecot = servers[0]

    def setUp(self):
        super().setUp()
        self.address = f"box.{secrets.token_hex(6)}@test.example"

    def connect(self, server=None, security=Security.NONE, password=None, **options):
        server = server or self.dovecot
        port = server.tls_port if security == Security.TLS else server.port

        def login(shim):
            shim.login(self.address, password or server.password)

        host = options.pop("host", server.host)
        return Mailbox.connect(host, port, security, login, timeout=10, **options)

    def deliver(self, *subjects, folder="INBOX", **values):
        for subject in subjects:
            self.dovecot.deliver(self.address, mail(subject), folder, **values)

    def fetch(self, box, last_uid=0, **options):
        uids = box.uids_after(last_uid)
        return [[m.uid for m in batch] for batch in box.batches(uids, **options)]

    def test_refusals(self):
        with self.assertRaises(LoginRefused):
            self.connect(password="wrong")
        with self.connect() as box, self.assertRaisesRegex(FolderMissing, "Gone"):
            box.open("Gone")

    def test_batches(self):
        self.deliver("a", "b", "c", "d", "e")
        with self.connect() as box:
            box.open("INBOX")
            self.assertEqual(self.fetch(box, max_count=2), [[1, 2], [3, 4], [5]])
            self.assertEqual(self.fetch(box, max_bytes=10), [[1], [2], [3], [4], [5]])
            self.assertEqual(self.fetch(box, last_uid=3), [[4, 5]])
            self.assertEqual(self.fetch(box, last_uid=5), [])
            box.delete([2])
            gone = [[m.uid for m in batch] for batch in box.batches([1, 2, 3])]
            self.assertEqual(gone, [[1, 3]])
        client = self.dovecot.client(self.address)
        client.select_folder("INBOX")
        self.assertEqual(client.search("UNSEEN"), [1, 3, 4, 5])
        client.logout()

    def test_cut(self):
        """Too large a mail comes without its end, and with its real size"""
        when = datetime(2026, 2, 1, 12)
        self.dovecot.deliver(
            self.address, mail(body="x\n" * 999), "INBOX", internal_date=when
        )
        with self.connect() as box, patch.object(mailbox, "MAIL_BYTES", 1000):
            box.open("INBOX")
            self.assertEqual(box.count, 1)
            [[found]] = box.batches([1])
        self.assertTrue(found.is_cut)
        self.assertEqual(len(found.raw), 1000)
        self.assertGreater(found.size, 2000)
        self.assertEqual(found.internal_date, when)

    def test_since(self):
        self.deliver("old", internal_date=datetime(2026, 1, 1, 12))
        self.deliver("new", internal_date=datetime(2026, 2, 1, 12))
        with self.connect() as box:
            box.open("INBOX")
            self.assertEqual(box.uids_after(0, since=date(2026, 1, 15)), [2])
            [[raw]] = box.batches([1])
            self.assertEqual(raw.internal_date, datetime(2026, 1, 1, 12))

    def test_afterwards_twice(self):
        """Each action may be repeated"""
        self.deliver("a", "b", "c")
        folder = "Erledigt/Küche & Bad"
        with self.connect() as box:
            box.open("INBOX")
            for _ in range(2):
                box.mark_seen([1])
                box.move([2], folder)
                box.delete([3])
            box.append("Sent", b"Subject: sent\r\n\r\n")
            box.open(folder, readonly=True)
            self.assertEqual(box.count, 1)
        self.assertEqual(len(self.dovecot.messages(self.address)), 1)
        self.assertEqual(len(self.dovecot.messages(self.address, "Sent")), 1)

    def test_uidvalidity(self):
        self.deliver("a")
        with self.connect() as box:
            before = box.open("INBOX")
        self.dovecot.new_uidvalidity(self.address)
        with self.connect() as box:
            self.assertNotEqual(box.open("INBOX"), before)

    def test_encrypted(self):
        for security in (Security.TLS, Security.STARTTLS):
            ca_file = self.dovecot.ca_file
            with (
                self.subTest(security),
                self.connect(security=security, ca_file=ca_file) as box,
            ):
                box.open("INBOX")

    def test_certificates(self):
        """Wrong authority, wrong host, expired: refused, on both ports"""
        with self.assertRaisesRegex(CertificateRefused, "not valid"):
            self.connect(security=Security.TLS)
        for tls in (Tls(hosts=("other.example",)), Tls(expired=True)):
            server = Dovecot(tls=tls)
            server.start()
            self.addCleanup(server.stop)
            for security in (Security.TLS, Security.STARTTLS):
                with (
                    self.subTest(tls=tls, security=security),
                    self.assertRaisesRegex(CertificateRefused, "certificate"),
                ):
                    self.connect(server, security, ca_file=server.ca_file)
