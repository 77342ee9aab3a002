"""``./dev run``: Odoo with demo data, filled mailboxes and mail that goes nowhere."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from devtools import database, locks, mail_process, odoo, ports, postgres, service_user
from devtools.console import Again, Failure, say, step
from devtools.paths import DEV, LOGS, PYTHON, ROOT
from devtools.processes import ending, guarded, run_logged

DATABASE = "ticket_demo"
PORT = 8069
PASSWORD = "demo"  # of every mailbox
PATIENCE = 120  # seconds for Odoo to answer
LISTENING = "HTTP service (werkzeug) running on"  # Odoo's log says
DESCRIPTION = DEV / "run.json"  # the mail servers, for ``./dev mail``
GREETING = """
  Odoo is running at  {address}

    admin / admin     administrator         agnes / agnes   support and sales
                                            ali / ali       accounting and sales

  Try: the Tickets app. Three mailboxes are fetched every minute; open a ticket, take
  it, answer it. German: your name at the top right > My Preferences > Language.

  Be a customer:
    ./dev mail --from erika@muster.example --to support@demo.example --subject "Hello"
    ./dev mail --read erika@muster.example          (the last answer she got)
  or any mail program: IMAP {imap_host}:{imap_port}, SMTP {smtp_host}:{smtp_port}, no
  encryption, any address as the user, password "{password}".

  Odoo's log is {log}. Stop everything with Ctrl-C.
"""


def run(*, reset: bool, port: int) -> int:
    """Serve until Ctrl-C; the data is kept until the addon changes."""
    busy = "./dev run is already running in this folder; stop it first."
    with locks.exclusive("run", busy), postgres.running():
        mailboxes = service_user.folder("mailboxes")
        fresh = _prepare_database(reset, mailboxes)
        env = odoo.environment()
        if fresh:
            _fill(mailboxes, env)
        with mail_process.running(env, mailboxes, PASSWORD) as env:
            DESCRIPTION.write_text(env[mail_process.VARIABLE])
            try:
                return _serve_from(env, port)
            finally:
                DESCRIPTION.unlink()


def _prepare_database(reset: bool, mailboxes: Path) -> bool:
    """Whether the demo database is new; its comment names the template it is from."""
    template = database.template(demo=True)
    if not reset and database.origin(DATABASE) == template:
        return False
    with step("Demo database"):
        database.drop(DATABASE)
        for content in mailboxes.iterdir():
            locks.remove(content)
        database.clone(template, DATABASE)
    return True


def _fill(mailboxes: Path, env: Mapping[str, str]) -> None:
    with step("Demo mails"):
        run_logged(
            [PYTHON, "-m", "devtools.demo_mails", mailboxes],
            "demo-mails",
            "The demo's mailboxes could not be filled.",
            env=env,
        )


class PortTaken(Again):
    """Another program was quicker."""


def _serve_from(env: dict[str, str], wanted: int) -> int:
    """Serve on the first free port from ``wanted`` on."""
    while True:
        with suppress(PortTaken):
            return _serve(env, ports.first_free(wanted), wanted)


def _serve(env: dict[str, str], port: int, wanted: int) -> int:
    servers = mail_process.described(env)
    address = f"http://localhost:{port}"
    log = LOGS / "odoo.log"
    with step("Mail accounts"):
        odoo.execute(
            DATABASE,
            "from devtools.demo_setup import connect\n"
            f"connect(env, {servers!r}, {address!r})",
            failure="The demo accounts could not be connected.",
        )
    options = [f"--http-port={port}", f"--db-filter=^{DATABASE}$", "--workers=0"]
    with log.open("wb") as output:
        command = odoo.command("-d", DATABASE, "--max-cron-threads=2", *options)
        server = subprocess.Popen(
            guarded(command),
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with ending(server):
        with step("Odoo"):
            _await_answer(server, port, log)
            postgres.execute(f"notify cron_trigger, '{DATABASE}'")
        if port != wanted:
            say(f"  Port {wanted} is taken; {port} is used instead.")
        say(GREETING.format(address=address, log=log.relative_to(ROOT), **servers))
        with suppress(KeyboardInterrupt):
            server.wait()
            raise Failure(f"Odoo has ended by itself; the reason stands in {log}.")
        say("  Stopping …")
    return 0


def _await_answer(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """PortTaken if another program listens there by now: it would answer, too."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        time.sleep(0.1)
        if LISTENING not in log.read_text(errors="replace"):
            continue
        with suppress(OSError):
            url = f"http://127.0.0.1:{port}/web/health"
            with urllib.request.urlopen(url, timeout=5) as answer:
                json.load(answer)
            return
    if "Address already in use" in log.read_text(errors="replace"):
        raise PortTaken
    raise Failure(f"Odoo does not start; the reason stands in {log}.")
