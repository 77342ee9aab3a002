"""The tables of Xentral and OpenXE, and what is meant by their rows.

The columns are those of OpenXE's database/struktur.sql.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

# kind of file: the columns by which it is known; in the order they are imported
KINDS = {
    "projects": {"id", "abkuerzung", "name"},
    "queues": {"warteschlange", "label"},
    "tickets": {"schluessel", "betreff"},
    "messages": {"ticket", "text", "verfasser"},
    "templates": {"vorlage", "vorlagenname"},
}
# kind of file: the table's name
TABLES = {
    "projects": "projekt",
    "queues": "warteschlangen",
    "tickets": "ticket",
    "messages": "ticket_nachricht",
    "templates": "ticket_vorlage",
}
# kind of file: {column: what it means here}
COLUMNS = {
    "projects": {"id": "id", "abkuerzung": "code", "name": "name"},
    "queues": {"label": "code", "warteschlange": "name"},
    "tickets": {
        "schluessel": "number",
        "betreff": "subject",
        "zeit": "date",
        "status": "status",
        "warteschlange": "queue",
        "bearbeiter": "agent",
        "quelle": "account",
        "kunde": "name",
        "mailadresse": "email",
        "prio": "priority",
        "privat": "private",
        "dsgvo": "gdpr",
        "notiz": "comment",
        "kommentar": "comment",
        "tags": "tags",
        "projekt": "project",
    },
    "messages": {
        "id": "id",
        "ticket": "ticket",
        "zeit": "date",
        "verfasser": "name",
        "mail": "email",
        "mail_cc": "cc",
        "mail_replyto": "reply_to",
        "betreff": "subject",
        "text": "text",
        "bearbeiter": "agent",
        "versendet": "sent",
        "zeitausgang": "sent_on",
        "textausgang": "answer",
        "bemerkung": "comment",
    },
    "templates": {
        "vorlagenname": "name",
        "vorlage": "text",
        "projekt": "project",
        "sichtbar": "visible",
        "sort": "sequence",
    },
}
# what several columns may tell, below each other
JOINED = {"cc", "comment", "tags", "text"}
# ticket.status: code of ours
STATUSES = {
    "neu": "new",
    "offen": "open",
    "warten_e": "waiting_internal",
    "warten_kd": "waiting_customer",
    "klaeren": "clarify",
    "abgeschlossen": "closed",
    "spam": "trash",
}
YES = {"1", "ja", "yes", "true", "t"}
NOTHING = {"NULL", r"\N"}  # as MySQL's programs write it
# what MySQL writes, and what Excel makes of it
READERS: tuple[Callable[[str], datetime], ...] = (
    datetime.fromisoformat,
    lambda text: datetime.strptime(text, "%d.%m.%Y %H:%M:%S"),
    lambda text: datetime.strptime(text, "%d.%m.%Y %H:%M"),
    lambda text: datetime.strptime(text, "%d.%m.%Y"),
)
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
MARKUP = re.compile(
    r"<(?:br|p|div|table|html|body|span|ul|ol|img|strong|font)(?:\s[^<>]*)?/?>", re.I
)
FIRM = re.compile(r"\s*\([^()]*\)$")


def kind_of(columns: Iterable[str]) -> str | None:
    """The kind of file that has these columns."""
    names = {column.lower() for column in columns}
    fitting = [kind for kind, needed in KINDS.items() if needed <= names]
    return max(
        fitting, key=lambda kind: len(names & COLUMNS[kind].keys()), default=None
    )


def nearest_kind(columns: Iterable[str]) -> tuple[str, list[str]] | None:
    """The kind most of whose columns these are, and those it is known by that miss."""
    names = {column.lower() for column in columns}
    kind = max(KINDS, key=lambda kind: len(names & COLUMNS[kind].keys()))
    if not names & COLUMNS[kind].keys():
        return None
    return kind, sorted(KINDS[kind] - names)


def meant(row: Mapping[str, str], meanings: Mapping[str, str]) -> dict[str, str]:
    """{what it means: the text}; columns of one meaning are put below each other."""
    texts: dict[str, list[str]] = {}
    for column, text in row.items():
        if column in meanings:
            found = texts.setdefault(meanings[column], [])
            if text.strip() and text.strip() not in NOTHING:
                found.append(text)
    return {meaning: "\n".join(found) for meaning, found in texts.items()}


def identifier(row: Mapping[str, str], part: str = "") -> str:
    """A Message-ID made of the row's own, the same at each import.

    :param part: which message of the row it is for
    """
    key = re.sub(r"\W", "", row.get("id", ""))
    if not key:
        facts = [row.get(name, "") for name in ("ticket", "date", "text")]
        key = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:32]
    return f"<openxe.{key}{part and f'.{part}'}@import.invalid>"


def moment(text: str) -> datetime | None:
    """The time, mostly without its zone; None for MySQL's zero and what is no time."""
    text = text.strip()
    for read in READERS:
        with suppress(ValueError):
            return read(text)
    return None


def is_never(text: str) -> bool:
    """Whether nothing, or MySQL's zero, stands where a time could."""
    return not text.strip(" 0-:.")


def person(text: str) -> str:
    """The name without the firm that OpenXE puts behind it: `Tina Agent (Firma)`."""
    return FIRM.sub("", text.strip())


def tags(text: str) -> list[str]:
    return [name.strip() for name in re.split(r"[,;\n]", text) if name.strip()]


def code(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower().translate(UMLAUTS))


def is_yes(text: str) -> bool:
    return text.strip().lower() in YES


def is_html(text: str) -> bool:
    return bool(MARKUP.search(text))
