"""The servers that other tests lean on do what a real mail system does."""

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from devtools.demo_mails import fill
from devtools.mail_servers import Dovecot, SmtpSink, Tls

MAIL = b"Subject: hello\r\n\r\n.dot\r\n"
ADDRESS = "support@demo.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def sink(dovecot: Dovecot) -> Iterator[SmtpSink]:
    server = SmtpSink(dovecot)
    server.serve()
    yield server
    server.close()


def test_deliveries_are_numbered_in_their_order(dovecot: Dovecot) -> None:
    when = datetime(2020, 1, 2, 3, 4, 5)
    for number in range(30):
        dovecot.deliver("order@x.example", b"%d" % number, internal_date=when)
    with dovecot.client("Order@X.example") as client:
        client.select_folder("INBOX")
        fetched = client.fetch(client.search(), ["BODY.PEEK[]", "INTERNALDATE"])
    bodies = [int(mail[b"BODY[]"]) for mail in fetched.values()]
    assert bodies == list(range(30))
    assert fetched[1][b"INTERNALDATE"] == when


def test_uidvalidity_changes_in_an_open_mailbox(dovecot: Dovecot) -> None:
    dovecot.deliver("uid@x.example", MAIL)
    with dovecot.client("uid@x.example") as client:
        before = client.select_folder("INBOX")[b"UIDVALIDITY"]
    dovecot.new_uidvalidity("uid@x.example")
    with dovecot.client("uid@x.example") as client:
        after = client.select_folder("INBOX")
        assert after[b"UIDVALIDITY"] > before
        assert client.search() == [1]


def test_passwords_are_changed_and_users_refused(dovecot: Dovecot) -> None:
    dovecot.set_password("changed@x.example", "new")
    dovecot.set_password("refused@x.example", None)
    dovecot.client("changed@x.example").logout()
    for user in ("changed@x.example", "refused@x.example"):
        with IMAPClient("127.0.0.1", dovecot.port, ssl=False) as client:
            with pytest.raises(LoginError):
                client.login(user, dovecot.password)


def test_both_ports_speak_tls_with_a_certificate_of_our_authority(
    dovecot: Dovecot,
) -> None:
    context = ssl.create_default_context(cafile=dovecot.ca_file)
    with IMAPClient("localhost", dovecot.tls_port, ssl_context=context) as client:
        client.login(ADDRESS, dovecot.password)
    with IMAPClient("localhost", dovecot.port, ssl=False) as client:
        client.starttls(context)
        client.login(ADDRESS, dovecot.password)


@pytest.mark.parametrize(
    "tls", [Tls(trusted=False), Tls(expired=True), Tls(hosts=("other.example",))]
)
def test_certificates_with_a_fault(tls: Tls) -> None:
    server = Dovecot(tls=tls)
    server.start()
    context = ssl.create_default_context(cafile=server.ca_file)
    with pytest.raises(ssl.SSLCertVerificationError):
        IMAPClient("localhost", server.tls_port, ssl_context=context)
    server.stop()


def test_a_server_without_tls() -> None:
    server = Dovecot(tls=Tls(offered=False))
    server.start()
    with IMAPClient("localhost", server.port, ssl=False) as client:
        assert b"STARTTLS" not in client.capabilities()
    server.stop()


def test_a_crash_cuts_connections_and_keeps_the_mail(dovecot: Dovecot) -> None:
    dovecot.deliver("crash@x.example", MAIL)
    client = dovecot.client("crash@x.example")
    dovecot.kill()
    with pytest.raises((IMAPClientError, OSError)):
        client.noop()
    dovecot.start()
    with dovecot.client("crash@x.example") as client:
        assert client.select_folder("INBOX")[b"EXISTS"] == 1


def test_the_sink_delivers_and_remembers(dovecot: Dovecot, sink: SmtpSink) -> None:
    with smtplib.SMTP(sink.host, sink.port) as smtp:
        smtp.sendmail("a@x.example", ["b@x.example", "c@x.example"], MAIL)
    head = b"Return-Path: <a@x.example>\r\nDelivered-To: c@x.example\r\n"
    assert dovecot.messages("c@x.example") == [head + MAIL]
    (received,) = sink.received
    assert received.raw == MAIL
    assert received.recipients == ("b@x.example", "c@x.example")
    sink.clear()
    assert sink.received == []


def test_the_sinks_failures(sink: SmtpSink) -> None:
    sink.refuse("gone@x.example", 551)
    with smtplib.SMTP(sink.host, sink.port) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            smtp.sendmail("a@x.example", "gone@x.example", MAIL)
        assert refused.value.recipients["gone@x.example"][0] == 551
        sink.accept_all()
        smtp.sendmail("a@x.example", "gone@x.example", MAIL)
    sink.stop()
    with smtplib.SMTP(sink.host, sink.port) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused):
            smtp.sendmail("a@x.example", "gone@x.example", MAIL)
    sink.start()


def test_the_demo_fills_three_mailboxes(dovecot: Dovecot) -> None:
    fill(dovecot, datetime(2026, 5, 4, 12, tzinfo=UTC))
    for name in ("support", "accounting", "sales"):
        assert len(dovecot.messages(f"{name}@demo.example")) == 8
