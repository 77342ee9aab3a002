"""A private Dovecot 2.3 on unprivileged ports, as whatever user we may be."""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from devtools import certificates, ports, service_user, system
from devtools.certificates import Tls
from devtools.console import Failure
from devtools.mailboxes import Mailboxes
from devtools.processes import guarded

PATIENCE = 20  # seconds for the server to answer
TEMPLATE = """\
base_dir = {run}
state_dir = {run}
log_path = {directory}/dovecot.log
instance_name = {run}
protocols = imap
listen = 127.0.0.1

default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_privileged_group =
auth_mechanisms = plain login
auth_verbose = yes
auth_failure_delay = 0
disable_plaintext_auth = no
mail_max_userip_connections = 1000

{tls}
passdb {{
  driver = passwd-file
  args = {directory}/accepted
}}
passdb {{
  driver = passwd-file
  args = {directory}/denied
  deny = yes
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={directory}/mail/%Lu allow_all_users=yes
}}

mail_location = maildir:~/Maildir:UTF-8
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  client_limit = 500
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 500
}}
service anvil {{
  chroot =
  # No delay for an address from which a login failed.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
TLS = """\
ssl = yes
ssl_cert = <{directory}/tls/server.pem
ssl_key = <{directory}/tls/server.key
"""


class Dovecot(Mailboxes):
    """An IMAP server; any user name is accepted with the one ``password``.

    ``directory`` must be reachable for ``service_user``; without it a temporary one is
    made, and removed by ``stop``. The ports stay the same over ``restart``.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        tls: Tls | None = None,
        password: str | None = None,
    ) -> None:
        self._temporary = directory is None
        directory = directory or Path(
            tempfile.mkdtemp(prefix="ticket-mail-", dir="/tmp")
        )
        super().__init__(directory, password or secrets.token_urlsafe(12))
        self.tls = tls or Tls()
        self._prepared = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._process:
            return
        if not self._prepared:
            self._prepare()
            self._prepared = True
        self._process = subprocess.Popen(
            guarded(
                [_program(), "-F", "-c", self.directory / "dovecot.conf"],
                user=service_user.name(),
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._await_greeting()

    def stop(self) -> None:
        """End the server; its mailboxes are kept if the directory was given."""
        self._end(signal.SIGTERM)
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def restart(self) -> None:
        self._end(signal.SIGTERM)
        self.start()

    def kill(self) -> None:
        """Crash: server and open sessions vanish without a farewell."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if not self._process:
            return
        os.killpg(self._process.pid, how)
        self._process.wait(PATIENCE)
        self._process = None

    def _prepare(self) -> None:
        for folder in (self.directory, self.directory / "mail", self.directory / "tls"):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o755)
            service_user.own(folder)
        certificates.write(self.directory / "tls", self.tls)
        for path in (self.directory / "tls").iterdir():
            service_user.own(path)
        for name in ("accepted", "denied"):
            (self.directory / name).touch()
            service_user.own(self.directory / name)
        self.port = self.port or ports.free()
        self.tls_port = self.tls_port or ports.free()
        configuration = self.directory / "dovecot.conf"
        configuration.write_text(self._configuration())
        service_user.own(configuration)

    def _configuration(self) -> str:
        user = pwd.getpwnam(service_user.name() or pwd.getpwuid(os.getuid()).pw_name)
        run = service_user.socket_folder(self.directory / "run")
        run.mkdir(exist_ok=True)
        service_user.own(run)
        tls = TLS.format(directory=self.directory) if self.tls.offered else "ssl = no\n"
        return TEMPLATE.format(
            run=run,
            directory=self.directory,
            user=user.pw_name,
            group=_group_name(user.pw_gid),
            tls=tls,
            password=self.password,
            port=self.port,
            tls_port=self.tls_port if self.tls.offered else 0,
        )

    def _await_greeting(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with socket.create_connection((self.host, self.port), 1) as connection:
                    if connection.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            if self._process and self._process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.directory / "dovecot.log"
        tail = log.read_text().splitlines()[-3:] if log.exists() else ["no log"]
        self._end(signal.SIGTERM)
        raise Failure("Dovecot does not start: " + " / ".join(tail))


def _program() -> str:
    program = system.dovecot()
    if not program:
        raise Failure("Dovecot is missing; install the package dovecot-imapd.")
    shown = subprocess.run(
        [program, "--version"], capture_output=True, text=True
    ).stdout
    if not re.match(r"2\.3\.", shown):
        raise Failure(
            f"This machine has Dovecot {shown.split()[0]}, whose configuration differs;"
            " the environment needs Dovecot 2.3 (Debian 12)."
        )
    return program


def _group_name(number: int) -> str:
    import grp

    return grp.getgrgid(number).gr_name
