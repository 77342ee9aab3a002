"""Mailboxes on disk: the Maildirs that Dovecot serves, reached past it.

Delivery is what a mail server's delivery agent does: write aside, rename into place.
"""

import itertools
import json
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from imapclient import IMAPClient

from devtools import service_user

_sequence = itertools.count()


@dataclass
class Mailboxes:
    """All mailboxes of one server; any address is one, made on first use."""

    directory: Path
    password: str
    port: int = 0  # plain, with STARTTLS
    tls_port: int = 0
    host: str = field(default="127.0.0.1", init=False)

    @property
    def ca_file(self) -> str:
        return str(self.directory / "tls" / "ca.pem")

    def client(self, address: str) -> IMAPClient:
        """A logged-in connection to the mailbox, for the caller to log out."""
        client = IMAPClient(self.host, port=self.port, ssl=False, timeout=30)
        client.login(address, self.password_of(address))
        return client

    def deliver(
        self,
        address: str,
        raw: bytes,
        folder: str = "INBOX",
        internal_date: datetime | None = None,
    ) -> None:
        """Put a message into the mailbox; a naive ``internal_date`` is UTC."""
        maildir = self._maildir(address, folder)
        name = f"{time.time_ns()}.M{next(_sequence):06}P{os.getpid()}"
        name += f".{socket.gethostname()},S={len(raw)}"
        written = maildir / "tmp" / name
        written.write_bytes(raw)
        if internal_date:
            offset = internal_date.utcoffset()
            epoch = datetime(1970, 1, 1, tzinfo=internal_date.tzinfo)
            seconds = (internal_date - epoch).total_seconds()
            seconds -= offset.total_seconds() if offset else 0
            os.utime(written, (seconds, seconds))
        service_user.own(written)
        written.rename(maildir / "new" / name)

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """The messages in the order of their arrival, as they were delivered."""
        maildir = self._maildir(address, folder)
        files = [*maildir.glob("cur/*"), *maildir.glob("new/*")]
        return [file.read_bytes() for file in sorted(files, key=lambda f: f.name)]

    def new_uidvalidity(self, address: str, folder: str = "INBOX") -> None:
        """Renumber the folder, as a restored backup or a moved server does."""
        maildir = self._maildir(address, folder)
        uids = maildir / "dovecot-uidlist"
        header = (
            uids.read_text(errors="replace").split("\n", 1)[0] if uids.exists() else ""
        )
        known = [word[1:] for word in header.split() if word.startswith("V")]
        validity = int(known[0]) + 1 if known else int(time.time()) + 1
        for index in maildir.glob("dovecot.index*"):
            index.unlink()
        aside = maildir / "dovecot-uidlist.new"
        aside.write_text(f"3 V{validity} N1\n")
        service_user.own(aside)
        aside.rename(uids)

    def set_password(self, address: str, password: str | None) -> None:
        """Give one user a password of their own; None refuses them altogether.

        Returns when the server knows: Dovecot looks at a file once a second at most.
        """
        own = self._own_passwords()
        own[address.lower()] = password
        (self.directory / "passwords.json").write_text(json.dumps(own))
        accepted = [f"{user}:{{PLAIN}}{word}" for user, word in own.items() if word]
        _rewrite(self.directory / "accepted", accepted)
        _rewrite(self.directory / "denied", list(own))
        time.sleep(1.1)

    def password_of(self, address: str) -> str:
        return self._own_passwords().get(address.lower()) or self.password

    def _own_passwords(self) -> dict[str, str | None]:
        try:
            text = (self.directory / "passwords.json").read_text()
        except FileNotFoundError:
            return {}
        own: dict[str, str | None] = json.loads(text)
        return own

    def _maildir(self, address: str, folder: str) -> Path:
        path = self.directory / "mail" / address.lower() / "Maildir"
        if folder != "INBOX":
            path /= "." + folder.replace("/", ".")
        for part in ("tmp", "new", "cur"):
            (path / part).mkdir(parents=True, exist_ok=True)
            service_user.own(path / part)
        service_user.own(path)
        service_user.own(path.parent)
        if folder != "INBOX":
            (path / "maildirfolder").touch()
            service_user.own(path / "maildirfolder")
            service_user.own(path.parent.parent)
        return path


def _rewrite(path: Path, lines: list[str]) -> None:
    """Replace a password file; Dovecot notices by its time, in whole seconds."""
    before = path.stat().st_mtime if path.exists() else 0
    aside = path.with_suffix(".new")
    aside.write_text("".join(f"{line}\n" for line in lines))
    later = max(time.time(), before + 1)
    os.utime(aside, (later, later))
    service_user.own(aside)
    aside.rename(path)
