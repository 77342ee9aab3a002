"""Where the time of our fetch goes: samples of the stack and SQL, by named step.

A timer interrupts the work; the time since the last sample goes to the stack found.
That slows the work by a few per cent only, where a tracing profiler doubles what is
written in Python.
"""

import functools
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

INTERVAL = 0.001  # seconds
OURS = "ticket_system/models/"
# Title: (part of the file's path, function). An indented step is part of the one above.
STEPS = {
    "IMAP: fetch": ("mailflow/mailbox.py", "batches"),
    "IMAP: connect": ("mailflow/mailbox.py", "connect"),
    "IMAP: find new": ("mailflow/mailbox.py", "uids_after"),
    "take in a batch": (OURS, "_take_in"),
    "  parse": ("mailflow/message.py", "parse"),
    "  decide": (OURS, "_decide"),
    "    screen": ("mailflow/screen.py", "screen"),
    "    find partners": (OURS, "_find_partners"),
    "    find duplicates": (OURS, "_find_known"),
    "    find tickets": (OURS, "_find_candidates"),
    "    route": ("mailflow/route.py", "route"),
    "  write tickets": (OURS, "_create_tickets"),
    "  write messages": (OURS, "_create_messages"),
    "    attachments": (OURS, "_create_attachments"),
    "    sanitise": ("mailflow/content.py", "safe_html"),
    "    text to HTML": ("mailflow/text_html.py", "text_to_html"),
    "  touch answered tickets": (OURS, "_touch_replied"),
    "commit and progress": ("base/models/ir_cron.py", "_commit_progress"),
    "tidy the mailbox": (OURS, "_ticket_tidy"),
    "across: SQL": ("odoo/sql_db.py", "execute"),
    "across: ORM create": ("odoo/orm/models.py", "create"),
    "across: ORM flush": ("odoo/orm/models.py", "_flush"),
    "across: Odoo's sanitiser": ("odoo/tools/mail.py", "html_sanitize"),
    "across: filestore": ("base/models/ir_attachment.py", "_file_write"),
}


@dataclass
class Profile:
    """Seconds by step (with what it calls) and by function (without)."""

    total: float = 0
    steps: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    statements: Counter[tuple[str, str]] = field(default_factory=Counter)
    _last: float = 0

    def take(self, _signal: int, frame: FrameType | None) -> None:
        """One sample."""
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        self.total += elapsed
        if frame:
            code = frame.f_code
            place = "/".join(code.co_filename.rsplit("/", 2)[-2:])
            self.functions[f"{place} {code.co_qualname}"] += elapsed
        for title in set(self.titles(frame)):
            self.steps[title] += elapsed

    def titles(self, frame: FrameType | None) -> Iterator[str]:
        """The steps on the stack, the innermost first."""
        while frame:
            if title := _title(frame.f_code):
                yield title
            frame = frame.f_back

    def count(self, query: Any) -> None:
        """One SQL statement, for the innermost step that calls."""
        own = (t for t in self.titles(sys._getframe(2)) if not t.startswith("across:"))
        self.statements[next(own, "elsewhere").strip(), _shape(query)] += 1


@contextmanager
def profiled(active: bool = True) -> Iterator[Profile | None]:
    """Profile the block if ``active``; the yielded object is filled as it goes."""
    if not active:
        yield None
        return
    from odoo.sql_db import Cursor

    profile = Profile(_last=time.perf_counter())
    execute = Cursor.execute

    def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        profile.count(query)
        return execute(cursor, query, *args, **kwargs)

    before = signal.signal(signal.SIGALRM, profile.take)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    try:
        with patch.object(Cursor, "execute", counted):
            yield profile
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@functools.cache
def _title(code: CodeType) -> str:
    for title, (path, function) in STEPS.items():
        if code.co_name == function and path in code.co_filename:
            return title
    return ""


def _shape(query: Any) -> str:
    """Verb and table of a statement."""
    words = str(getattr(query, "code", query)).split()
    verb = words[0].upper()
    if verb in ("INSERT", "DELETE"):
        return f"{verb} {words[2]}"
    if verb == "UPDATE":
        return f"{verb} {words[1]}"
    if verb == "SELECT" and "FROM" in words[:-1]:
        return f"{verb} {words[words.index('FROM') + 1]}"
    return verb
