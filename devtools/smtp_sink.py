"""An SMTP server that delivers every mail to the local mailbox of its recipient."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from devtools import ports
from devtools.mailboxes import Mailboxes

MAX_SIZE = 200 * 2**20  # bytes of one mail


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class SmtpSink:
    """Server or, in another process, handle on it: all state is in files."""

    host = "127.0.0.1"

    def __init__(self, mailboxes: Mailboxes, port: int = 0) -> None:
        self.mailboxes = mailboxes
        self.port = port
        self._folder = mailboxes.directory / "sink"
        self._controller: Controller | None = None

    def serve(self) -> None:
        """Listen, in a thread, until ``close``."""
        self._folder.mkdir(exist_ok=True)
        self.port = self.port or ports.free()
        controller = Controller(
            _Handler(self),
            hostname=self.host,
            port=self.port,
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            server_hostname="sink.example",
        )
        controller.start()
        self._controller = controller

    def close(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    @property
    def received(self) -> list[Received]:
        """Every mail accepted so far, in order."""
        return [_read(path) for path in sorted(self._folder.glob("*.json"))]

    def clear(self) -> None:
        for path in self._folder.glob("*-mail*"):
            path.unlink()

    def refuse(self, address: str, code: int = 550) -> None:
        """Answer RCPT TO ``address`` with ``code`` from now on."""
        refusals = self._refusals()
        refusals[address.lower()] = code
        (self._folder / "refusals").write_text(json.dumps(refusals))

    def accept_all(self) -> None:
        (self._folder / "refusals").unlink(missing_ok=True)

    def stop(self) -> None:
        """Turn every session away with 421, as a server that is shutting down."""
        (self._folder / "stopped").touch()

    def start(self) -> None:
        (self._folder / "stopped").unlink(missing_ok=True)

    @property
    def stopped(self) -> bool:
        return (self._folder / "stopped").exists()

    def answer_to(self, recipient: str) -> str:
        code = self._refusals().get(recipient.lower())
        if code is None:
            return "250 OK"
        return f"{code} {str(code)[0]}.1.1 <{recipient}> refused by the test sink"

    def take(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Deliver to each recipient, with the headers of a final delivery."""
        for recipient in recipients:
            head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
            self.mailboxes.deliver(recipient, head.encode() + raw)
        base = self._folder / f"{time.time_ns()}-mail"
        base.with_suffix(".eml").write_bytes(raw)
        aside = base.with_suffix(".new")
        aside.write_text(json.dumps({"sender": sender, "recipients": recipients}))
        aside.rename(base.with_suffix(".json"))

    def _refusals(self) -> dict[str, int]:
        try:
            refusals: dict[str, int] = json.loads(
                (self._folder / "refusals").read_text()
            )
        except FileNotFoundError:
            return {}
        return refusals


class _Handler:
    """aiosmtpd's hooks; the names are its interface."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        if self.sink.stopped:
            return "421 4.3.2 The test sink is stopped"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        answer = self.sink.answer_to(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.original_content or b""
        self.sink.take(envelope.mail_from or "", envelope.rcpt_tos, raw)
        return "250 OK"


def _read(path: Path) -> Received:
    facts = json.loads(path.read_text())
    raw = path.with_suffix(".eml").read_bytes()
    return Received(facts["sender"], tuple(facts["recipients"]), raw)
