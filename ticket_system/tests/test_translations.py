"""R62: German is complete, and in step with the source."""

import io
import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

FOLDER = Path(__file__).parent.parent / "i18n"
HINT = "run ./dev lang"
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd]|\{\w+\}|</?\w+[^>]*>")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def test_in_step(self):
        file = io.BytesIO()
        trans_export(False, ["ticket_system"], file, "po", self.env)
        source = polib.pofile(file.getvalue().decode())
        template = polib.pofile(str(FOLDER / "ticket_system.pot"))
        self.assertEqual(_terms(template), _terms(source), HINT)

    def test_german(self):
        """Each term is translated, with the placeholders and tags of the source"""
        german = polib.pofile(str(FOLDER / "de.po"))
        template = polib.pofile(str(FOLDER / "ticket_system.pot"))
        self.assertEqual(_terms(german), _terms(template), HINT)
        for entry in german:
            with self.subTest(entry.msgid):
                self.assertTrue(entry.msgstr)
                self.assertFalse("fuzzy" in entry.flags)
                found = [
                    sorted(PLACEHOLDER.findall(text))
                    for text in (entry.msgid, entry.msgstr)
                ]
                self.assertEqual(*found)


def _terms(file):
    return {entry.msgid for entry in file}
