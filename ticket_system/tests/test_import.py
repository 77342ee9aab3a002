import io
import zipfile
from contextlib import suppress
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .import_case import NUMBER, RECEIVED, TICKET, ImportCase, mbox, table

MODELS = "odoo.addons.ticket_system.models"


@tagged("post_install", "-at_install")
class TestImport(ImportCase):
    """From files to the end of an import, whatever is in them"""

    def rows(self, count):
        return [
            {**RECEIVED, "id": str(number), "text": f"Nachricht {number}"}
            for number in range(1, count + 1)
        ]

    def files(self, messages):
        return {
            "ticket.csv": table("ticket", [{**TICKET, "projekt": "0"}]),
            "nachricht.csv": table("ticket_nachricht", messages),
        }

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def test_columns_on_screen(self):
        """Other names are mapped by hand; what is not mapped is left out"""
        csv = b"schluessel;betreff;zeit;zustand\n42;x;01.01.2020 12:00;neu\n"
        record = self.prepare({"tickets.csv": csv})
        record.action_read()
        state = record.column_ids.filtered(lambda column: column.name == "zustand")
        self.assertFalse(state.target)
        self.assertIn("status", state.offered)
        self.assertNotIn("visible", state.offered)
        state.target = "number"
        with self.assertRaises(UserError), self.env.cr.savepoint():
            record.action_start()
        state.target = "status"
        self.run_all(record)
        self.assertEqual(self.ticket("42").status_id, self.status["new"])

    def test_meanings_in_order(self):
        """The list is sorted in the reader's language"""
        self.env["res.lang"]._activate_lang("de_DE")
        columns = self.env["ticket.import.column"].with_context(lang="de_DE")
        names = [name for _target, name in columns._selection_target()]
        self.assertIn("Ticketnummer", names)
        self.assertEqual(names, sorted(names, key=str.lower))

    def test_no_import(self):
        """What cannot be read is told at once, in a sentence"""
        encrypted = zipped(**{"1.eml": b"x"}).replace(b"PK\x01\x02", b"PK\x01\x02", 1)
        encrypted = bytearray(encrypted)
        encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
        proper = table("ticket", [TICKET])
        for name, raw, reason in (
            ("x.csv", b"a;b\n1;2\n", "neither"),
            ("x.csv", b"schluessel;zeit\n1;2\n", "columns betreff .* “ticket”"),
            ("x.pdf", b"%PDF", "neither"),
            ("x.csv", b"", "neither"),
            ("x.csv", proper + b'"1"x;2\n', "no proper CSV"),
            ("x.csv", proper + b"1;\0\n", "NUL bytes"),
            ("x.zip", zipped(**{"1.eml": b"x" * 99})[:-30], "damaged"),
            ("x.zip", b"no archive", "damaged"),
            ("x.zip", bytes(encrypted), "encrypted"),
        ):
            record = self.prepare({name: raw}, account_id=self.account.id)
            with self.subTest(reason), self.assertRaisesRegex(UserError, reason):
                record.action_read()

    def test_one_bad_file(self):
        """P2: it is skipped with the reason, and the others are taken; each time"""
        found = {"bad.csv": b"schluessel;zeit\n1;2\n", **self.files(self.rows(1))}
        record = self.prepare(found)
        record.action_read()
        reason = "The columns betreff are missing for the table “ticket”."
        expected = [("bad.csv", 0, reason)]
        self.assertEqual(self.skipped(record), expected)
        self.run_all(record)
        self.assertEqual((record.row_count, record.made_count), (3, 2))
        self.assertEqual(self.skipped(record), expected)
        self.assertEqual(self.again(record), 2)
        self.assertEqual(self.skipped(record), expected)

    def test_another_file(self):
        """Once more with a mended file; what was noted and chosen stays"""
        found = self.files([{**self.rows(1)[0], "zeit": "gestern"}])
        record = self.start(found)
        self.assertEqual((record.made_count, record.problem_count), (1, 1))
        bad, kept = record.attachment_ids.sorted("name")
        column = record.column_ids.filtered(lambda column: column.name == "notiz")
        column.target = False
        record.action_again()
        raw = self.files(self.rows(1))[bad.name]
        mended = bad.create({"name": bad.name, "raw": raw})
        record.attachment_ids = kept | mended
        record.action_read()
        self.assertFalse(column.target)
        self.assertNotIn(bad, record.column_ids.attachment_id)
        self.run_all(record)
        self.assertEqual((record.made_count, record.problem_count), (1, 0))

    def test_needs_account(self):
        record = self.prepare({"x.mbox": b""})
        with self.assertRaisesRegex(UserError, "account"):
            record.action_read()

    def test_windows(self):
        """German letters late in a file of Windows"""
        messages = [*self.rows(1), {**RECEIVED, "id": "2", "text": "Grüße"}]
        messages[0]["text"] = "x" * 2_000_000
        found = self.files(messages)
        found["nachricht.csv"] = table("ticket_nachricht", messages, "\t", "cp1252")
        self.start(found)
        bodies = self.ticket(NUMBER)._conversation().mapped("body")
        self.assertIn("Grüße", bodies[1])

    # ------------------------------------------------------------------
    # Run
    # ------------------------------------------------------------------

    def test_out_of_time(self):
        """It goes on where it stopped, and is done with the last row"""
        record = self.prepare(self.files(self.rows(4)))
        record.action_read()
        cron = self.patched_cron(0)
        with patch(f"{MODELS}.ticket_import_run.BATCH", 2), cron:
            for state, done in (("running", 1), ("running", 3), ("done", 5)):
                self.run_once(record)
                self.assertEqual((record.state, record.done_count), (state, done))
        self.assertEqual(record.made_count, 5)

    def patched_cron(self, time_left):
        def commit(cron, *_args, **_options):
            cron.env.cr.commit()
            return time_left

        return patch.object(type(self.env["ir.cron"]), "_commit_progress", commit)

    def test_crash(self):
        """P1: the database fails in the middle; nothing is lost, nothing doubled"""
        record = self.prepare(self.files(self.rows(5)))
        record.action_read()
        model = type(self.env["ticket.import.openxe"])
        create, calls = model._create_messages, []

        def fail_once(openxe, made):
            create(openxe, made)
            calls.append(len(made))
            if len(calls) == 2:
                raise psycopg2.OperationalError("server closed the connection")

        with (
            patch(f"{MODELS}.ticket_import_run.BATCH", 2),
            patch.object(model, "_create_messages", fail_once),
        ):
            with suppress(psycopg2.OperationalError):
                self.run_once(record)
            self.env.invalidate_all()
            self.assertEqual((record.state, record.done_count), ("running", 3))
            self.run_all(record)
        self.assertEqual(record.made_count, 6)
        self.assertEqual(len(self.ticket(NUMBER)._conversation()), 5)

    @mute_logger(f"{MODELS}.ticket_import_run")
    def test_failing_row(self):
        """P2: a row that fails is skipped alone, with the reason"""
        model = type(self.env["ticket.import.openxe"])
        create = model._create_messages

        def fail(openxe, made):
            if any("Nachricht 2" in values["body"] for values in made):
                raise ZeroDivisionError("two")
            create(openxe, made)

        with patch.object(model, "_create_messages", fail):
            record = self.start(self.files(self.rows(3)))
        self.assertEqual(
            self.skipped(record), [("nachricht.csv", 3, "ZeroDivisionError('two')")]
        )
        self.assertEqual(record.made_count, 3)
        record.action_again()
        record.action_read()
        self.run_all(record)
        self.assertEqual((record.made_count, record.known_count), (1, 3))

    @mute_logger(f"{MODELS}.ticket_import_run")
    def test_never_for_ever(self):
        """An import that cannot go on ends, and tells why"""
        record = self.prepare(self.files(self.rows(1)))
        record.action_read()
        broken = patch.object(
            type(record), "_meanings", side_effect=ZeroDivisionError("all")
        )
        with broken:
            self.run_once(record)
        self.assertEqual(record.state, "done")
        self.assertEqual(self.skipped(record), [(False, 0, "ZeroDivisionError('all')")])

    def test_lost_file(self):
        """One that was readable before, and is not any more"""
        record = self.prepare(self.files(self.rows(1)))
        record.action_read()
        lost = record.attachment_ids.filtered(lambda f: f.name == "nachricht.csv")
        lost.sudo().raw = table("ticket_nachricht", [RECEIVED]) + b'"1"x;2\n'
        self.run_once(record)
        self.assertEqual(record.state, "done")
        [(name, row, reason)] = self.skipped(record)
        self.assertEqual((name, row), ("nachricht.csv", 0))
        self.assertIn("no proper CSV", reason)

    def test_german(self):
        """R62: reasons are told in the language of who imports"""
        self.env["res.lang"]._activate_lang("de_DE")
        self.administrator.lang = "de_DE"
        record = self.start({"ticket.csv": table("ticket", [{**TICKET, "zeit": "x"}])})
        [problem] = record.problem_ids
        self.assertEqual(problem.reason, "„x“ ist kein Datum.")

    def test_several(self):
        """Files in any order; mails of files and rows side by side"""
        files = self.files(self.rows(1))
        files["a.mbox"] = mbox()
        record = self.start(dict(reversed(files.items())), account_id=self.account.id)
        self.assertEqual(self.skipped(record), [])
        self.assertEqual(record.made_count, 2)


def zipped(**entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in entries.items():
            archive.writestr(name, raw)
    return file.getvalue()
