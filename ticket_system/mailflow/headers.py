"""Header fields as mailers really write them (RFC 5322, 2047, 2231)."""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF8
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from typing import Any

from .charset import decode

HEADER_LIMIT = 10_000
SUBJECT_LIMIT = 1_000
FIELDS_LIMIT = 3 * HEADER_LIMIT  # of all address fields of one name
ENTRY_LIMIT = 1_000
ADDRESS_LIMIT = 500
NAME_LIMIT = 200
FILENAME_BYTES = 200
REFERENCES_LIMIT = 32

EARLIEST = datetime(1980, 1, 1)
LATEST = timedelta(days=2)

# control, format (bidi marks, zero width), surrogates, line and paragraph separators
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SPLIT_WORDS = re.compile(
    r"(=\?([^?\s]+)\?([bq])\?)([^?]*)\?=\s*=\?\2\?\3\?", re.IGNORECASE
)
FOLD = re.compile(r"[\r\n]+(?=[ \t])")
ADDRESS = re.compile(r"(?<![^\s<>\"])[^\s<>\"]+@[^\s<>\"]+")
# one of several mailboxes; in quotes what separates them may stand
ENTRY = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^",;])+')
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
ANGLE_ADDRESS = re.compile(r"(.*)<([^<>]*)>\s*")
MESSAGE_ID = re.compile(r"<[^<>\s]+>")
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class BoundedParameters(Compat32):
    """Cuts the MIME fields, for the time `get_param` takes grows with the square."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower().startswith("content-"):
            value = value[:HEADER_LIMIT]
        return name, value


def visible(text: str) -> str:
    """The text on one line without control, bidi and zero-width characters."""
    if text.isascii() and text.isprintable():
        return text.strip()
    joined = " ".join(text.split())
    if joined.isprintable():
        return joined
    kept = "".join(
        " " if c in "\r\n\t" else c
        for c in text
        if c in "\r\n\t" or unicodedata.category(c) not in HIDDEN
    )
    return " ".join(kept.split())


def from_head(raw: bytes) -> bytes:
    """The mail without what programs that save mails put before its header: a mark of
    the encoding, empty lines, the quoted line of an mbox (RFC 4155)."""
    raw = raw.removeprefix(BOM_UTF8).lstrip(b"\r\n")
    return raw[1:] if raw.startswith(b">From ") else raw


def values(part: Message, name: str) -> list[str]:
    """All fields of that name (given in lower case) as they came, raw 8-bit bytes as
    surrogates; `Message.get` would replace those."""
    return [str(value) for field, value in part.raw_items() if field.lower() == name]


def value(part: Message, name: str) -> str:
    """The first field of that name, "" if there is none."""
    return next(iter(values(part, name)), "")


def raw_value(value: object) -> str:
    """The field's text before any decoding but that of raw 8-bit (RFC 6532)."""
    text = str(value)[:HEADER_LIMIT]
    if text.isascii():
        return text
    return decode(text.encode("utf-8", "surrogateescape"), "")


def decoded(value: object) -> str:
    """The field's text, encoded words resolved, on one line."""
    text = raw_value(value)
    if "=?" in text:
        text = _decode_words(text)
    return visible(text)


def _decode_words(text: str) -> str:
    """Resolve encoded words; neighbours of one charset are joined first, for mailers
    split multi-byte characters between them."""
    text = FOLD.sub("", text)
    previous = None
    while previous != text and text.count("?=") > 1:
        previous, text = text, SPLIT_WORDS.sub(_join_words, text, count=50)
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(
        part if isinstance(part, str) else decode(part, charset or "us-ascii")
        for part, charset in parts
    )


def _join_words(match: re.Match[str]) -> str:
    start, _charset, encoding, data = match.groups()
    if encoding.lower() == "b" and data.endswith("="):
        return f"{start}{data}?=\x00=?{_charset}?{encoding}?"
    return f"{start}{data}"


def addresses(fields: list[str]) -> list[tuple[str, str]]:
    """(name, address) of all mailboxes in address fields, addresses in lower case."""
    found, room = [], FIELDS_LIMIT
    for field in fields:
        text = visible(raw_value(field[:room]).replace("\x00", ""))
        room -= min(room, len(field))
        inner = ADDRESS.search(text)
        for name, address in _mailboxes(text)[:ADDRESS_LIMIT]:
            address = visible(_decode_words(address) if "=?" in address else address)
            name = visible(_decode_words(name) if "=?" in name else name)
            if "@" not in address and inner:
                address = inner[0]
            if "@" in address:
                found.append((name.strip("'\" ")[:NAME_LIMIT], address.lower()[:320]))
            elif name:
                found.append((name[:NAME_LIMIT], ""))
    return found


def _mailboxes(text: str) -> list[tuple[str, str]]:
    if text.count('"') % 2:  # one is never closed: then none of them can be meant
        text = text.replace('"', " ")
    try:
        return getaddresses([ENTRY.sub(_with_quoted_name, text)])
    except (RecursionError, IndexError, ValueError):  # comments nested without end
        return [("", address) for address in ADDRESS.findall(text)]


def _with_quoted_name(match: re.Match[str]) -> str:
    """`a@x.example <b@y.example>` is a mail of b@y.example, whatever precedes it: the
    name must be quoted to be told from an address (RFC 5322, 3.4). Of what is far too
    long for a mailbox the address stays."""
    if len(match[0]) > ENTRY_LIMIT:
        return "".join(f"<{address}>" for address in ADDRESS.findall(match[0])[-1:])
    found = ANGLE_ADDRESS.fullmatch(match[0])
    if not found or "@" not in QUOTED.sub("", found[1]):
        return match[0]
    name = re.sub(r'["\\<>]', "", found[1]).strip()
    return f'"{name}" <{found[2]}>'


def message_ids(value: object) -> list[str]:
    """The message identifiers of Message-ID, In-Reply-To or References."""
    text = visible(raw_value(value))
    found = MESSAGE_ID.findall(text)
    if not found and text and " " not in text:
        found = [f"<{text.strip('<>')}>"]
    return [identifier[:995] for identifier in found]


def date(value: object) -> datetime | None:
    """The date as naive UTC; None if missing, unreadable or absurd."""
    try:
        when = parsedate_to_datetime(visible(raw_value(value)))
        if when.tzinfo:
            when = when.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    now = datetime.now(UTC).replace(tzinfo=None)
    return when if EARLIEST <= when <= now + LATEST else None


def filename(part: Message) -> str:
    """The cleaned name of an attachment, "" if it has none (RFC 2183, 2231)."""
    try:
        name = _parameter(part, "content-disposition", "filename")
        name = name or _parameter(part, "content-type", "name") or ""
        text = (
            collapse_rfc2231_value(name) if isinstance(name, tuple) else raw_value(name)
        )
    except (ValueError, LookupError, TypeError):
        return ""
    return clean_filename(_decode_words(text) if "=?" in text else text)


def _parameter(part: Message, field: str, name: str) -> Any:
    text = value(part, field)
    if not text.isascii():
        part = Message()
        part[field] = raw_value(text)
    return part.get_param(name, None, field)


def clean_filename(name: str) -> str:
    """A name without path, hidden characters or meaning to a system; its extension is
    kept when it is cut to FILENAME_BYTES."""
    name = visible(name).replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        stem, dot, extension = name, "", ""
    while len(f"{stem}{dot}{extension}".encode()) > FILENAME_BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{extension}"
