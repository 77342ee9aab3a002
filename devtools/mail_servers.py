"""Dovecot and the SMTP sink together: one process beside the tests or Odoo.

The tests reach it by ``from_environment``; ``python -m devtools.mail_servers`` runs it,
prints one JSON object when it is ready and ends at the end of its standard input.
"""

import json
import os
import sys
from pathlib import Path

from devtools import ports
from devtools.certificates import Tls
from devtools.dovecot import Dovecot
from devtools.mail_process import VARIABLE
from devtools.mailboxes import Mailboxes
from devtools.processes import terminate_on_signals
from devtools.smtp_sink import Received, SmtpSink

# Ports for servers whose mailboxes last, so that a mail program finds them again.
LASTING = (10143, 10993, 10025)

__all__ = ["Dovecot", "Mailboxes", "Received", "SmtpSink", "Tls", "from_environment"]


def from_environment() -> tuple[Mailboxes, SmtpSink] | None:
    """The servers that ``./dev test`` started, None outside of it."""
    description = os.environ.get(VARIABLE)
    if not description:
        return None
    known = json.loads(description)
    mailboxes = Mailboxes(
        Path(known["directory"]),
        known["password"],
        known["imap_port"],
        known["imap_tls_port"],
    )
    return mailboxes, SmtpSink(mailboxes, known["smtp_port"])


def serve(directory: Path | None, password: str | None) -> None:
    """Run both servers until standard input ends or a signal comes."""
    terminate_on_signals()
    dovecot = Dovecot(directory, password=password)
    sink = SmtpSink(dovecot)
    if directory:
        dovecot.port, dovecot.tls_port, sink.port = map(ports.first_free, LASTING)
    try:
        dovecot.start()
        sink.serve()
        print(json.dumps(describe(dovecot, sink)), flush=True)
        sys.stdin.read()
    finally:
        sink.close()
        dovecot.stop()


def describe(dovecot: Dovecot, sink: SmtpSink) -> dict[str, str | int]:
    return {
        "imap_host": dovecot.host,
        "imap_port": dovecot.port,
        "imap_tls_port": dovecot.tls_port,
        "ca_file": dovecot.ca_file,
        "smtp_host": sink.host,
        "smtp_port": sink.port,
        "password": dovecot.password,
        "directory": str(dovecot.directory),
    }


if __name__ == "__main__":
    given = sys.argv[1:]
    serve(Path(given[0]) if given else None, given[1] if given[1:] else None)
