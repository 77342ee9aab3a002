"""Fill the demo's mailboxes from ``demo/*.toml``; a mail's age counts back from now."""

import struct
import sys
import tomllib
import zlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from devtools.mailboxes import Mailboxes

CONTENTS = Path(__file__).parent / "demo"
CALENDAR = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//demo//EN\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}\r
DTSTART:{start:%Y%m%dT%H%M%SZ}\r
DTEND:{end:%Y%m%dT%H%M%SZ}\r
SUMMARY:{summary}\r
ORGANIZER:mailto:{organizer}\r
END:VEVENT\r
END:VCALENDAR\r
"""


def fill(mailboxes: Mailboxes, now: datetime) -> None:
    """Deliver every mail of the demo; ``now`` is aware."""
    for path in sorted(CONTENTS.glob("*.toml")):
        contents = tomllib.loads(path.read_text())
        identifiers: dict[str, str] = {}
        for mail in contents["mail"]:
            when = now - timedelta(hours=mail["hours_ago"])
            message = compose(mail, contents["address"], when, identifiers)
            raw = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            mailboxes.deliver(contents["address"], raw, internal_date=when)


def compose(
    mail: dict[str, Any], address: str, when: datetime, identifiers: dict[str, str]
) -> EmailMessage:
    """One mail; ``identifiers`` collects the Message-ID of each subject."""
    message = EmailMessage()
    domain = mail["from"].rpartition("@")[2].rstrip(">")
    message["From"] = mail["from"]
    message["To"] = address
    if "cc" in mail:
        message["Cc"] = mail["cc"]
    message["Subject"] = mail["subject"]
    message["Date"] = format_datetime(when)
    message["Message-ID"] = make_msgid(domain=domain)
    if "reply_to_mail" in mail:
        message["In-Reply-To"] = identifiers[mail["reply_to_mail"]]
        message["References"] = identifiers[mail["reply_to_mail"]]
    for name, value in mail.get("headers", {}).items():
        message[name] = value
    identifiers[mail["subject"]] = message["Message-ID"]
    message.set_content(mail["text"].lstrip(), charset=mail.get("charset", "utf-8"))
    if "html" in mail:
        message.add_alternative(mail["html"].lstrip(), subtype="html")
        page = message.get_body(("html",))
        assert page
        for identifier, name in mail.get("inline", {}).items():
            page.add_related(
                png(name), "image", "png", cid=f"<{identifier}>", filename=name
            )
    if "calendar" in mail:
        message.add_alternative(
            calendar(mail, when), subtype="calendar", params={"method": "REQUEST"}
        )
    for name in mail.get("files", []):
        content, mimetype = file(name)
        message.add_attachment(content, *mimetype.split("/"), filename=name)
    return message


def file(name: str) -> tuple[bytes, str]:
    """Content and type that fit the name's suffix."""
    suffix = name.rpartition(".")[2]
    if suffix == "pdf":
        return pdf(name), "application/pdf"
    if suffix == "png":
        return png(name), "image/png"
    rows = "".join(f"{number};7F-{20900 + 7 * number}\r\n" for number in range(1, 40))
    return f"no;number\r\n{rows}".encode(), "text/csv"


def pdf(title: str) -> bytes:
    """A page of A4 that shows ``title``."""
    shown = title.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    text = f"BT /F1 24 Tf 72 760 Td ({shown}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
        b" /Encoding /WinAnsiEncoding >>",
    ]
    document = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, len(document))
    )


def png(name: str, width: int = 320, height: int = 200) -> bytes:
    """A ring on a gradient, in a colour that depends on ``name``."""
    hue = zlib.crc32(name.encode())
    red, green, blue = (hue >> shift & 127 for shift in (0, 8, 16))
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            distance = ((x - width / 2) ** 2 + (y - height / 2) ** 2) ** 0.5
            light = 128 if 60 < distance < 80 else x * 100 // width
            rows += bytes((red + light, green + light, blue + light))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def calendar(mail: dict[str, Any], when: datetime) -> str:
    """An invitation to an hour at ten, five days after the mail."""
    start = (when + timedelta(days=5)).replace(hour=10, minute=0, second=0)
    return CALENDAR.format(
        uid=make_msgid(domain="demo.example"),
        stamp=when,
        start=start,
        end=start + timedelta(hours=1),
        summary=mail["calendar"],
        organizer=mail["from"].partition("<")[2].rstrip(">"),
    )


if __name__ == "__main__":
    fill(Mailboxes(Path(sys.argv[1]), password=""), datetime.now(UTC))
