"""``./dev mail``: play the customer against the servers of a running ``./dev run``."""

import imaplib
import json
import mimetypes
import smtplib
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import localtime, make_msgid
from imaplib import Internaldate2tuple
from pathlib import Path

from devtools.console import Failure, say
from devtools.demo_setup import ACCOUNTS
from devtools.running import DESCRIPTION


def send(
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    *,
    cc: str = "",
    files: Sequence[Path] = (),
) -> None:
    """Mail ``text``; an answer to a ticket carries its number in the subject."""
    servers = _servers()
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    if cc:
        message["Cc"] = cc
    message["Subject"] = subject
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
    message.set_content(text)
    for file in files:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        message.add_attachment(
            file.read_bytes(),
            *kind.split("/"),
            filename=file.name,
        )
    with smtplib.SMTP(str(servers["smtp_host"]), int(servers["smtp_port"])) as smtp:
        smtp.send_message(message)
    say(f"Delivered to {recipient}. {_what_follows(recipient)}")


def _what_follows(recipient: str) -> str:
    fetched = [f"{name}@demo.example" for name in ACCOUNTS]
    if recipient in fetched:
        return "Within a minute it is a ticket."
    return f"Odoo fetches {', '.join(fetched)}, and what accounts you have added."


def read(address: str) -> None:
    """Print the newest mail in the mailbox of ``address``."""
    if not address.isascii():
        raise Failure(f"{address} cannot log in: IMAP takes ASCII (RFC 3501, 9).")
    servers = _servers()
    with imaplib.IMAP4(str(servers["imap_host"]), int(servers["imap_port"])) as imap:
        imap.login(address, str(servers["password"]))
        _, (count,) = imap.select(readonly=True)
        if not count or count == b"0":
            raise Failure(f"{address} has no mail yet.")
        _, dates = imap.fetch("1:*", "(INTERNALDATE)")
        lines = [line for line in dates if isinstance(line, bytes)]
        newest = max(lines, key=lambda line: (Internaldate2tuple(line), line))
        _, data = imap.fetch(newest.split()[0].decode(), "(BODY.PEEK[])")
    assert isinstance(data[0], tuple)
    print(as_text(message_from_bytes(data[0][1], policy=policy.default)))


def as_text(message: EmailMessage) -> str:
    """Its main fields, its text, and a line for each file."""
    lines = [
        f"{name}: {message[name]}"
        for name in ("From", "To", "Cc", "Date", "Subject")
        if message[name]
    ]
    body = message.get_body(("plain", "html"))
    lines += ["", body.get_content() if body else ""]
    lines += map(_described, _files(message))
    return "\n".join(lines)


def _files(message: MIMEPart) -> Iterator[MIMEPart]:
    """Attachments, and pictures shown in the text; not what a forwarded mail holds."""
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_filename() or part.get_content_type() == "message/rfc822":
            yield part
        else:
            yield from _files(part)


def _described(file: MIMEPart) -> str:
    content = file.get_payload(decode=True)
    size = len(content if isinstance(content, bytes) else file.as_bytes())
    return f"Attachment: {file.get_filename() or 'mail.eml'} ({size:,} bytes)"


def _servers() -> dict[str, str | int]:
    try:
        servers: dict[str, str | int] = json.loads(DESCRIPTION.read_text())
    except FileNotFoundError:
        raise Failure("The mail servers run only while ./dev run does.") from None
    return servers
