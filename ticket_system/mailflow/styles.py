"""Styles of strangers → the declarations that are safe to keep."""

from __future__ import annotations

import re

PROPERTIES = frozenset(
    """
    background-color border border-bottom border-collapse border-color border-left
    border-radius border-right border-spacing border-style border-top border-width
    color direction font font-family font-size font-style font-variant font-weight
    height letter-spacing line-height list-style-type max-width min-width padding
    padding-bottom padding-left padding-right padding-top text-align
    text-decoration text-indent text-transform vertical-align white-space width
    word-break word-spacing word-wrap
    """.split()
)
UNSAFE_VALUE = re.compile(
    r"[\\<>{}@]|url|image|expression|var\s*\(|/\*|attr\s*\(", re.I
)
HEX_COLOR = re.compile(r"#[0-9a-f]{3,8}\b", re.I)
NO_COLOR = "none|initial|inherit|repeat|fixed|scroll|local|center|left|right|top|bottom"
COLOR = re.compile(
    rf"{HEX_COLOR.pattern}|(rgb|hsl)a?\([\w\s.,%/]+\)"
    rf"|(?<!\S)(?!({NO_COLOR})\b)[a-z]+(?!\S)",
    re.I,
)
HUGE = re.compile(r"\d{5,}|\d{4,}\s*(em|rem|vw|vh|%)", re.I)


def safe_style(style: str) -> tuple[str, list[str]]:
    """The harmless declarations of a style attribute, and the values of those that
    would load something."""
    kept, loading = [], []
    for declaration in style[:10_000].split(";"):
        name, _colon, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        value = value.replace("!important", "").strip()
        if UNSAFE_VALUE.search(value) and re.search("url|image", value, re.I):
            loading.append(value)
        # without the ground it was written for, light text would stand on white
        if name == "background" and (found := COLOR.search(value)):
            name, value = "background-color", found[0]
        if name in PROPERTIES and _is_harmless(value):
            kept.append(f"{name}: {value}")
    return "; ".join(kept), loading


def _is_harmless(value: str) -> bool:
    """Of a style: it loads nothing and covers nothing else."""
    numbers = HEX_COLOR.sub("", value)
    return not (UNSAFE_VALUE.search(value) or HUGE.search(numbers) or value[:1] == "-")
