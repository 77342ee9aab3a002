"""winmail.dat (MS-OXTNEF), as Outlook wraps its files, turned into MIME.

The format is old, its reader trusts what it reads, and the senders are strangers: so it
is read by a process of its own, with bounded time and memory.
"""

from __future__ import annotations

import mimetypes
import os
import resource
import subprocess
import sys
from email.message import EmailMessage
from typing import Any

SECONDS = 20
MEMORY = 2**30  # bytes
MAX_DEPTH = 5


def to_mime(data: bytes) -> bytes | None:
    """The same content as a MIME message; None if it cannot be read."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", __file__],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def _message(tnef: Any, depth: int) -> EmailMessage:
    message = EmailMessage()
    text, html = _text(tnef.body), _text(tnef.htmlbody)
    if text or not html:
        message.set_content(text)
    if html:
        (message.add_alternative if text else message.set_content)(html, "html")
    for attachment in tnef.attachments:
        name = _name(attachment)
        embedded = getattr(attachment, "embed", None)
        if embedded and depth < MAX_DEPTH:
            message.add_attachment(_message(embedded, depth + 1), filename=name)
        else:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            maintype, _, subtype = kind.partition("/")
            content = bytes(attachment.data)
            message.add_attachment(content, maintype, subtype, filename=name)
    return message


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value or "").replace("\x00", "")


def _name(attachment: Any) -> str:
    try:
        name = _text(attachment.long_filename())
    except UnicodeDecodeError:
        name = ""
    return "".join(c for c in name if c.isprintable()) or "file"


def _serve() -> None:
    from tnefparse import TNEF

    data = sys.stdin.buffer.read()
    # in proportion to the size: what takes longer was made to take long
    seconds = 2 + len(data) // 2**23
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    tnef = TNEF(data, do_checksum=False)
    if tnef.attachments or tnef.body or tnef.htmlbody:
        sys.stdout.buffer.write(_message(tnef, 0).as_bytes())


if __name__ == "__main__":
    _serve()
