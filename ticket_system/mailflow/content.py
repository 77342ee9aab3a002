"""HTML of strangers → HTML that is safe to show, with external content parked.

An allow-list: what is not named here does not stay. Nothing that is kept loads
anything, runs anything, leaves its box or restyles the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml import etree

from .embedded import without_long_data
from .styles import safe_style
from .suspicious import is_tracker, mark_links
from .text_html import HIDDEN, QUOTE, REL, link_target

BLOCKED_IMAGE = "/ticket_system/static/src/img/blocked.svg"
HTML_LIMIT = 2 * 2**20
DEEPEST = 150  # elements in each other; Odoo drops all that comes after 256
TOO_DEEP = etree.XPath("/*" * (DEEPEST + 1))
CUT_OFF = "<p>[…]</p>"

TAGS = frozenset(
    """
    a abbr address article b bdi bdo big blockquote br caption center cite code
    col colgroup dd del details dfn div dl dt em figcaption figure font footer h1
    h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp
    section small span strike strong sub summary sup table tbody td tfoot th thead
    time tr tt u ul var wbr
    """.split()
)
# removed with all they hold; of any other unknown tag only the tag goes
DROPPED = frozenset(
    """
    script style template noscript iframe frame frameset noframes object embed
    applet svg math link meta base title head audio video source track picture
    form input button select textarea option canvas portal plaintext xmp noembed
    param map area dialog
    """.split()
) - {"head", "picture", "form", "noscript"}
ATTRIBUTES = frozenset(
    """
    align alt bgcolor border cellpadding cellspacing color colspan dir face height
    lang noshade nowrap reversed rowspan rules size span start summary title type
    valign width
    """.split()
)
# classes and ids of mail programs: the element is a quote; so is all that follows it
QUOTED = frozenset({"gmail_quote", "gmail_quote_container", "moz-cite-prefix"})
QUOTED_FROM_HERE = frozenset(
    {"yahoo_quoted", "divRplyFwdMsg", "appendonsend", "OutlookMessageHeader"}
)
OUTLOOK_RULE = re.compile(r"border:\s*none;\s*border-top:\s*solid #[eb]", re.I)
DATA_IMAGE = re.compile(
    r"^data:image/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+$", re.I
)
STYLE_SOURCE = re.compile(r"(?:url\(|@import)\s*[\"']?([^\"');\s]+)", re.I)
LONG_TAG = re.compile(r"<[^<>]{4000,}>")
# said of the whole mail; the tags themselves do not stay
PAGE = re.compile(r"<(?:html|body)\b([^<>]{1,4000})>", re.I)
PAGE_SAYS = re.compile(r"\b(?:dir|direction|bgcolor|background)\b", re.I)


@dataclass(frozen=True, slots=True)
class SafeContent:
    """`blocked`: how much of what kind (images, trackers, fonts, others) would have
    been loaded from `hosts`. Only images can be shown later, by data-original-src."""

    html: str
    blocked: Mapping[str, int]
    hosts: tuple[str, ...]


def safe_html(html: str, inline: Mapping[str, str] | None = None) -> SafeContent:
    """Sanitise an HTML body.

    :param inline: Content-ID → local URL of the images that the mail itself carries
    """
    keeper = _Keeper(inline or {})
    html, left_out = without_long_data(html) if len(html) > HTML_LIMIT else (html, 0)
    root, is_whole = _parse(html[:HTML_LIMIT])
    is_cut = len(html) > HTML_LIMIT or not is_whole
    if root is None:
        return SafeContent("", {}, ())
    keeper.clean(root)
    _flatten(root)
    text = _serialise(root)
    again, _is_whole = _parse(text)
    if again is not None:  # what a second reading finds was hidden from the first
        keeper.clean(again)
        mark_links(again)
        text = _serialise(again)
    if is_cut:
        text += CUT_OFF
    if attributes := keeper.page_attributes(html[:HTML_LIMIT]):
        text = f"<div{attributes}>{text}</div>"
    if left_out or is_cut:
        keeper.blocked["others"] += left_out + is_cut
    return SafeContent(text, dict(keeper.blocked), tuple(sorted(keeper.hosts)))


def _parse(html: str) -> tuple[etree._Element | None, bool]:
    """The tree, and whether all of `html` is in it: the parser ends at 2,048 levels."""
    parser = etree.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        huge_tree=True,
    )
    text = LONG_TAG.sub(_shorten, HIDDEN.sub("", html))
    page = f"<html><body>{text}</body></html>".encode("utf-8", "replace")
    try:
        root = etree.fromstring(page, parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None, False
    return root, not any("depth" in error.message for error in parser.error_log)


def _flatten(root: etree._Element) -> None:
    """Text of what lies deeper than DEEPEST moves up: who reads it next, gives up."""
    for outermost in TOO_DEEP(root):
        for element in list(outermost.iter(etree.Element)):
            element.attrib.clear()
            element.tag, element.text = "deep", f" {element.text or ''}"
    etree.strip_tags(root, "deep")


def _shorten(match: re.Match[str]) -> str:
    """A tag with thousands of attributes is no tag; long data: images are."""
    return match[0] if match[0].count("=") < 100 else ""


def _serialise(root: etree._Element) -> str:
    body = root.find("body")
    if body is None:
        return ""
    children = (
        etree.tostring(child, encoding="unicode", method="html") for child in body
    )
    return escape(body.text or "", quote=False) + "".join(children)


class _Keeper:
    """Walks a tree once and leaves only what is allowed."""

    def __init__(self, inline: Mapping[str, str]) -> None:
        self.inline = {key.strip("<>"): url for key, url in inline.items()}
        self.blocked: Counter[str] = Counter()
        self.hosts: set[str] = set()

    def clean(self, root: etree._Element) -> None:
        elements = list(root.iter())
        gone: set[etree._Element] = set()  # with what they lay in
        for element in elements:
            _mark_quote(element)
        for element in elements:
            tag = element.tag
            if element in gone:
                continue
            if not isinstance(tag, str) or ":" in tag:
                _drop(element)
            elif tag in ("html", "body"):
                element.attrib.clear()
            elif tag in DROPPED:
                self._note_sources(element)
                gone.update(element.iter())
                _drop(element)
            elif tag not in TAGS:
                element.attrib.clear()
                element.tag = "div" if tag in ("form", "head", "noscript") else "span"
            else:
                self._clean_attributes(element)

    def page_attributes(self, html: str) -> str:
        """The direction and the ground that <html> and <body> give to the mail."""
        said: dict[str, str] = {}
        pages = (match[1] for match in islice(PAGE.finditer(html), 4))
        for attributes in filter(PAGE_SAYS.search, pages):
            root, _is_whole = _parse(f"<div{attributes}></div>")
            if root is not None and (page := root.find("body/div")) is not None:
                said = {**page.attrib, **said}
        if not said:
            return ""
        self._block(said.get("background", ""), "images")
        style = self._style(
            f"background-color: {said.get('bgcolor', '')}; "
            f"color: {said.get('text', '')}; "
            f"direction: {said.get('dir', '')}; {said.get('style', '')}"
        )
        declared = (declaration.partition(": ") for declaration in style.split("; "))
        kept = {name: value for name, _colon, value in declared}
        attributes = ' dir="rtl"' if kept.get("direction", "").lower() == "rtl" else ""
        ground = kept.get("background-color", "")
        if ground not in ("", "transparent", "inherit", "initial"):
            color = f"; color: {kept['color']}" if kept.get("color") else ""
            attributes += f' style="{escape(f"background-color: {ground}{color}")}"'
        return attributes

    def _clean_attributes(self, element: etree._Element) -> None:
        attributes = dict(element.attrib)
        element.attrib.clear()
        for name, value in attributes.items():
            if name in ATTRIBUTES and len(value) < 2000:
                element.set(name, value)
            elif name == QUOTE:
                element.set(QUOTE, "1")
            elif name == "style":
                if style := self._style(value):
                    element.set("style", style)
            elif name == "background":
                self._block(value, "images")
        if element.tag == "a":
            _set_link(element, attributes.get("href", ""))
        elif element.tag == "img":
            self._set_image(element, attributes)

    def _style(self, style: str) -> str:
        kept, loading = safe_style(style)
        for value in loading:
            self._block(value, "images")
        return kept

    def _set_image(self, element: etree._Element, attributes: dict[str, str]) -> None:
        source = re.sub("[\t\r\n]", "", attributes.get("src", "").strip())
        if not source and (candidates := attributes.get("srcset", "").split()):
            source = candidates[0].rstrip(",")
        parked = attributes.get("data-original-src", "")
        if source.lower().startswith("cid:"):
            names = (source[4:], unquote(source[4:]))  # RFC 2392
            found = next(filter(None, map(self.inline.get, names)), BLOCKED_IMAGE)
            element.set("src", found)
        elif source in self.inline.values() or DATA_IMAGE.match(source):
            element.set("src", source)
        elif source == BLOCKED_IMAGE:  # by the first reading
            element.set("src", source)
            if _is_external(parked):
                element.set("data-original-src", parked)
        elif source and is_tracker(attributes):
            self._block(source, "trackers")
            _drop(element)
        elif source:
            element.set("src", BLOCKED_IMAGE)
            external = f"https:{source}" if source.startswith("//") else source
            external = external.replace(" ", "%20")
            if _is_external(external):
                self._block(external, "images")
                element.set("data-original-src", external)

    def _note_sources(self, element: etree._Element) -> None:
        for inner in element.iter():
            if inner.tag == "style":
                self._note_style("".join(inner.itertext()))
            for name in ("src", "href", "data", "poster", "srcset"):
                if value := inner.get(name):
                    self._block(value, "others")

    def _note_style(self, style: str) -> None:
        for block in re.split(r"(?<=\})", style[:100_000]):
            kind = "fonts" if "@font-face" in block.lower() else "others"
            for source in STYLE_SOURCE.findall(block):
                self._block(source, kind)

    def _block(self, source: str, kind: str) -> None:
        if not source or source.lower().startswith(("data:", "cid:")):
            return
        self.blocked[kind] += 1
        if match := re.search(r"(?:https?:)?//([^/\s\"')?#:]+)", source, re.I):
            self.hosts.add(match[1].lower())


def _mark_quote(element: etree._Element) -> None:
    names = {*element.get("class", "").split(), element.get("id", "")}
    if element.tag == "blockquote" or names & QUOTED:
        element.set(QUOTE, "1")
    elif names & QUOTED_FROM_HERE or OUTLOOK_RULE.search(element.get("style", "")):
        for beginning in _beginnings(element):
            if beginning.get(QUOTE):
                continue  # as is all that follows it: long mails are gone through once
            for quoted in (beginning, *beginning.itersiblings()):
                quoted.set(QUOTE, "1")


def _beginnings(element: etree._Element) -> list[etree._Element]:
    """`element`, or what it alone begins; and what follows it further out."""
    while _begins(element):
        element = element.getparent()
    found = [element]
    for outer in element.iterancestors():
        if outer.tag != "body" and (following := outer.getnext()) is not None:
            found.append(following)
    return found


def _begins(element: etree._Element) -> bool:
    """Whether nothing stands before `element` in its parent, which is not the body."""
    parent = element.getparent()
    if parent is None or parent.tag == "body" or element.getprevious() is not None:
        return False
    return not (parent.text or "").strip()


def _drop(element: etree._Element) -> None:
    """Remove the element with all it holds; the text behind it stays."""
    parent, previous = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and previous is not None:
        previous.tail = (previous.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _is_external(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _set_link(element: etree._Element, href: str) -> None:
    if target := link_target(href):
        element.set("href", target)
        element.set("target", "_blank")
        element.set("rel", REL)
