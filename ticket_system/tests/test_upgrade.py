"""Data of earlier versions come through an upgrade; Odoo works without the addon.

Each version keeps a database of its own in `dumps/`, which all later ones upgrade. When
the manifest's version is new, the test makes that file, to be committed.
"""

import os
from pathlib import Path

from odoo.modules import Manifest
from odoo.tests import BaseCase, tagged

try:
    from devtools import database, odoo, processes
except ImportError:  # the addon is tested outside its own repository
    database = None

DUMPS = Path(__file__).parent / "dumps"
FILL = """
from odoo.addons.ticket_system.mailflow.mailbox import RawMail
from odoo.addons.ticket_system.tests.common import mail
account = env["fetchmail.server"].create({
    "name": "support@old.example", "user": "support@old.example", "server": "x",
    "use_ticket_system": True, "server_type": "imap", "password": "kept",
})
line = env["ticket.mail"]._take_in(
    account, next(account._ticket_sources()), 1,
    [RawMail(1, mail("Upgrade me", "There is a giraffe."), None)],
)
line.ticket_id.write({"number": "20200101000001", "internal_comment": "kept"})
env["ticket.reply"].create({"ticket_id": line.ticket_id.id, "body": "<p>draft</p>"})
env.cr.commit()
"""
# the words of messages are made anew where they are missing
AGE = 'env.cr.execute("DROP TABLE ticket_text"); env.cr.commit()'
CHECK = """
ticket = env["ticket.ticket"].search([("number", "=", "20200101000001")])
assert ticket.name == "Upgrade me" and ticket.internal_comment == "kept"
assert ticket.status_id.code == "new", ticket.status_id.code
assert ticket.account_id.password == "kept", ticket.account_id
assert "giraffe" in ticket.message_ids[-1:].body
assert "giraffe" in ticket.message_ids.ticket_mail_ids.raw_attachment_id.raw.decode()
assert "draft" in ticket.draft_ids.body
found = env["ticket.ticket"].search([("text", "ilike", "giraffes")])
assert found == ticket, found
agent = env["res.users"].create({
    "name": "Late", "login": "late",
    "group_ids": [(4, env.ref("ticket_system.group_agent").id)],
})
elsewhere = env["ticket.queue"].create({"name": "Elsewhere", "code": "elsewhere"})
values = {"name": "For you", "queue_id": elsewhere.id}
env["ticket.ticket"].with_user(agent).create(values)
"""
UNINSTALL = """
env["fetchmail.server"].search([("use_ticket_system", "=", True)]).state = "done"
ticket = env["ticket.ticket"].search([], limit=1)
ticket.activity_schedule("ticket_system.activity_undelivered", user_id=env.uid)
env.cr.commit()
addon = env["ir.module.module"].search([("name", "=", "ticket_system")])
addon.button_immediate_uninstall()
"""
AFTERWARDS = """
assert "ticket.ticket" not in env
env.cr.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'ticket_%'")
left = env.cr.fetchall()
assert not left, left
left = env["ir.actions.server"].search([("code", "like", "_ticket_fetch")])
assert not left, left
left = env["mail.activity.type"].with_context(active_test=False)
assert not left.search([("res_model", "=", "ticket.ticket")])
account = env["fetchmail.server"].search([("user", "=", "support@old.example")])
assert account.state == "draft", account
for model in ("res.partner", "project.project", "fetchmail.server", "mail.message"):
    env[model].get_views([(False, "list"), (False, "form")])
    env[model].search([], limit=5).read()
partner = env["res.partner"].create({"name": "After", "email": "a@b.example"})
partner.message_post(body="It still works")
env["ir.cron"].search([]).read()
menus = env["ir.ui.menu"].load_menus(False)
assert menus
"""


@tagged("post_install", "-at_install")
class TestUpgrade(BaseCase):
    def setUp(self):
        super().setUp()
        if not database:
            self.skipTest("no databases of its own: run by ./dev test")
        self.name = f"ticket_upgrade_{os.getpid()}"
        self.addCleanup(database.drop, self.name)

    def execute(self, program):
        # an exception in the shell's input does not end it with an error
        guarded = "try:\n" + "".join(f"    {line}\n" for line in program.splitlines())
        guarded += "except BaseException:\n    import os, traceback\n"
        guarded += "    traceback.print_exc()\n    os._exit(1)\n"
        odoo.execute(self.name, guarded, failure="The program failed.")

    def upgrade(self):
        processes.run_logged(
            odoo.command(
                *("-d", self.name, "-u", "ticket_system", "--stop-after-init"),
                "--no-http",
            ),
            "test-upgrade",
            "The upgrade failed.",
            env=odoo.environment(),
        )

    def test_upgrade(self):
        """Whatever version it was filled by"""
        version = Manifest.for_addon("ticket_system").version
        newest = DUMPS / f"{version}.sql.xz"
        if not newest.exists():
            database.clone(database.template(demo=False), self.name)
            self.execute(FILL)
            database.save(self.name, newest)
            self.fail(f"Version {version} is new: commit {newest.name}.")
        for dump in DUMPS.glob("*.sql.xz"):
            with self.subTest(dump.name):
                database.drop(self.name)
                database.restore(dump, self.name)
                self.execute(AGE)
                self.upgrade()
                self.execute(CHECK)

    def test_uninstall(self):
        database.clone(database.template(demo=True), self.name)
        self.execute(FILL)
        self.execute(UNINSTALL)
        self.execute(AFTERWARDS)
