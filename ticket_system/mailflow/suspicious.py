"""What of a mail is not what it seems: links, senders, pixels that report home."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit

from lxml import etree

from .message import IncomingMessage

NAMED_HOST = re.compile(
    r"(?:https?://(?:[^\s/@]*@)?|(?<![\w@.-])www\.)([\w-]+(?:\.[\w-]+)+)", re.I
)
BARE_HOST = re.compile(r"\s*([\w-]+(?:\.[\w-]+)*\.([^\W\d_]{2,}))(?:/\S*)?\s*")
FILES = frozenset(
    "css csv doc docx eml htm html ics jpeg jpg js odt pdf png txt xml zip".split()
)
PIXEL = re.compile(r"\s*0*[012](?:\.\d+)?\s*(?:px)?\s*", re.I)
UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|"
    r"(?:^|;)\s*(?:width|height)\s*:\s*[012](?:\.\d+)?(?:px)?\s*(?:!|;|$)",
    re.I,
)
# letters of other alphabets that look like Latin ones, and Latin ones that look alike
LOOK_ALIKES = str.maketrans("аеорсухіјѕԁһӏαοενικρτυ", "aeopcyxijsdhlaoevikptu")
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("1", "l"), ("0", "o"), ("i", "l"))


def is_tracker(attributes: Mapping[str, str]) -> bool:
    """Whether an image is too small to be seen: it tells that the mail was opened."""
    return (
        any(PIXEL.fullmatch(attributes.get(side, "")) for side in ("width", "height"))
        or UNSEEN.search(attributes.get("style", "")) is not None
        or "hidden" in attributes
    )


def mark_links(root: etree._Element) -> None:
    """Let each link tell its target, and mark those whose text names another host."""
    for link in root.iter("a"):
        href = link.get("href", "")
        host = (urlsplit(href).hostname or "") if href else ""
        if not host:
            continue
        link.attrib.pop("title", None)
        link.set("title", href[:1000])
        text = "".join(link.itertext())
        target = _ascii(unquote(host))
        mark = f" [→ {target}]"
        named = _named_hosts(text.replace(mark, ""))
        is_told = mark in text or any(_is_related(name, target) for name in named)
        if named and not is_told:
            etree.SubElement(link, "strong").text = mark


def _named_hosts(text: str) -> list[str]:
    found = NAMED_HOST.findall(text)
    if not found and (bare := BARE_HOST.fullmatch(text)):
        found = [bare[1]] if bare[2].lower() not in FILES else []
    return [_ascii(name) for name in found]


def _is_related(one: str, other: str) -> bool:
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _ascii(host: str) -> str:
    """The host as DNS knows it: other alphabets become visible as xn--."""
    host = host.lower()
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host.encode("punycode").decode()


def warnings(
    message: IncomingMessage,
    own_domains: Collection[str],
    internal: Collection[str],
) -> list[str]:
    """What an agent should know about the sender before trusting them.

    :param own_domains: those of our own mailboxes
    :param internal: the addresses of our own users
    :return: some of: internal (a colleague's address, but from outside), lookalike,
        other_name (the name is another address), reply_to (answers go elsewhere)
    """
    sender = message.sender
    found = []
    if sender.email in internal:
        found.append("internal")
    if is_lookalike(sender.domain, own_domains):
        found.append("lookalike")
    if "@" in sender.name and sender.email not in sender.name.lower():
        found.append("other_name")
    if any(address.email != sender.email for address in message.reply_to):
        found.append("reply_to")
    return found


def is_lookalike(domain: str, own_domains: Collection[str]) -> bool:
    """Whether a domain mixes alphabets, or could be taken for one of ours."""
    shown = _shown(domain)
    if any(_mixes_alphabets(label) for label in shown.split(".")):
        return True
    return domain not in own_domains and _skeleton(shown) in {
        _skeleton(_shown(own)) for own in own_domains
    }


def _shown(domain: str) -> str:
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def _mixes_alphabets(label: str) -> bool:
    alphabets = {
        unicodedata.name(letter, "").split(" ")[0]
        for letter in label
        if letter.isalpha()
    }
    return "LATIN" in alphabets and bool(alphabets & {"CYRILLIC", "GREEK", "ARMENIAN"})


def _skeleton(domain: str) -> str:
    text = unicodedata.normalize("NFKD", domain.lower().translate(LOOK_ALIKES))
    text = "".join(c for c in text if not unicodedata.combining(c))
    for pair, letter in PAIRS:
        text = text.replace(pair, letter)
    return text
