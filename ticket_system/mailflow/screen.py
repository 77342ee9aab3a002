"""Whom a mail may be answered by itself, and which mails are no ticket at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .message import IncomingMessage

MACHINES = re.compile(
    r"^(mailer-daemon|postmaster|(no|do[-_.]?not)[-_.]?reply([-+_.].*)?|"
    r"bounces?([+-].*)?|listserv|majordomo|.*-(request|owner|bounces))$"
)
AWAY = re.compile(
    r"^((re|aw|antw|sv)(\[\d+\])?:\s*)*"
    r"(abwesenheit\s*:|(automatic reply|auto(matic)?[ -]?(response|reply)|"
    r"out of (the )?office|automatische antwort|"
    r"abwesenheits(notiz|meldung|nachricht|assistent)|abwesend|"
    r"ich bin nicht im b(ü|ue)ro|vacation)\b)",
    re.IGNORECASE,
)
BULK = {"bulk", "junk", "list", "auto_reply"}
LIST_FIELDS = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "Mailing-List")
OUR_MARK = "X-Ticket-System"


class Action(StrEnum):
    """KEEP: an ordinary mail. NO_AUTORESPONSE: a ticket, but never answered by itself.
    IGNORE: what we ourselves sent to ourselves."""

    KEEP = "keep"
    NO_AUTORESPONSE = "no_autoresponse"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Verdict:
    action: Action
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`own_addresses`: every mailbox we fetch. `recent_from_sender`: the sender's mails
    of the last hour; at `storm_limit` of them (0: never) answers stop."""

    own_addresses: frozenset[str]
    recent_from_sender: int = 0
    storm_limit: int = 0

    @property
    def is_storm(self) -> bool:
        return bool(self.storm_limit) and self.recent_from_sender >= self.storm_limit


Check = Callable[[IncomingMessage, Surroundings], Verdict | None]


def own_mail(message: IncomingMessage, surroundings: Surroundings) -> Verdict | None:
    """An automatic answer of ours that came back to us: the end of a loop."""
    if message.header(OUR_MARK) and message.sender.email in surroundings.own_addresses:
        return Verdict(Action.IGNORE, "loop")
    return None


def own_address(message: IncomingMessage, surroundings: Surroundings) -> Verdict | None:
    if message.sender.email in surroundings.own_addresses:
        return Verdict(Action.NO_AUTORESPONSE, "own_address")
    return None


def bounce(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    """Delivery reports, and all else with a null return path (RFC 5321, 4.5.5)."""
    if message.report and message.report.kind != "read":
        return Verdict(Action.NO_AUTORESPONSE, "bounce")
    if message.return_path == "":
        return Verdict(Action.NO_AUTORESPONSE, "bounce")
    return None


def receipt(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    if message.report and message.report.kind == "read":
        return Verdict(Action.NO_AUTORESPONSE, "receipt")
    return None


def auto_reply(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    """RFC 3834, section 2, what Exchange, Lotus and others write, and the subject."""
    submitted = message.header("Auto-Submitted").split(";")[0].strip().lower()
    marked = (
        submitted not in ("", "no")
        or message.header("X-Autoreply")
        or message.header("X-Autorespond")
        or message.header("X-Auto-Response-Suppress").lower() not in ("", "none")
    )
    if marked or AWAY.match(message.subject):
        return Verdict(Action.NO_AUTORESPONSE, "auto_reply")
    return None


def mailing_list(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    """RFC 2369, RFC 2919 and the older Precedence."""
    precedence = message.header("Precedence").strip().lower()
    if precedence in BULK or any(message.header(name) for name in LIST_FIELDS):
        return Verdict(Action.NO_AUTORESPONSE, "list")
    return None


def no_sender(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    if not message.sender.email:
        return Verdict(Action.NO_AUTORESPONSE, "no_sender")
    return None


def machine_sender(message: IncomingMessage, _: Surroundings) -> Verdict | None:
    local = message.sender.email.partition("@")[0]
    if MACHINES.match(local):
        return Verdict(Action.NO_AUTORESPONSE, "machine")
    return None


def storm(_: IncomingMessage, surroundings: Surroundings) -> Verdict | None:
    if surroundings.is_storm:
        return Verdict(Action.NO_AUTORESPONSE, "storm")
    return None


CHECKS: tuple[Check, ...] = (
    own_mail,
    own_address,
    bounce,
    receipt,
    auto_reply,
    mailing_list,
    no_sender,
    machine_sender,
    storm,
)


def screen(message: IncomingMessage, surroundings: Surroundings) -> Verdict:
    """The verdict of the first check that has one."""
    for check in CHECKS:
        if verdict := check(message, surroundings):
            return verdict
    return Verdict(Action.KEEP)
