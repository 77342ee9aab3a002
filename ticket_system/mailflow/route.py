"""To which ticket does a mail belong?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from . import number
from .message import IncomingMessage
from .public_domains import PUBLIC_DOMAINS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that a mail may belong to. `participants`: the addresses that wrote or
    got its messages, in lower case; `closed_on` is naive UTC."""

    ticket: Hashable
    participants: frozenset[str]
    is_closed: bool = False
    closed_on: datetime | None = None


class Candidates:
    """The candidates of one batch; it grows as the batch itself makes tickets."""

    def __init__(
        self,
        by_message_id: Mapping[str, Candidate],
        by_number: Mapping[str, Candidate],
        outgoing: frozenset[str] = frozenset(),
    ) -> None:
        """:param outgoing: which of the Message-IDs are of what we sent"""
        self._by_message_id = dict(by_message_id)
        self._by_number = dict(by_number)
        self._outgoing = outgoing
        self._current = {
            candidate.ticket: candidate
            for candidate in (*by_message_id.values(), *by_number.values())
        }

    def reported(self, message: IncomingMessage) -> Candidate | None:
        """The ticket of the mail of ours that a report is about."""
        identifier = message.report.original_message_id if message.report else ""
        return self._of(identifier) if identifier in self._outgoing else None

    def named(self, message: IncomingMessage) -> Iterator[tuple[str, Candidate]]:
        """How the mail names tickets, by reference or by number; the nearest first."""
        identifiers = list(reversed(message.references))
        subjects = [message.subject]
        if message.report:
            identifiers.insert(0, message.report.original_message_id)
            subjects.append(message.report.original_subject)
        for identifier in identifiers:
            if candidate := self._of(identifier):
                yield "reference", candidate
        for found in number.find(" ".join(subjects)):
            if known := self._by_number.get(found):
                yield "number", self._current[known.ticket]

    def knows(self, message_id: str) -> bool:
        return message_id in self._by_message_id

    def add(
        self, ticket: Hashable, participants: frozenset[str], message_id: str
    ) -> None:
        """A mail of this batch has joined or made `ticket`: it is open, and whoever
        takes part in the mail takes part in the ticket."""
        known = self._current.get(ticket) or Candidate(ticket, frozenset())
        self._current[ticket] = candidate = replace(
            known,
            participants=known.participants | participants,
            is_closed=False,
            closed_on=None,
        )
        if message_id:
            self._by_message_id[message_id] = candidate

    def _of(self, message_id: str) -> Candidate | None:
        known = self._by_message_id.get(message_id)
        return self._current[known.ticket] if known else None


@dataclass(frozen=True, slots=True)
class Trust:
    """Who, besides a ticket's participants, may join it.

    `anybody`: whoever the sender is; `nobody`: the sender is not who they claim to be.
    `number_suffices`: everybody who writes the number. `reopen_within`: how long after
    closing a mail still joins; None: always.
    """

    internal_addresses: frozenset[str] = frozenset()
    anybody: bool = False
    nobody: bool = False
    number_suffices: bool = False
    reopen_within: timedelta | None = None


class RouteKind(StrEnum):
    REPLY = "reply"
    NEW = "new"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Route:
    """`ticket` is the one joined, or the one a new ticket is related to."""

    kind: RouteKind
    ticket: Hashable | None
    reason: str


def route(
    message: IncomingMessage, candidates: Candidates, trust: Trust, now: datetime
) -> Route:
    """Decide by reference first, then by number; strangers get a related ticket.

    A report on a mail of ours needs no trust: only who got that mail knows its
    identifier, and the reporter is never a participant.
    """
    if reported := candidates.reported(message):
        return _join(reported, trust, now, "reference")
    nearest = None
    for reason, candidate in candidates.named(message):
        suffices = reason == "number" and (
            trust.number_suffices or _is_returned(message, candidate)
        )
        if suffices and not trust.nobody or _is_trusted(message, candidate, trust):
            return _join(candidate, trust, now, reason)
        nearest = nearest or Route(
            RouteKind.RELATED, candidate.ticket, f"{reason}_untrusted"
        )
    return nearest or Route(RouteKind.NEW, None, "new")


def _join(candidate: Candidate, trust: Trust, now: datetime, reason: str) -> Route:
    closed_on = candidate.closed_on if candidate.is_closed else None
    if trust.reopen_within and closed_on and now - closed_on > trust.reopen_within:
        return Route(RouteKind.RELATED, candidate.ticket, "closed_long_ago")
    return Route(RouteKind.REPLY, candidate.ticket, reason)


def _is_returned(message: IncomingMessage, candidate: Candidate) -> bool:
    """Whether a bounce tells that a participant was not reached (P6). One that comes
    back to a sender other than nobody is no bounce (RFC 5321, 4.5.5)."""
    report = message.report
    return (
        report is not None
        and report.kind == "failed"
        and not message.return_path
        and report.recipient in candidate.participants
    )


def _is_trusted(message: IncomingMessage, candidate: Candidate, trust: Trust) -> bool:
    sender = message.sender
    if trust.anybody:
        return True
    if trust.nobody or not sender.email:
        return False
    if sender.email in candidate.participants | trust.internal_addresses:
        return True
    domains = {email.rpartition("@")[2] for email in candidate.participants}
    return sender.domain in domains - PUBLIC_DOMAINS
