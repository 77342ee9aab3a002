"""Merging terms into a language."""

from pathlib import Path

import polib

from devtools.translations import merge

TEMPLATE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#. module: ticket_system
#: model:ir.model.fields,field_description:ticket_system.field_x
msgid "Queue"
msgstr ""

#. module: ticket_system
msgid "Ticket"
msgstr ""
"""


def test_merge(tmp_path: Path) -> None:
    template, german = tmp_path / "t.pot", tmp_path / "de.po"
    template.write_text(TEMPLATE)
    assert merge(template, german) == ["Queue", "Ticket"]
    translated = polib.pofile(str(german))
    translated[1].msgstr = "Ticket"
    translated.append(polib.POEntry(msgid="Gone", msgstr="Weg"))
    translated.save()
    assert merge(template, german) == ["Queue"]
    result = polib.pofile(str(german))
    assert [entry.msgid for entry in result] == ["Queue", "Ticket"]
    assert result[0].occurrences
