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
    number: str
    participants: frozenset[str]
    is_closed: bool = False
    closed_on: datetime | None = None


class Candidates:
    """The candidates of one batch; it grows as the batch itself makes tickets."""

    def __init__(
        self, by_message_id: Mapping[str, Candidate], by_number: Mapping[str, Candidate]
    ) -> None:
        self._by_message_id = dict(by_message_id)
        self._by_number = dict(by_number)
        self._joined: dict[Hashable, Candidate] = {}

    def referenced(self, message: IncomingMessage) -> Iterator[Candidate]:
        """The tickets of what the mail reports on or answers, the nearest first."""
        identifiers = list(reversed(message.references))
        if message.report and message.report.original_message_id:
            identifiers.insert(0, message.report.original_message_id)
        for identifier in identifiers:
            if candidate := self._by_message_id.get(identifier):
                yield self._joined.get(candidate.ticket, candidate)

    def numbered(self, message: IncomingMessage) -> Iterator[Candidate]:
        for found in number.find(message.subject):
            if candidate := self._by_number.get(found):
                yield self._joined.get(candidate.ticket, candidate)

    def knows(self, message_id: str) -> bool:
        return message_id in self._by_message_id

    def add(self, candidate: Candidate, message_id: str) -> None:
        """A mail of this batch has joined or made `candidate.ticket`: it is open, and
        whoever takes part in the mail takes part in the ticket."""
        if known := self._joined.get(candidate.ticket):
            everybody = known.participants | candidate.participants
            candidate = replace(candidate, participants=everybody)
        self._joined[candidate.ticket] = candidate
        if message_id:
            self._by_message_id[message_id] = candidate


@dataclass(frozen=True, slots=True)
class Trust:
    """Who, besides a ticket's participants, may join it.

    `anybody`: whoever the sender is; `nobody`: the sender is not who they claim to be.
    `number_suffices`: everybody who writes the number. `reopen_within`: how long after
    closing a mail still joins; None: always.
    """

    internal_addresses: frozenset[str] = frozenset()
    public_domains: frozenset[str] = PUBLIC_DOMAINS
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

    A delivery report that names a message of ours needs no trust: only who got that
    message knows its identifier, and its sender is never a participant.
    """
    for candidate in candidates.referenced(message):
        if message.report or _is_trusted(message, candidate, trust):
            return _join(candidate, trust, now, "reference")
        return Route(RouteKind.RELATED, candidate.ticket, "reference_untrusted")
    for candidate in candidates.numbered(message):
        suffices = trust.number_suffices and not trust.nobody
        if suffices or _is_trusted(message, candidate, trust):
            return _join(candidate, trust, now, "number")
        return Route(RouteKind.RELATED, candidate.ticket, "number_untrusted")
    return Route(RouteKind.NEW, None, "new")


def _join(candidate: Candidate, trust: Trust, now: datetime, reason: str) -> Route:
    closed_on = candidate.closed_on if candidate.is_closed else None
    if trust.reopen_within and closed_on and now - closed_on > trust.reopen_within:
        return Route(RouteKind.RELATED, candidate.ticket, "closed_long_ago")
    return Route(RouteKind.REPLY, candidate.ticket, reason)


def _is_trusted(message: IncomingMessage, candidate: Candidate, trust: Trust) -> bool:
    sender = message.sender
    if trust.anybody:
        return True
    if trust.nobody or not sender.email:
        return False
    if sender.email in candidate.participants | trust.internal_addresses:
        return True
    domains = {email.rpartition("@")[2] for email in candidate.participants}
    return sender.domain in domains - trust.public_domains
