"""How ticket numbers look: eight digits of a date and some more."""

import hmac
import re
from datetime import date

HALF = 1000
ROUNDS = 6
NUMBER = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{4,8}(?!\d)"
)


def make(day: date, counter: int, secret: bytes) -> str:
    """YYYYMMDD and six digits, for example 20260302481507.

    The six digits are `counter` modulo a million, sent through a permutation keyed by
    the secret and the day (a balanced Feistel network over 1000 × 1000). So consecutive
    counters give up to a million different numbers a day without looking anything up,
    and without the secret no number follows from another.
    """
    stamp = f"{day:%Y%m%d}"
    left, right = divmod(counter % (HALF * HALF), HALF)
    for turn in range(ROUNDS):
        text = f"{stamp}:{turn}:{right}".encode()
        digest = hmac.digest(secret, text, "sha256")
        left, right = right, (left + int.from_bytes(digest[:8])) % HALF
    return f"{stamp}{left * HALF + right:06d}"


def find(subject: str) -> tuple[str, ...]:
    """The ticket numbers in a subject, in order, each once.

    >>> find("AW: [Ticket #201508040674] your order")
    ('201508040674',)
    """
    return tuple(dict.fromkeys(NUMBER.findall(subject)))
