"""Merge a translation template into a language's file; needs polib."""

import sys
from pathlib import Path

import polib

METADATA = {
    "Project-Id-Version": "Odoo Server 19.0",
    "Language": "de",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def merge(template: Path, language: Path) -> list[str]:
    """Give ``language`` exactly the template's terms; the untranslated are the result.

    A term that reads the same in both languages must be given all the same: an empty
    one counts as missing.
    """
    terms = polib.pofile(str(template), wrapwidth=78)
    for date in DATES:
        terms.metadata.pop(date, None)
    terms.save(str(template))
    known = polib.pofile(str(language)) if language.exists() else polib.POFile()
    translated = {
        (entry.msgctxt, entry.msgid): entry.msgstr
        for entry in known
        if not entry.obsolete and "fuzzy" not in entry.flags
    }
    merged = polib.POFile(wrapwidth=78)
    merged.metadata = METADATA
    for entry in terms:
        entry.msgstr = translated.get((entry.msgctxt, entry.msgid), "")
        merged.append(entry)
    merged.save(str(language))
    return [entry.msgid for entry in merged if not entry.msgstr]


if __name__ == "__main__":
    for term in merge(Path(sys.argv[1]), Path(sys.argv[2])):
        print(repr(term))
