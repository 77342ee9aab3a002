"""Does a mail meet the conditions of a rule?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import regex

from .errors import MailflowError, _lt
from .message import IncomingMessage

REGEX_SECONDS = 0.2
TEXT_LIMIT = 100_000


class RuleError(MailflowError):
    """A pattern that cannot be read, or that takes too long."""


class Part(StrEnum):
    """The part of a mail that a condition looks at."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    SENDER_NAME = "sender_name"
    SUBJECT = "subject"
    BODY = "body"
    HEADER = "header"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Condition:
    """`pattern` is a substring in which `%` stands for any text, or, if `is_regex`, a
    regular expression. Case never matters."""

    part: Part
    pattern: str
    is_regex: bool = False


def matches(message: IncomingMessage, conditions: Iterable[Condition]) -> bool:
    """Whether the mail meets every condition.

    Raises RuleError for a bad pattern, and for one that runs longer than
    REGEX_SECONDS, so that no rule can hold up the fetch.
    """
    return all(_meets(message, condition) for condition in conditions)


def check(condition: Condition) -> None:
    """Raise RuleError if the pattern cannot be read."""
    _compiled(condition)


def _meets(message: IncomingMessage, condition: Condition) -> bool:
    pattern = _compiled(condition)
    try:
        return any(
            pattern.search(text[:TEXT_LIMIT], timeout=REGEX_SECONDS)
            for text in _texts(message, condition.part)
        )
    except TimeoutError as error:
        raise RuleError(
            _lt("The pattern “%(pattern)s” takes too long.", pattern=condition.pattern)
        ) from error


def _compiled(condition: Condition) -> regex.Pattern[str]:
    pattern = condition.pattern
    if not condition.is_regex:
        pattern = ".*?".join(map(regex.escape, pattern.split("%")))
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.DOTALL)
    except regex.error as error:
        raise RuleError(
            _lt(
                "The pattern “%(pattern)s” cannot be read: %(reason)s",
                pattern=condition.pattern,
                reason=error,
            )
        ) from error


def _texts(message: IncomingMessage, part: Part) -> Iterable[str]:
    match part:
        case Part.RECIPIENT:
            return [address.email for address in (*message.to, *message.cc)]
        case Part.SENDER:
            return [message.sender.email]
        case Part.SENDER_NAME:
            return [message.sender.name]
        case Part.SUBJECT:
            return [message.subject]
        case Part.BODY:
            return [message.text or message.html]
        case Part.HEADER:
            return [f"{name}: {value}" for name, value in message.headers()]
        case Part.ATTACHMENT:
            return [attachment.filename for attachment in message.attachments]
