"""What our own mail server found out about the sender (RFC 8601)."""

from __future__ import annotations

import re

from .message import IncomingMessage

COMMENT = re.compile(r"\([^()]*\)")
RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*(\w+)([^;]*)", re.I)
DOMAIN = re.compile(
    r"\b(?:header\.[di]|smtp\.mailfrom)\s*=\s*\"?(?:[^\s@;\"]*@)?([\w.-]+)", re.I
)
FROM = re.compile(r"\bheader\.from\s*=\s*\"?(?:[^\s@;\"]*@)?([\w.-]+)", re.I)
FAILED = {"fail", "softfail", "permerror"}


def authentication(message: IncomingMessage, authserv_id: str) -> str:
    """ "passed", "failed", or "" where nothing can be told.

    Only the topmost field of the server `authserv_id` counts: anybody can write such
    a field into a mail, but it ends up below the one of our own server.
    """
    for name, value in message.headers():
        if name.lower() == "authentication-results":
            text = COMMENT.sub(" ", value)
            server, _semicolon, results = text.partition(";")
            if server.split()[:1] and server.split()[0].lower() == authserv_id.lower():
                return _verdict(results, message.sender.domain)
    return ""


def _verdict(results: str, domain: str) -> str:
    """DMARC decides, of the sender that is shown; without it, what passed must be of
    their domain."""
    found = [
        (method.lower(), result.lower(), rest)
        for method, result, rest in RESULT.findall(results)
    ]
    for method, result, rest in found:
        if method == "dmarc" and result in {"pass", *FAILED}:
            if any(name.lower() != domain for name in FROM.findall(rest)):
                return ""
            return "passed" if result == "pass" else "failed"
    passed = [rest for _method, result, rest in found if result == "pass"]
    if any(_is_aligned(rest, domain) for rest in passed):
        return "passed"
    if any(result in FAILED for _method, result, _rest in found):
        return "failed"
    return ""


def _is_aligned(properties: str, domain: str) -> bool:
    return any(
        domain == found.lower() or domain.endswith(f".{found.lower()}")
        for found in DOMAIN.findall(properties)
    )
