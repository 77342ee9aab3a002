"""An IMAP mailbox (RFC 3501): what is new, the raw bytes, and what happens after."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Self

from imapclient import SocketTimeout
from imapclient.exceptions import LoginError

from .connection import Client
from .errors import (
    EncryptionMissing,
    FolderMissing,
    LoginRefused,
    MailboxError,
    ProtocolError,
    _lt,
)
from .plain_words import plain_words

BATCH_COUNT = 100
BATCH_BYTES = 32 * 2**20
MAIL_BYTES = 150_000_000
UID_WINDOW = 20_000
MOST_UIDS = 500_000  # as many as fit into ANSWER_BYTES
ANSWER_BYTES = 8 * 2**20  # of anything but mails
ANSWER_SECONDS = 300.0
GREETING = 10.0  # seconds: who is dead keeps nobody else waiting
FAREWELL_SECONDS = 5.0
MAILS_SECONDS = 1800.0
SEEN = rb"\Seen"


class Security(StrEnum):
    TLS = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as the server keeps it.

    `internal_date` is naive UTC: when the server got the mail (RFC 3501, section
    2.3.3). `is_cut` tells that the mail is longer than MAIL_BYTES and `raw` holds its
    beginning only, or nothing if the server gave none of it (NIL); `full_size` is what
    the server says of the whole.
    """

    uid: int
    raw: bytes
    internal_date: datetime | None
    is_cut: bool = False
    full_size: int = 0

    @property
    def size(self) -> int:
        return max(len(self.raw), self.full_size if self.is_cut else 0)


class LoginShim:
    """What Odoo's `_imap_login__` and its OAuth modules expect of a connection."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def login(self, user: str, password: str) -> None:
        try:
            self._client.login(user or "", password or "")
        except LoginError as error:
            said = str(error).replace(password or "\0", "…")
            raise LoginError(said) from None

    def authenticate(self, mechanism: str, answer: Callable[[bytes], object]) -> None:
        self._client.sasl_login(mechanism, answer)

    def select(self, folder: str) -> None:
        self._client.select_folder(folder)


class Mailbox:
    """A connection, used with `with`. All its errors are MailboxErrors."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._uid_next = 0
        self.count = 0  # of the mails in the open folder

    @classmethod
    def connect(
        cls,
        host: str,
        port: int,
        security: Security,
        login: Callable[[LoginShim], None],
        *,
        timeout: float = 60,
        ca_file: str | None = None,
    ) -> Self:
        """Connect and log in; certificates are verified.

        :param login: logs in through the shim it is given
        :param timeout: seconds for each answer of the server; its first one must come
            within GREETING
        :param ca_file: PEM file of authorities trusted instead of the system's
        """
        with plain_words(f"{host}:{port}"):
            context = ssl.create_default_context(cafile=ca_file)
            client = Client(
                host,
                port,
                ssl=security == Security.TLS,
                ssl_context=context,
                timeout=SocketTimeout(min(timeout, GREETING), timeout),
                use_uid=True,
            )
        client._imap.debug = 0  # imapclient has all traffic put into words, unread
        mailbox = cls(client)
        try:
            if security == Security.STARTTLS:
                mailbox._start_tls(context)
            with mailbox._command(_lt("the login"), LoginRefused):
                login(LoginShim(client))
        except BaseException:
            mailbox.close()
            raise
        return mailbox

    def _start_tls(self, context: ssl.SSLContext) -> None:
        with self._command("STARTTLS", EncryptionMissing):
            if not self._client.has_capability("STARTTLS"):
                raise EncryptionMissing(
                    _lt("The server offers no encryption (STARTTLS is missing).")
                )
            self._client.starttls(context)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; a connection that is gone already is fine."""
        with contextlib.suppress(Exception):
            self._client.allow(FAREWELL_SECONDS, ANSWER_BYTES)
            self._client.logout()
            return
        with contextlib.suppress(Exception):
            self._client.shutdown()

    @contextlib.contextmanager
    def _command(
        self,
        subject: str,
        refused: type[MailboxError] = ProtocolError,
        mails: bool = False,
    ) -> Iterator[None]:
        if mails:
            self._client.allow(MAILS_SECONDS, MAIL_BYTES + BATCH_BYTES)
        else:
            self._client.allow(ANSWER_SECONDS, ANSWER_BYTES)
        with plain_words(subject, refused):
            yield

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def open(self, folder: str, readonly: bool = False) -> int:
        """Select the folder and return its UIDVALIDITY (RFC 3501, section 2.3.1.1)."""
        with self._command(
            _lt("the folder “%(folder)s”", folder=folder), FolderMissing
        ):
            answer = self._client.select_folder(folder, readonly=readonly)
        try:
            self._uid_next = int(answer.get(b"UIDNEXT", 0))
            self.count = int(answer.get(b"EXISTS", 0))
            return int(answer[b"UIDVALIDITY"])
        except (KeyError, ValueError, TypeError) as error:
            raise ProtocolError(
                _lt("The folder “%(folder)s” has no UIDVALIDITY.", folder=folder)
            ) from error

    def uids_after(self, last_uid: int, since: date | None = None) -> list[int]:
        """The UIDs above `last_uid`, ascending; of very many the first MOST_UIDS or
        somewhat more.

        Searched in windows, so that no answer grows beyond bounds. A range that ends
        in `*` always holds the last message (RFC 3501, section 6.4.8), hence the
        filter.

        :param since: only mails that the server got on this day or later
        """
        found: set[int] = set()
        start = last_uid + 1
        with self._command(_lt("the search")):
            while self._uid_next and start + UID_WINDOW < self._uid_next:
                found.update(self._search(f"{start}:{start + UID_WINDOW - 1}", since))
                start += UID_WINDOW
                if len(found) >= MOST_UIDS:
                    break
            else:
                found.update(self._search(f"{start}:*", since))
        return sorted(uid for uid in found if uid > last_uid)

    def _search(self, uids: str, since: date | None) -> Iterable[int]:
        criteria: list[Any] = ["UID", uids]
        if since:
            criteria += ["SINCE", since]
        found: list[int] = self._client.search(criteria)
        return found

    def batches(
        self,
        uids: Sequence[int],
        max_count: int = BATCH_COUNT,
        max_bytes: int = BATCH_BYTES,
    ) -> Iterator[list[RawMail]]:
        """The mails in ascending order, fetched without touching `\\Seen`.

        Each batch holds at most `max_count` mails and `max_bytes` bytes, or one mail
        that is larger. Messages deleted meanwhile are left out.
        """
        for start in range(0, len(uids), max_count):
            window = uids[start : start + max_count]
            with self._command(_lt("the sizes")):
                sizes = self._client.fetch(window, ["RFC822.SIZE"])
                parts = list(_parts(window, sizes, max_bytes))
            for part in parts:
                if mails := self._fetch(part):
                    yield mails

    def _fetch(self, uids: list[int]) -> list[RawMail]:
        with self._command(_lt("a mail"), mails=True):
            item = f"BODY.PEEK[]<0.{MAIL_BYTES}>"
            answer = self._client.fetch(uids, [item, "RFC822.SIZE", "INTERNALDATE"])
        mails = []
        for uid in uids:
            if uid not in answer:
                continue
            fields = answer[uid]
            raw = next((v for k, v in fields.items() if k.startswith(b"BODY[]")), None)
            mails.append(
                RawMail(
                    uid,
                    raw or b"",
                    _utc(fields.get(b"INTERNALDATE")),
                    is_cut=raw is None or len(raw) >= MAIL_BYTES,
                    full_size=int(fields.get(b"RFC822.SIZE", 0)),
                )
            )
        return mails

    # ------------------------------------------------------------------
    # Afterwards: each may be repeated harmlessly
    # ------------------------------------------------------------------

    def mark_seen(self, uids: Sequence[int]) -> None:
        if uids:
            with self._command(_lt("marking as read")):
                self._client.add_flags(uids, [SEEN], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move by MOVE (RFC 6851), else by COPY and deletion."""
        if not uids:
            return
        self.ensure(folder)
        with self._command(_lt("moving to “%(folder)s”", folder=folder)):
            if self._client.has_capability("MOVE"):
                self._client.move(uids, folder)
            else:
                self._client.copy(uids, folder)
                self.delete(uids)

    def delete(self, uids: Sequence[int]) -> None:
        """Flag and expunge these mails alone (UIDPLUS, RFC 4315).

        A server without UIDPLUS could only expunge every flagged mail of the folder,
        also those another client flagged; there they stay flagged.
        """
        if not uids:
            return
        with self._command(_lt("deleting")):
            self._client.delete_messages(uids, silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(uids)

    def ensure(self, folder: str) -> None:
        """Create the folder if it is missing."""
        with self._command(_lt("the folder “%(folder)s”", folder=folder)):
            if not self._client.folder_exists(folder):
                self._client.create_folder(folder)

    def holds(self, folder: str, message_id: str) -> bool:
        """Whether a mail with this Message-ID is in the folder."""
        self.open(folder, readonly=True)
        with self._command(_lt("the search")):
            return bool(self._client.search(["HEADER", "Message-ID", message_id]))

    def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into the folder, as one that was read."""
        self.ensure(folder)
        with self._command(_lt("copying to “%(folder)s”", folder=folder)):
            self._client.append(folder, raw, (SEEN,))


def _parts(
    uids: Sequence[int], sizes: dict[int, dict[bytes, Any]], max_bytes: int
) -> Iterator[list[int]]:
    """Cut the UIDs into runs of at most `max_bytes`."""
    part: list[int] = []
    total = 0
    for uid in uids:
        if uid not in sizes:
            continue
        size = int(sizes[uid].get(b"RFC822.SIZE", 0))
        if part and total + size > max_bytes:
            yield part
            part, total = [], 0
        part.append(uid)
        total += size
    if part:
        yield part


def _utc(when: datetime | None) -> datetime | None:
    """imapclient gives local naive time; mails are dated in naive UTC."""
    if when is None:
        return None
    return when.astimezone(UTC).replace(tzinfo=None)
