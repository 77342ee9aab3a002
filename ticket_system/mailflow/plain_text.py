"""The text beside a mail's HTML, for who reads mails as text (RFC 2046, 5.1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree, html

SILENT = {"head", "script", "style", "template", "title"}
PARAGRAPHS = {
    *("blockquote", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("ol", "p", "pre", "table", "ul"),
}
LINES = {
    *("address", "article", "aside", "dd", "div", "dl", "dt", "figure", "footer"),
    *("header", "hr", "li", "main", "nav", "section", "tr"),
}
CELLS = {"td", "th"}
LINK = re.compile(r"(?:https?|ftp|mailto|tel):", re.IGNORECASE)
BLANK = re.compile(r"[ \t\r\n\f]+")
SIGNATURE = "-- "  # the line before it, with its space (RFC 3676, 4.3)


def plain_text(source: str) -> str:
    """Paragraphs with a blank line between them, `> ` before what is quoted, `- ` or a
    number before items, the target of a link after its words.

    >>> plain_text("<p>Dear Eve,</p><blockquote>See <a href='http://a.example'>it</a>")
    'Dear Eve,\\n\\n> See it <http://a.example>'
    """
    if not source.strip():
        return ""
    text = _Text()
    text.walk(html.fragment_fromstring(source, create_parent="div"))
    return text.written.rstrip()


@dataclass(slots=True)
class _Text:
    parts: list[str] = field(default_factory=list)
    breaks: int = 0  # to be written before the next word
    kept: int = 0  # elements around the text whose white space counts
    quotes: int = 0
    quotes_before: int = 0
    after_bullet: bool = False

    @property
    def written(self) -> str:
        return "".join(self.parts)

    def walk(self, element: etree._Element) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in SILENT:
            return
        breaks = 2 if tag in PARAGRAPHS else 1 if tag in LINES else 0
        breaks = 1 if tag in ("ol", "ul") and _is_in_item(element) else breaks
        self.start_line(breaks)
        self.quotes += tag == "blockquote"
        self.kept += tag == "pre"
        self.begin(element)
        self.add(element.text or "")
        for child in element:
            self.walk(child)
            self.add(child.tail or "")
        self.end(element)
        self.quotes -= tag == "blockquote"
        self.kept -= tag == "pre"
        self.start_line(breaks)

    def begin(self, element: etree._Element) -> None:
        """What an element says before its text."""
        if element.tag == "br":
            self.breaks = min(self.breaks + 1, 2)
        elif element.tag == "hr":
            self.add("---")
        elif element.tag == "img":
            shown = element.get("alt") or element.get("src")
            self.add(f"[{shown}]" if shown else "")
        elif element.tag == "li":
            self._append(_bullet(element))
            self.after_bullet = True
        elif element.tag in CELLS and element.getprevious() is not None:
            self.add(" ")

    def end(self, element: etree._Element) -> None:
        self.after_bullet = False
        target = element.get("href", "") if element.tag == "a" else ""
        bare = re.sub("^(?:mailto|tel):", "", target, flags=re.IGNORECASE)
        if LINK.match(target) and bare.strip("/") not in "".join(element.itertext()):
            self.add(f" <{bare}>")

    def start_line(self, breaks: int) -> None:
        if not self.after_bullet:
            self.breaks = max(self.breaks, breaks)

    def add(self, text: str) -> None:
        if self.kept:
            for line in text.splitlines(keepends=True):
                self._append(line.rstrip("\r\n"))
                self.breaks += line.endswith("\n")
            return
        text = BLANK.sub(" ", text)
        if self.breaks or not self.parts or self.parts[-1].endswith(" "):
            text = text.lstrip(" ")
        self._append(text)

    def _append(self, text: str) -> None:
        if not text:
            return
        if self.breaks and self.parts:
            if self.parts[-1] != SIGNATURE:
                self.parts[-1] = self.parts[-1].rstrip(" ")
            around = min(self.quotes, self.quotes_before)
            blank = "\n" + ("> " * around).rstrip()
            self.parts.append(blank * (self.breaks - 1) + "\n")
        if self.breaks or not self.parts:
            self.parts.append("> " * self.quotes)
        self.breaks, self.quotes_before, self.after_bullet = 0, self.quotes, False
        self.parts.append(text)


def _is_in_item(element: etree._Element) -> bool:
    return any(True for _item in element.iterancestors("li"))


def _bullet(item: etree._Element) -> str:
    inner = "  " * (sum(1 for _list in item.iterancestors("ol", "ul")) - 1)
    listing = item.getparent()
    if listing is None or listing.tag != "ol":
        return f"{inner}- "
    return f"{inner}{listing.index(item) + 1}. "
