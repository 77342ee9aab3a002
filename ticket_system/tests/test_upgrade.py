"""Data come through an upgrade; Odoo works without the addon.

The database is filled by today's version; then what the version before full-text search
had not is taken away, so that the upgrade has to make it again.
"""

import os

from odoo.tests import BaseCase, tagged

try:
    from devtools import database, odoo, processes
except ImportError:  # the addon is tested outside its own repository
    database = None

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
# what the version before full-text search had not
AGE = """
env.cr.execute("DROP TABLE ticket_text")
env.cr.execute(
    "UPDATE ir_module_module SET latest_version = '19.0.0.0.1' "
    "WHERE name = 'ticket_system'"
)
env.cr.commit()
"""
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
"""
UNINSTALL = """
addon = env["ir.module.module"].search([("name", "=", "ticket_system")])
addon.button_immediate_uninstall()
"""
AFTERWARDS = """
assert "ticket.ticket" not in env
env.cr.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'ticket_%'")
left = env.cr.fetchall()
assert not left, left
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
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not database:
            cls.skipTest(cls, "no databases of its own: run by ./dev test")
        cls.name = f"ticket_upgrade_{os.getpid()}"
        database.clone(database.template(demo=True), cls.name)
        cls.addClassCleanup(database.drop, cls.name)

    def execute(self, program):
        # an exception in the shell's input does not end it with an error
        guarded = "try:\n" + "".join(f"    {line}\n" for line in program.splitlines())
        guarded += "except BaseException:\n    import os, traceback\n"
        guarded += "    traceback.print_exc()\n    os._exit(1)\n"
        odoo.execute(self.name, guarded, failure="The program failed.")

    def test_upgrade_and_uninstall(self):
        self.execute(FILL)
        self.execute(AGE)
        processes.run_logged(
            odoo.command(
                *("-d", self.name, "-u", "ticket_system", "--stop-after-init"),
                "--no-http",
            ),
            "test-upgrade",
            "The upgrade failed.",
            env=odoo.environment(),
        )
        self.execute(CHECK)
        self.execute(UNINSTALL)
        self.execute(AFTERWARDS)
