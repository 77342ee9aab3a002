"""Bytes → IncomingMessage. Never raises on a malformed mail; keeps what it can."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from email.parser import BytesParser
from html import escape

from asn1crypto import cms

from . import headers as fields
from . import invitation, tnef
from .bodies import TEXT_LIMIT, Body, html_of, plain_of, unflow
from .charset import decode
from .embedded import take_out_images
from .headers import decoded
from .report import DeliveryReport, read_report

MAX_DEPTH = 50
MAX_PARTS = 500
MAX_WRAPPERS = 5
HEADERS_LIMIT = 500
NESTING = re.compile(rb"^content-type:\s*(?:multipart/|message/rfc822)", re.I | re.M)
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
HASHED = ("from", "to", "cc", "subject", "date", "message-id", "content-type")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox; `email` in lower case, "" if there is none."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the mail. `content_id` without brackets, "" if none."""

    filename: str
    mimetype: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A mail as a good mail program would show it.

    `references` are References and In-Reply-To, oldest first. `return_path` is None if
    the field is missing and "" for the null path of bounces. `date` is naive UTC.
    `fields` are all header fields as they came, to be read by `header` and `headers`.
    `defects` tells what was wrong and repaired.
    """

    message_id: str = ""
    references: tuple[str, ...] = ()
    sender: Address = Address("", "")
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    return_path: str | None = None
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    report: DeliveryReport | None = None
    fields: tuple[tuple[str, str], ...] = ()
    content_hash: str = ""
    defects: tuple[str, ...] = ()
    is_encrypted: bool = False

    def header(self, name: str) -> str:
        """The text of the first field of that name, "" if there is none."""
        name = name.lower()
        for found, value in self.fields:
            if found.lower() == name:
                return decoded(value)
        return ""

    def headers(self) -> Iterator[tuple[str, str]]:
        """(name, text) of every field."""
        return ((name, decoded(value)) for name, value in self.fields)


def parse(raw: bytes, language: str = "en") -> IncomingMessage:
    """Read a mail (RFC 5322, RFC 2045-2049). Never raises.

    :param language: in which an invitation's date is told, such as "de_DE"
    """
    parts = _Parts()
    root = _read(fields.from_head(raw), parts)
    parts.take(root, 0)
    html = parts.html_without_images()[:TEXT_LIMIT]
    text = plain_of(parts.bodies)
    found = read_report(root, text)
    for calendar in parts.calendars:
        if not (summary := invitation.summary(calendar, language)):
            continue
        text = f"{text.rstrip()}\n\n{summary}".lstrip()
        html = html and f"{html}<hr><p>{'<br>'.join(escape(summary).splitlines())}</p>"
    sender = _addresses(root, "from") or _addresses(root, "sender")
    return IncomingMessage(
        message_id=next(iter(fields.message_ids(fields.value(root, "message-id"))), ""),
        references=_references(root),
        sender=sender[0] if sender else Address("", ""),
        reply_to=_addresses(root, "reply-to"),
        to=_addresses(root, "to"),
        cc=_addresses(root, "cc"),
        return_path=_return_path(root),
        subject=decoded(fields.value(root, "subject"))[: fields.SUBJECT_LIMIT],
        date=fields.date(fields.value(root, "date")),
        text=text,
        html=html,
        attachments=tuple(parts.attachments),
        report=found,
        fields=tuple(list(root.raw_items())[:HEADERS_LIMIT]),
        content_hash=_content_hash(root, raw),
        defects=tuple(dict.fromkeys(parts.defects)),
        is_encrypted=parts.is_encrypted,
    )


def _read(raw: bytes, parts: _Parts) -> Message:
    """The parsed structure; of a mail nested beyond reason only the header, with the
    rest as one attachment, for the parser would recurse as deep."""
    parser = BytesParser(policy=fields.BoundedParameters())
    if _could_nest(raw) <= MAX_DEPTH or len(NESTING.findall(raw)) <= MAX_DEPTH:
        try:
            return parser.parsebytes(raw)
        except Exception as error:  # noqa: BLE001  the parser's own faults are many
            parts.defects.append(f"unreadable structure: {type(error).__name__}")
    else:
        parts.defects.append("nested too deeply")
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    root = parser.parsebytes(head + b"\n\n", headersonly=True)
    for name in ("content-type", "content-transfer-encoding"):
        del root[name]
    root.set_payload("")
    parts.attachments.append(Attachment("message.eml", "message/rfc822", raw))
    return root


def _could_nest(raw: bytes) -> int:
    """A quick upper bound of the depth."""
    lower = raw.lower()
    return lower.count(b"multipart/") + lower.count(b"message/rfc822")


@dataclass(slots=True)
class _Parts:
    """Collects bodies and files while walking the structure."""

    bodies: list[Body] = field(default_factory=list)
    has_body: bool = False  # it may be blank
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    is_encrypted: bool = False
    count: int = 0
    wrappers: int = 0

    def take(self, part: Message, depth: int) -> None:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_PARTS:
            self.defects.append("parts left out")
            return
        self.defects += [type(defect).__name__ for defect in part.defects]
        kind = _kind(part)
        if kind == "message/rfc822":
            self._keep_message(part)
        elif kind == "multipart/alternative":
            self._take_best(part, depth)
        elif part.is_multipart():
            self.is_encrypted |= kind == "multipart/encrypted"
            for child in _children(part):
                self.take(child, depth + 1)
        else:
            self._take_leaf(part, kind, depth)

    def _take_best(self, part: Message, depth: int) -> None:
        """Of alternatives: both texts once, and what is neither (a calendar, say)."""
        kinds: set[str] = set()
        lesser: list[Body] = []
        for child in _children(part):
            if _kind(child) in kinds:
                continue
            start = len(self.bodies)
            self.take(child, depth + 1)
            taken = self.bodies[start:]
            kinds |= {"text/html" if body.is_html else "text/plain" for body in taken}
            if not any(body.is_html for body in taken):
                lesser += taken
        for body in lesser:
            body.is_twin = "text/html" in kinds

    def _take_inner(
        self, unwrap: Callable[[bytes], bytes | None], content: bytes, depth: int
    ) -> bool:
        """Take what a wrapper of Outlook's or a signature holds; whether it does."""
        self.wrappers += 1
        if self.wrappers > MAX_WRAPPERS or not (raw := unwrap(content)):
            return False
        inner = _Parts(count=self.count, wrappers=self.wrappers)
        inner.take(_read(raw, inner), depth + 1)
        self.count, self.wrappers = inner.count, inner.wrappers
        self.attachments += inner.attachments
        self.defects += inner.defects
        self.calendars += inner.calendars
        self.is_encrypted |= inner.is_encrypted
        self.bodies = self.bodies or inner.bodies
        return True

    def _take_leaf(self, part: Message, kind: str, depth: int) -> None:
        content = _content(part)
        name = fields.filename(part)
        if kind.startswith("multipart/"):  # its boundary is missing or never comes
            kind = "text/plain"
        disposition = part.get_content_disposition()
        if kind in ("text/plain", "text/html") and disposition != "attachment":
            if not name or disposition == "inline" and not self.has_body:
                self._take_body(part, content, kind == "text/html")
                return
        if kind.endswith("pkcs7-mime"):
            self.is_encrypted |= not self._take_inner(_signed_content, content, depth)
        elif kind == "application/ms-tnef" or name.lower() == "winmail.dat":
            if self._take_inner(tnef.to_mime, content, depth):
                return
        elif kind == "text/calendar":
            self.calendars.append(decode(content, part.get_content_charset("") or ""))
        if not content and not name:
            return
        content_id = fields.visible(fields.raw_value(fields.value(part, "content-id")))
        self.attachments.append(
            Attachment(
                name or _default_name(kind, len(self.attachments) + 1),
                kind,
                content,
                content_id.strip("<> "),
            )
        )

    def _take_body(self, part: Message, content: bytes, is_html: bool) -> None:
        self.has_body = True
        text = decode(content, part.get_content_charset("") or "")
        if not is_html:
            self.is_encrypted |= PGP_MESSAGE in text
            text = unflow(text, part)
        if text.strip():
            self.bodies.append(Body(text, is_html))

    def html_without_images(self) -> str:
        """The bodies as HTML; long images in them become files of the mail."""
        html, images = take_out_images(html_of(self.bodies))
        for image in images:
            name = _default_name(image.mimetype, len(self.attachments) + 1)
            self.attachments.append(
                Attachment(name, image.mimetype, image.content, image.content_id)
            )
        return html

    def _keep_message(self, part: Message) -> None:
        """A forwarded mail stays a file of its own, named after its subject."""
        try:
            inner = next(_children(part))
            content = inner.as_bytes()
            if _is_base64(part) and not inner.keys():
                # RFC 2046, 5.2.1, forbids it, and the parser does not undo it
                inner["Content-Transfer-Encoding"] = "base64"
                content = _content(inner)
                inner = BytesParser().parsebytes(content, headersonly=True)
            subject = decoded(fields.value(inner, "subject"))[:80]
        except Exception as error:  # noqa: BLE001  the generator fails on odd content
            self.defects.append(f"forwarded mail: {type(error).__name__}")
            return
        name = fields.filename(part) or fields.clean_filename(
            f"{subject or 'mail'}.eml"
        )
        self.attachments.append(Attachment(name, "message/rfc822", content))


def _kind(part: Message) -> str:
    kind = part.get_content_type()
    return kind if MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (child for child in payload if isinstance(child, Message))


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001  broken transfer encodings
        content = None
    if isinstance(content, bytes):
        return content
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _is_base64(part: Message) -> bool:
    encoding = fields.value(part, "content-transfer-encoding")
    return encoding.strip().lower() == "base64"


def _signed_content(content: bytes) -> bytes | None:
    """The mail inside an opaque signature (RFC 8551, section 3.5.2), if it is one."""
    try:
        info = cms.ContentInfo.load(content)
        if info["content_type"].native != "signed_data":
            return None
        inner = info["content"]["encap_content_info"]["content"].native
    except Exception:  # noqa: BLE001  asn1crypto's faults are many
        return None
    return inner if isinstance(inner, bytes) else None


def _default_name(kind: str, position: int) -> str:
    if kind == "text/calendar":
        return "invitation.ics"
    extensions = {"text/plain": "txt", "text/html": "html"}
    return f"part-{position}.{extensions.get(kind, kind.rpartition('/')[2])}"


def _addresses(root: Message, name: str) -> tuple[Address, ...]:
    found = fields.addresses(fields.values(root, name))
    return tuple(Address(name, email) for name, email in found)


def _references(root: Message) -> tuple[str, ...]:
    found = [
        identifier
        for name in ("references", "in-reply-to")
        for value in fields.values(root, name)
        for identifier in fields.message_ids(value)
    ]
    return tuple(dict.fromkeys(found))[-fields.REFERENCES_LIMIT :]


def _return_path(root: Message) -> str | None:
    if not (found := fields.values(root, "return-path")):
        return None
    return fields.visible(found[0]).strip("<> ").lower()


def _content_hash(root: Message, raw: bytes) -> str:
    """What makes a mail the same mail when it comes by two ways: the fields that its
    author wrote and the body, without what servers on the way put on top. A mail
    without such fields, or without an end of its head, is the same byte by byte only.
    """
    written = "".join(
        f"{name}:{value}\n" for name in HASHED for value in fields.values(root, name)
    )
    is_headless = any(
        isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in root.defects
    )
    if is_headless or not written:
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256(written.encode("utf-8", "surrogateescape"))
    body = re.split(rb"\r?\n\r?\n", fields.from_head(raw), maxsplit=1)[1:]
    digest.update(b"".join(body).replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()
