"""What a mail says: its texts in their order, as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

from .text_html import text_to_html

TEXT_LIMIT = 5 * 2**20


@dataclass(slots=True)
class Body:
    """`is_twin`: an alternative in HTML says the same (RFC 2046, section 5.1.4)."""

    text: str
    is_html: bool
    is_twin: bool = False


def plain_of(bodies: Iterable[Body]) -> str:
    return "\n".join(body.text for body in bodies if not body.is_html)[:TEXT_LIMIT]


def html_of(bodies: list[Body]) -> str:
    """All of them as mail programs show them, one below the other; "" if none is HTML,
    for then the plain text says it all."""
    if not any(body.is_html for body in bodies):
        return ""
    shown, room = [], TEXT_LIMIT
    for body in bodies:
        if body.is_html:
            shown.append(body.text)
        elif not body.is_twin:
            shown.append(text_to_html(body.text[:room]))
            room -= min(room, len(body.text))
    return "\n".join(shown)


def unflow(text: str, part: Message) -> str:
    """Undo format=flowed (RFC 3676): lines that end in a space go on."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joined = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    pieces: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        quoted = line.startswith(">")
        line = line.removeprefix(" ")
        fixed = quoted or line == "-- "
        pieces.append("" if goes_on and not fixed else "\n")
        goes_on = line.endswith(" ") and not fixed
        pieces.append(line[:-1] + joined if goes_on else line)
    return "".join(pieces)[1:]
