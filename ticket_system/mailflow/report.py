"""Delivery reports (RFC 3464), receipts (RFC 8098) and bounces in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from . import headers as fields

ACTIONS = {"failed": "failed", "delayed": "delayed", "delivered": "delivered"}
BOUNCING = re.compile(
    r"^(undelivered mail returned|mail delivery (failed|failure)|"
    r"delivery status notification|undeliverable:|returned mail:|failure notice|"
    r"unzustellbar:|nicht zustellbar)",
    re.IGNORECASE,
)
MESSAGE_ID = re.compile(r"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
SUBJECT = re.compile(
    r"^subject:[ \t]*(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`kind` is failed, delayed, delivered or read; the rest is "" where unknown.

    `original_message_id` and `original_subject` are those of the mail reported on.
    """

    kind: str
    original_message_id: str = ""
    recipient: str = ""
    diagnostic: str = ""
    original_subject: str = ""


def read_report(root: Message, text: str) -> DeliveryReport | None:
    """The report that a mail is, None for any other mail."""
    if root.get_content_type() == "multipart/report":
        return _structured(root)
    sender = fields.value(root, "from").lower()
    null_path = fields.value(root, "return-path").strip() == "<>"
    if BOUNCING.match(fields.decoded(fields.value(root, "subject"))) and (
        null_path or "mailer-daemon" in sender or "postmaster" in sender
    ):
        identifier, subject = _original_in(text)
        [(_name, recipient)] = fields.addresses(
            [fields.value(root, "x-failed-recipients")]
        )[:1] or [("", "")]
        return DeliveryReport("failed", identifier, recipient, "", subject)
    return None


def _structured(root: Message) -> DeliveryReport | None:
    kind, recipient, diagnostic, original, subject = "", "", "", "", ""
    for part in list(root.walk())[:50]:
        content_type = part.get_content_type()
        if content_type == "message/delivery-status":
            for block in _blocks(part):
                kind = kind or ACTIONS.get(
                    str(block.get("action", "")).strip().lower(), ""
                )
                named = block.get("final-recipient") or block.get("original-recipient")
                recipient = (
                    recipient or fields.visible(str(named or "")).rpartition(";")[2]
                )
                diagnostic = diagnostic or fields.decoded(
                    block.get("diagnostic-code") or block.get("status") or ""
                )
        elif content_type == "message/disposition-notification":
            kind = "read"
            for block in _blocks(part):
                original = original or str(block.get("original-message-id", ""))
        elif content_type in ("message/rfc822", "text/rfc822-headers"):
            identifier, returned = _original(part)
            original, subject = original or identifier, subject or returned
    if not kind:
        return None
    found = fields.message_ids(original)
    return DeliveryReport(
        kind,
        found[0] if found else "",
        recipient.strip().lower(),
        diagnostic[:500],
        subject[: fields.SUBJECT_LIMIT],
    )


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return []


def _original(part: Message) -> tuple[str, str]:
    """Message-ID and subject of the mail that a report gives back."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        returned = payload[0]
        identifier = str(returned.get("message-id", ""))
        return identifier, fields.decoded(fields.value(returned, "subject"))
    return _original_in(str(payload))


def _original_in(text: str) -> tuple[str, str]:
    identifier, subject = MESSAGE_ID.search(text), SUBJECT.search(text)
    return (
        identifier[1] if identifier else "",
        fields.decoded(subject[1])[: fields.SUBJECT_LIMIT] if subject else "",
    )
