"""The pictures of an answer travel in the mail itself, not as a link to our server."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from html import escape, unescape

IMAGE = re.compile(r"(<img\b[^>]*?\bsrc=\")([^\"]+)(\")", re.I)


@dataclass(frozen=True, slots=True)
class Picture:
    """`mimetype` is one of images, such as `image/png`."""

    name: str
    mimetype: str
    content: bytes


def embed(mail: EmailMessage, find: Callable[[str], Picture | None]) -> None:
    """Put the pictures that `find` knows by their source beside the HTML of `mail`.

    The HTML names them by `cid:` (RFC 2392) in a multipart/related (RFC 2387).
    """
    part = mail.get_body(("html",))
    if part is None:
        return
    found: dict[str, tuple[str, Picture]] = {}

    def name(match: re.Match[str]) -> str:
        source = unescape(match[2])
        if source not in found and (picture := find(source)):
            found[source] = (make_msgid(domain="pictures.invalid"), picture)
        if source not in found:
            return match[0]
        identifier, _picture = found[source]
        return f"{match[1]}cid:{escape(identifier[1:-1])}{match[3]}"

    text = IMAGE.sub(name, part.get_content())
    if not found:
        return
    part.set_content(text, subtype="html", charset="utf-8")
    _name_in_text(mail, {source: p.name for source, (_id, p) in found.items()})
    for identifier, picture in found.values():
        part.add_related(
            picture.content,
            *picture.mimetype.split("/"),
            cid=identifier,
            filename=picture.name,
            disposition="inline",
        )


def _name_in_text(mail: EmailMessage, names: dict[str, str]) -> None:
    """The text alternative names the pictures, not where they lie on our server."""
    part = mail.get_body(("plain",))
    if part is None:
        return
    text = part.get_content()
    for source, name in names.items():
        text = text.replace(source, name)
    part.set_content(text, charset="utf-8")
