"""Bytes to text, whatever the label says."""

import codecs

from charset_normalizer import from_bytes

SAMPLE = 20_000
# with fewer bytes beyond ASCII a guess is worse than the most common code page
ENOUGH_TO_GUESS = 30
# what mailers write, and what they mean (WHATWG encoding labels)
MEANT = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
# codecs of Python that are no charset of a mail; some are slow beyond measure
NO_CHARSETS = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"}


def decode(data: bytes, label: str) -> str:
    """Text of `data`; the label is tried, then UTF-8, then a guess. Never raises."""
    label = label.strip().strip("\"'").lower()
    for name in (MEANT.get(label, label), "utf-8"):
        try:
            codec = codecs.lookup(name).name
            if codec not in NO_CHARSETS:
                return _storable(data.decode(codec))
        except (LookupError, ValueError, TypeError):
            continue
    sample = data[:SAMPLE]
    guess = None
    if sum(byte > 127 for byte in sample) >= ENOUGH_TO_GUESS:
        guess = from_bytes(sample).best()
    return _storable(data.decode(guess.encoding if guess else "cp1252", "replace"))


def _storable(text: str) -> str:
    """Without what PostgreSQL refuses: NUL, and the half of a surrogate pair that UTF-7
    can name."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
