"""What goes out: subjects, placeholders, recipients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.header import Header
from email.message import EmailMessage
from email.utils import getaddresses
from html import escape

from lxml import etree, html

from .errors import AddressRefused, _lt
from .headers import ENTRY, visible
from .message import Address
from .number import NUMBER

SUBJECT_LIMIT = 250
PLACEHOLDERS = (
    "TICKET",
    "BETREFF",
    "SUBJECT",
    "NAME",
    "FIRSTNAME",
    "COMPANY",
    "AGENT",
    "QUEUE",
    "PROJECT",
    "STATUS",
    "DATE",
)
PLACEHOLDER = re.compile(r"\{([^\W\d]\w*)\}")
# with what parts it from the word before: "Hello, {NAME}!"
PLACEHOLDER_IN_TEXT = re.compile(rf"(,?(?:[ \u00a0]|&nbsp;)*){PLACEHOLDER.pattern}")
PREFIX = re.compile(
    r"^(?:(?:re|aw|fwd?|wg|sv|antw|vs)(?:\[\d+\])?:\s*)+", re.IGNORECASE
)
MARK = re.compile(rf"[\[(]\s*Ticket\s*#\s*{NUMBER.pattern}\s*[\])]", re.IGNORECASE)
PASTED = re.compile("[\u00a0\u200b-\u200d\u2060\ufeff]")  # from pages and documents
FORWARDED = re.compile(r"(?:fwd?|wg)(?:\[\d+\])?:", re.IGNORECASE)
# as address books sort names; of a company the part behind is no first name
SORTED_NAME = re.compile(
    r"([^\W\d_][\w'’-]+), (?!(?:inc|ltd|llc|gmbh|ag)$)([^\W\d_][\w'’-]+)", re.IGNORECASE
)
PLAIN_NAME = re.compile(r"[\w .'-]+")
EMAIL = re.compile(
    r"[^@\s<>(),;:\\\"\[\]]+@[^@\s<>(),;:\\\"\[\]]+\.[^@\s<>(),;:\\\"\[\].]+"
)
# a bar at the left, in the words that Odoo's sanitiser lets through
QUOTE_STYLE = (
    "margin: 0 0 0 8px; padding-left: 8px; border-left-width: 2px; "
    "border-left-style: solid; border-left-color: #cccccc;"
)


def subject(text: str, number: str) -> str:
    """`text` with `[Ticket #NUMBER]` in front (R52); a number in a sentence stays.

    >>> subject("Re: AW: [Ticket #20260302481507] Your order", "20260302481507")
    'Re: [Ticket #20260302481507] Your order'
    """
    number_sign = rf"(?:Ticket\s*)?#?\s*{re.escape(number)}"
    text = re.sub(rf"[\[(]\s*{number_sign}\s*[\])]", " ", visible(text), flags=re.I)
    text = " ".join(text.split())
    bare = PREFIX.sub("", text)
    own = re.sub(rf"^{number_sign}\b[\s:–-]*", "", bare, flags=re.I)
    prefix = "Fwd: " if FORWARDED.match(text) else "Re: "
    answer = prefix if bare != text else ""
    return f"{answer}[Ticket #{number}] {own}"[:SUBJECT_LIMIT].strip()


def encode_subject(message: EmailMessage) -> None:
    """Write the subject as encoded words that keep their spaces (RFC 2047, 6.2).

    Python before 3.13 loses the space between two words when it encodes each alone.
    """
    text = str(message["Subject"] or "")
    if not text.isascii():
        del message["Subject"]
        message.set_raw(
            "Subject", Header(text, "utf-8", header_name="Subject").encode()
        )


def without_marks(text: str) -> str:
    """`text` without the marks of tickets, for a ticket of its own.

    >>> without_marks("Re: [Ticket #20260302481507] Your order #4711")
    'Re: Your order #4711'
    """
    return " ".join(MARK.sub(" ", visible(text)).split())


def bare_subject(text: str) -> str:
    """`text` without the prefixes of answers and without ticket numbers."""
    text = re.sub(
        r"[\[(]?\s*(?:Ticket\s*)?#\d+\s*[\])]?", " ", visible(text), flags=re.I
    )
    return PREFIX.sub("", " ".join(text.split()))


def placeholders(text: str, values: Mapping[str, str], is_html: bool = False) -> str:
    """Put the values in for `{NAME}` and so on; unknown ones stay as written.

    Nothing is evaluated, and what is put in is not looked through again. Where there
    is no value, no gap stays: "Hello {NAME}," becomes "Hello,".

    :param is_html: the text is HTML, so the values are escaped
    """

    def fill(match: re.Match[str]) -> str:
        gap, name = match.groups()
        value = values.get(name.upper())
        if value is None:
            return match[0]
        if not value:
            return ""
        return gap + (escape(value) if is_html else visible(value))

    return PLACEHOLDER_IN_TEXT.sub(fill, text)


def unknown_placeholders(*texts: object, known: Iterable[str] = PLACEHOLDERS) -> str:
    """The placeholders in `texts` that nothing is put in for, as they are written,
    separated by commas."""
    found = PLACEHOLDER.findall(" ".join(str(text or "") for text in texts))
    unknown = (name for name in found if name.upper() not in known)
    return ", ".join(dict.fromkeys(f"{{{name}}}" for name in unknown))


def spoken_name(name: str) -> str:
    """`Müller, Petra` as one addresses her: `Petra Müller`; others as they are."""
    found = SORTED_NAME.fullmatch(name)
    return f"{found[2]} {found[1]}" if found else name


def quotable(text: str) -> str:
    """HTML of a stored message as it may be quoted to others.

    Of pictures their descriptions stay, in brackets: a quote neither brings external
    content back nor shows inline pictures to whom they were not sent.
    """
    if not text.strip():
        return ""
    body = html.fragment_fromstring(text, create_parent="div")
    for image in list(body.iter("img")):
        described = f"[{image.get('alt')}]" if image.get("alt") else ""
        image.tail = described + (image.tail or "")
        image.drop_tree()
    for element in body.iter(etree.Element):
        for name in [name for name in element.attrib if name.startswith("data-")]:
            del element.attrib[name]
    for quote in body.iter("blockquote"):
        quote.set("style", QUOTE_STYLE)
    quoted: str = etree.tostring(body, encoding="unicode", method="html")
    return quoted


def readable(addresses: Iterable[tuple[str, str]]) -> str:
    """Pairs of name and address as one writes them: `Name <address>, …`.

    A name is quoted only where it has to be (RFC 5322, 3.4), so that the list can be
    read again.
    """
    found = []
    for name, email in addresses:
        name = "" if name == email else visible(name)
        if name and not PLAIN_NAME.fullmatch(name):
            name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
        if email:
            found.append(f"{name} <{email}>" if name else email)
    return ", ".join(found)


def check_addresses(text: str) -> list[Address]:
    """The mailboxes of a list separated by commas; AddressRefused names a wrong one.

    Line breaks and control characters are refused: they would reach a header.
    """
    text = PASTED.sub(" ", text)
    if any(not character.isprintable() for character in text):
        raise AddressRefused(_lt("An address must not hold line breaks."))
    text = text.strip(" ,;")
    if not text:
        return []
    found = []
    for entry in filter(str.strip, ENTRY.findall(text)):
        [(name, address), *more] = getaddresses([entry])
        email = _ascii(address)
        if EMAIL.fullmatch(email) and not email.isascii():
            raise AddressRefused(
                _lt(
                    "“%(text)s” cannot be written to from here: before the @, only the "
                    "letters a to z, digits and signs can be used.",
                    text=entry.strip(),
                )
            )
        if more or not EMAIL.fullmatch(email):
            raise AddressRefused(
                _lt("“%(text)s” is no e-mail address.", text=entry.strip())
            )
        found.append(Address(visible(name), email))
    return found


def _ascii(email: str) -> str:
    """The address with its domain as the DNS knows it (RFC 5890): `info@xn--….de`."""
    local, at, domain = email.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return email
