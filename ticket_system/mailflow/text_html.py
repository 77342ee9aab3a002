"""Plain text → HTML: its lines, its links, its quotes."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit, urlunsplit

# the mark by which Odoo's client folds what is quoted
QUOTE = "data-o-mail-quote"
REL = "noopener noreferrer nofollow"
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
URL = re.compile(r"\b(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}])", re.I)


def text_to_html(text: str) -> str:
    """Plain text with its line breaks; links can be clicked, quotes are folded in."""
    blocks: list[str] = []
    depth = 0
    for line in HIDDEN.sub("", text).strip().splitlines():
        match = re.match(r"^((?:>\s?)+)", line)
        quoted = min(match[1].count(">"), 10) if match else 0
        blocks.append(
            f'<blockquote {QUOTE}="1">' * (quoted - depth)
            + "</blockquote>" * (depth - quoted)
        )
        depth = quoted
        blocks.append(_link(line[match.end() :] if match else line) + "<br>")
    blocks.append("</blockquote>" * depth)
    return f"<div>{''.join(blocks)}</div>"


def _link(line: str) -> str:
    parts = URL.split(line)
    for position in range(1, len(parts), 2):
        url, shown = escape(link_target(parts[position])), escape(parts[position])
        parts[position] = (
            f'<a href="{url}" target="_blank" rel="{REL}">{shown}</a>' if url else shown
        )
    parts[::2] = [escape(part) for part in parts[::2]]
    return "".join(parts)


def link_target(href: str) -> str:
    """The URL in its regular form; "" if browsers could read it in another way."""
    href = "".join(c for c in href.strip() if c.isprintable())
    try:
        parts = urlsplit(href)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    if parts.scheme not in LINK_SCHEMES or "\\" in href:
        return ""
    if parts.scheme in ("http", "https") and not has_host:
        return ""
    return urlunsplit(parts)
