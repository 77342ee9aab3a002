"""Files that lie in the HTML itself, as long data: addresses (RFC 2397)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

LONG = 64 * 1024  # characters
IMAGES = 100
HEAD = r"data:(?P<type>[\w.+-]{1,60}/[\w.+-]{1,60})?(?:;[\w=-]{1,60}){0,5},"
# no colon in the data: the next address ends it, and it is read only once
LONG_DATA = re.compile(rf"{HEAD}(?P<data>[^\"'<>:]{{{LONG},}})", re.I | re.ASCII)
SHOWN = re.compile(r"image/(png|jpe?g|gif|webp)", re.I)
NOTHING = "data:,"


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    content_id: str
    mimetype: str
    content: bytes


def take_out_images(html: str) -> tuple[str, list[EmbeddedImage]]:
    """The HTML with `cid:` in the place of long images, and those images."""
    taken: list[EmbeddedImage] = []

    def name(match: re.Match[str]) -> str:
        image = _image(match, f"embedded-{len(taken) + 1}")
        if not image or len(taken) == IMAGES:
            return match[0]
        taken.append(image)
        return f"cid:{image.content_id}"

    return LONG_DATA.sub(name, html), taken


def _image(match: re.Match[str], content_id: str) -> EmbeddedImage | None:
    mimetype = (match["type"] or "").lower()
    if not SHOWN.fullmatch(mimetype):
        return None
    try:
        content = base64.b64decode("".join(match["data"].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return EmbeddedImage(content_id, mimetype, content)


def without_long_data(html: str) -> tuple[str, int]:
    """The HTML with nothing in the place of long data, and how often that is."""
    return LONG_DATA.subn(NOTHING, html)
