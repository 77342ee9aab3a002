"""An invitation (RFC 5545, RFC 6047) in a few lines, to stand below a mail's text."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import vobject
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date

LIMIT = 100_000  # characters
ZONE_LIMIT = 60
WINDOWS_ZONES = get_global("windows_zone_mapping")  # Outlook's name → that of the tz


def summary(calendar: str, language: str = "en") -> str:
    """What, when, where, who and why, a line each; "" if it cannot be read.

    :param language: of the days, such as "de_DE"
    """
    try:
        # its own rules of time zones are not run: they may have billions of steps
        component = vobject.readOne(calendar[:LIMIT], transform=False, allowQP=False)
        event = component.vevent
        when = _when(component, _locale(language))
    except Exception:  # noqa: BLE001  vobject's faults are many
        return ""
    what, where, who, why = (
        _text(event, name)
        for name in ("summary", "location", "organizer", "description")
    )
    return "\n".join(filter(None, (what, when, where, who, why)))


def _native(event: Any, name: str) -> Any:
    line = getattr(event, name, None)
    if line is None:
        return None
    zone = _zone(_named_zone(line))
    line.params.pop("TZID", None)  # vobject would keep it for all other calendars
    value = line.transformToNative().value
    if isinstance(value, datetime) and not value.tzinfo:
        return value.replace(tzinfo=zone)
    return value


def _text(event: Any, name: str) -> str:
    value = str(getattr(getattr(event, name, None), "value", None) or "")
    return value.removeprefix("mailto:").removeprefix("MAILTO:").strip()


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _when(calendar: Any, locale: Locale) -> str:
    """As in "Thursday, December 3, 2026, 14:00–15:00 (Europe/Berlin)"."""
    event = calendar.vevent
    name = _zone_name(calendar)
    start, end, length = (
        _native(event, name) for name in ("dtstart", "dtend", "duration")
    )
    if not isinstance(start, date):
        return str(start or "")
    if end is None and isinstance(length, timedelta):
        end = start + length
    if type(end) is not type(start):
        end = start
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return _days(start, end, locale)
    zone = _zone(name) or start.tzinfo
    start, end = _there(start, zone), _there(end, zone)
    label = name or start.tzname() or ""
    return _times(start, end, locale) + (f" ({label})" if label else "")


def _days(start: date, end: date, locale: Locale) -> str:
    last = end - timedelta(days=1)  # DTEND is the first day after (RFC 5545, 3.6.1)
    days = [start, last] if last > start else [start]
    return " – ".join(format_date(day, "full", locale) for day in days)


def _times(start: datetime, end: datetime, locale: Locale) -> str:
    begins = f"{format_date(start, 'full', locale)}, {start:%H:%M}"
    if end <= start:
        return begins
    if end.date() == start.date():
        return f"{begins}–{end:%H:%M}"
    return f"{begins} – {format_date(end, 'full', locale)}, {end:%H:%M}"


def _zone_name(calendar: Any) -> str:
    """That of the beginning, else that of the whole calendar; "" if there is none."""
    name = _named_zone(calendar.vevent.dtstart) or _text(calendar, "x_wr_timezone")
    return name[:ZONE_LIMIT]


def _named_zone(line: Any) -> str:
    return next(iter(line.params.get("TZID", ())), "")


def _zone(name: str) -> tzinfo | None:
    with contextlib.suppress(ValueError, KeyError, OSError):
        return ZoneInfo(WINDOWS_ZONES.get(name, name)) if name else None
    return None


def _there(moment: datetime, zone: tzinfo | None) -> datetime:
    if moment.tzinfo and zone:
        return moment.astimezone(zone)
    return moment.replace(tzinfo=zone)
