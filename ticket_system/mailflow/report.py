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


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`kind` is failed, delayed, delivered or read; the rest is "" where unknown."""

    kind: str
    original_message_id: str = ""
    recipient: str = ""
    diagnostic: str = ""


def read_report(root: Message, text: str) -> DeliveryReport | None:
    """The report that a mail is, None for any other mail."""
    if root.get_content_type() == "multipart/report":
        return _structured(root)
    sender = fields.value(root, "from").lower()
    null_path = fields.value(root, "return-path").strip() == "<>"
    if BOUNCING.match(fields.decoded(fields.value(root, "subject"))) and (
        null_path or "mailer-daemon" in sender or "postmaster" in sender
    ):
        original = MESSAGE_ID.search(text)
        return DeliveryReport("failed", original[1] if original else "")
    return None


def _structured(root: Message) -> DeliveryReport | None:
    kind, recipient, diagnostic, original = "", "", "", ""
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
            original = original or _original_id(part)
    if not kind:
        return None
    found = fields.message_ids(original)
    return DeliveryReport(
        kind, found[0] if found else "", recipient.strip().lower(), diagnostic[:500]
    )


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return []


def _original_id(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return str(payload[0].get("message-id", ""))
    found = MESSAGE_ID.search(str(payload))
    return found[1] if found else ""
