"""The bytes of a mail as four widespread mail programs write them."""

import base64
import html
import quopri
import random
import struct
import textwrap
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

ATTACHMENT_SIZE = 50_000  # bytes, before base64


@dataclass(frozen=True)
class Person:
    name: str
    address: str
    program: str  # a key of PROGRAMS

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]


@dataclass(frozen=True)
class File:
    name: str
    mimetype: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True)
class Letter:
    """What a mail says, before any program gave it a form."""

    sender: Person
    to: str
    cc: str
    subject: str
    date: datetime
    message_id: str
    references: tuple[str, ...]  # the last one is answered
    paragraphs: list[str]
    quoted: list[str]
    files: list[File] = field(default_factory=list)


def render(letter: Letter, rng: random.Random) -> bytes:
    """The mail with CRLF line ends, as the sender's program writes it."""
    _, body = PROGRAMS[letter.sender.program]
    inline = [file for file in letter.files if file.content_id]
    attached = [file for file in letter.files if not file.content_id]
    part = body(letter, rng)
    if inline:
        part = _multipart("related", [part, *map(_file_part, inline)], rng)
    if attached:
        part = _multipart("mixed", [part, *map(_file_part, attached)], rng)
    return _headers(letter, rng) + part


# Bodies


def _plain(letter: Letter, rng: random.Random) -> bytes:
    return _text_part("plain", _as_text(letter))


def _alternative(letter: Letter, rng: random.Random) -> bytes:
    plain, rich = _as_text(letter), _as_html(letter, 'dir="ltr"')
    parts = [_text_part("plain", plain), _text_part("html", rich)]
    return _multipart("alternative", parts, rng)


def _outlook(letter: Letter, rng: random.Random) -> bytes:
    body = _as_html(letter, 'class="WordSection1"').replace(
        "<p>", '<p class="MsoNormal">'
    )
    rich = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f"<style><!--{_OUTLOOK_STYLE}--></style></head>"
        f'<body lang="DE" link="#0563C1" vlink="#954F72">{body}</body></html>'
    )
    parts = [_text_part("plain", _as_text(letter)), _text_part("html", rich)]
    return _multipart("alternative", parts, rng)


def _phone(letter: Letter, rng: random.Random) -> bytes:
    body = _as_html(letter, 'style="font-family: Helvetica; font-size: 15px;"')
    return _text_part("html", f'<html><body dir="auto">{body}</body></html>')


_OUTLOOK_STYLE = "\n".join(
    f"p.{name}, li.{name}, div.{name} {{margin:0cm; margin-bottom:.0001pt; "
    'font-size:11.0pt; font-family:"Calibri",sans-serif; mso-fareast-language:EN-US;}'
    for name in (
        "MsoNormal",
        "MsoListParagraph",
        "MsoPlainText",
        "E-MailFormatvorlage17",
    )
)
PLAIN_TEXT_PROGRAM = "Mozilla Thunderbird"
# By name: how many in a hundred people use it, and what it writes.
PROGRAMS: dict[str, tuple[int, Callable[[Letter, random.Random], bytes]]] = {
    PLAIN_TEXT_PROGRAM: (30, _plain),
    "Gmail": (35, _alternative),
    "Microsoft Outlook 16.0": (25, _outlook),
    "iPhone Mail (22B83)": (10, _phone),
}


def _as_text(letter: Letter) -> str:
    lines = [textwrap.fill(paragraph, 72) for paragraph in letter.paragraphs]
    text = "\n\n".join([*lines, f"-- \n{letter.sender.name}\n{letter.sender.domain}"])
    if letter.quoted:
        quote = textwrap.indent(textwrap.fill("\n".join(letter.quoted), 70), "> ")
        text += f"\n\nAm {letter.date:%d.%m.%Y} schrieb {letter.to}:\n{quote}"
    return text + "\n"


def _as_html(letter: Letter, attributes: str) -> str:
    body = "".join(f"<p>{html.escape(text)}</p>\n" for text in letter.paragraphs)
    signature = html.escape(letter.sender.name)
    images = "".join(
        f'<img src="cid:{file.content_id}" width="24" height="24" alt="Logo">'
        for file in letter.files
        if file.content_id
    )
    site = f'<a href="https://www.{letter.sender.domain}/">{letter.sender.domain}</a>'
    text = f'<div {attributes}>{body}<div><b style="color: #1f497d">{signature}</b><br>'
    text += f"{site}{images}</div></div>"
    if letter.quoted:
        quote = "".join(f"<p>{html.escape(line)}</p>" for line in letter.quoted)
        text += (
            f'<div class="gmail_quote">Am {letter.date:%d.%m.%Y} schrieb {letter.to}:'
            '<blockquote type="cite" style="margin: 0 0 0 .8ex; border-left: 1px solid '
            f'#ccc; padding-left: 1ex">{quote}</blockquote></div>'
        )
    return text


# Parts


def _text_part(subtype: str, text: str) -> bytes:
    encoded = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode() + encoded


def _file_part(file: File) -> bytes:
    fields = [
        f'Content-Type: {file.mimetype}; name="{file.name}"',
        "Content-Transfer-Encoding: base64",
    ]
    if file.content_id:
        fields.append(f'Content-Disposition: inline; filename="{file.name}"')
        fields.append(f"Content-ID: <{file.content_id}>")
    else:
        fields.append(f'Content-Disposition: attachment; filename="{file.name}"')
    encoded = base64.encodebytes(file.content).replace(b"\n", b"\r\n")
    return "\r\n".join([*fields, "", ""]).encode() + encoded


def _multipart(subtype: str, parts: list[bytes], rng: random.Random) -> bytes:
    boundary = f"=_{rng.getrandbits(96):024x}"
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'
    marked = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return head.encode() + marked + f"--{boundary}--\r\n".encode()


def logo(rng: random.Random) -> bytes:
    """A PNG image of 24 by 24 pixels."""
    row = b"\0" + rng.randbytes(3) * 24
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * 24, 0)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


# Headers


def _headers(letter: Letter, rng: random.Random) -> bytes:
    sender, domain, date = (
        letter.sender,
        letter.sender.domain,
        format_datetime(letter.date),
    )
    signature = base64.b64encode(rng.randbytes(256)).decode()
    folded = "\r\n ".join(textwrap.wrap(signature, 72))
    fields = [
        f"Return-Path: <{sender.address}>",
        f"Delivered-To: {letter.to}",
        *(
            f"Received: from {host} ([192.0.2.{rng.randint(1, 254)}])\r\n"
            f" by {by} with ESMTPS id {rng.getrandbits(64):016x}\r\n"
            f" for <{letter.to}>; {date}"
            for host, by in (
                ("mx.bench.example", "mail.bench.example"),
                (f"out.{domain}", "mx.bench.example"),
                (f"client.{domain}", f"out.{domain}"),
            )
        ),
        "Authentication-Results: mx.bench.example;\r\n"
        f" dkim=pass header.d={domain}; spf=pass smtp.mailfrom={sender.address}",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
        f" d={domain}; s=mail; h=from:to:subject:date:message-id;\r\n b={folded}",
        f"From: {_encoded(sender.name)} <{sender.address}>",
        f"To: Support <{letter.to}>",
        *([f"Cc: {letter.cc}"] if letter.cc else []),
        f"Subject: {_encoded(letter.subject)}",
        f"Date: {date}",
        f"Message-ID: {letter.message_id}",
        *(
            [
                f"In-Reply-To: {letter.references[-1]}",
                "References: " + "\r\n ".join(letter.references),
            ]
            if letter.references
            else []
        ),
        f"X-Mailer: {sender.program}",
        "MIME-Version: 1.0",
    ]
    return "\r\n".join([*fields, ""]).encode()


def _encoded(text: str) -> str:
    charset = None if text.isascii() else "utf-8"
    return Header(text, charset, header_name="Subject").encode(linesep="\r\n")
