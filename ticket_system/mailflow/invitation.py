"""An invitation (RFC 5545, RFC 6047) in a few lines, to stand below a mail's text."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

import vobject

LIMIT = 100_000  # characters
FIELDS = ("summary", "location", "organizer", "description")


def summary(calendar: str) -> str:
    """What, when, where, who and why, a line each; "" if it cannot be read."""
    try:
        component = vobject.readOne(calendar[:LIMIT], allowQP=False)
        event = component.vevent
    except Exception:  # noqa: BLE001  vobject's faults are many
        return ""
    what, where, who, why = (_value(event, name) for name in FIELDS)
    when = " – ".join(filter(None, (_when(event, "dtstart"), _when(event, "dtend"))))
    return "\n".join(filter(None, (what, when, where, who, why)))


def _value(event: Any, name: str) -> str:
    value = str(getattr(getattr(event, name, None), "value", "") or "")
    return value.removeprefix("mailto:").removeprefix("MAILTO:").strip()


def _when(event: Any, name: str) -> str:
    value = getattr(getattr(event, name, None), "value", "")
    with contextlib.suppress(ValueError):
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M %Z").strip()
    return str(value)
