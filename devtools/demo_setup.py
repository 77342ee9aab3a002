"""Runs inside Odoo: connect the demo accounts with the local mail servers."""

from typing import Any

GERMAN_TEMPLATE = """
<p>Ihre Lieferung verspätet sich, das tut uns leid. Wir klären es und schreiben Ihnen
heute noch einmal.</p>
"""
ACCOUNTS = ("support", "accounting", "sales")
LOGINS = ("admin", "agnes", "ali")
SMTP_NAME = "Local SMTP sink"


def connect(env: Any, servers: dict[str, Any], address: str) -> None:
    """Point accounts and outgoing mail to ``servers``, fetch at once, and commit.

    Erika reads German, which demo data cannot say in an Odoo without it. Who logs in
    begins with the tickets.

    ``servers`` is the description that ``devtools.mail_servers`` prints, ``address``
    the one under which the browser reaches Odoo.
    """
    for name in ACCOUNTS:
        account = env.ref(f"ticket_system.demo_account_{name}")
        account.write(
            {
                "server": servers["imap_host"],
                "port": servers["imap_port"],
                "is_ssl": False,
                "password": servers["password"],
                "state": "done",
            }
        )
        account.ticket_cron_id.write({"interval_number": 1, "interval_type": "minutes"})
        account.ticket_cron_id._trigger()
    outgoing = {"smtp_host": servers["smtp_host"], "smtp_port": servers["smtp_port"]}
    server = env["ir.mail_server"].search([("name", "=", SMTP_NAME)])
    if server:
        server.write(outgoing)
    else:
        env["ir.mail_server"].create({"name": SMTP_NAME, "sequence": 1, **outgoing})
    env.ref("ticket_system.demo_partner_erika").lang = "de_DE"
    templates = env["ticket.template"]
    if not templates.search([("lang", "=", "de_DE")]):
        delay = env.ref("ticket_system.demo_template_delay")
        delay.lang = "en_US"
        delay.copy(
            {
                "name": "Lieferung verspätet sich",
                "lang": "de_DE",
                "body": GERMAN_TEMPLATE,
            }
        )
    users = env["res.users"].search([("login", "in", LOGINS)])
    users.action_id = env.ref("ticket_system.ticket_ticket_action").id
    env["ir.config_parameter"].set_param("web.base.url", address)
    env.cr.commit()
