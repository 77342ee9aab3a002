"""Where the time of our fetch goes: cProfile and SQL statements by named step."""

import cProfile
import pstats
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

# Title: (end of the file's path, function). An indented step is part of the one above.
STEPS = {
    "IMAP: fetch": ("mailflow/mailbox.py", "batches"),
    "IMAP: connect": ("mailflow/mailbox.py", "connect"),
    "IMAP: find new": ("mailflow/mailbox.py", "uids_after"),
    "take in a batch": ("models/ticket_mail_intake.py", "_take_in"),
    "  parse": ("mailflow/message.py", "parse"),
    "  decide": ("models/ticket_mail_intake.py", "_decide"),
    "    screen": ("mailflow/screen.py", "screen"),
    "    find partners": ("models/ticket_mail_intake.py", "_find_partners"),
    "    find duplicates": ("models/ticket_mail_intake.py", "_find_known"),
    "    find tickets": ("models/ticket_mail_intake.py", "_find_candidates"),
    "    route": ("mailflow/route.py", "route"),
    "  write tickets": ("models/ticket_mail_intake.py", "_create_tickets"),
    "  write messages": ("models/ticket_mail_intake.py", "_create_messages"),
    "    attachments": ("models/ticket_mail_intake.py", "_create_attachments"),
    "    sanitise": ("mailflow/content.py", "safe_html"),
    "    text to HTML": ("mailflow/content.py", "text_to_html"),
    "  touch answered tickets": ("models/ticket_mail_intake.py", "_touch_replied"),
    "commit and progress": ("base/models/ir_cron.py", "_commit_progress"),
    "tidy the mailbox": ("models/fetchmail_server_fetch.py", "_ticket_tidy"),
    "across: SQL": ("odoo/sql_db.py", "execute"),
    "across: ORM create": ("odoo/orm/models.py", "create"),
    "across: ORM flush": ("odoo/orm/models.py", "_flush"),
    "across: Odoo's sanitiser": ("odoo/tools/mail.py", "html_sanitize"),
    "across: filestore": ("base/models/ir_attachment.py", "_file_write"),
}


@dataclass
class Profile:
    total: float = 0  # seconds under the profiler
    seconds: dict[str, float] = field(default_factory=dict)  # by step, cumulative
    functions: list[tuple[float, int, str]] = field(default_factory=list)
    statements: Counter[tuple[str, str]] = field(default_factory=Counter)


@contextmanager
def profiled(active: bool = True) -> Iterator[Profile | None]:
    """Profile the block if ``active``; the yielded object is filled at its end."""
    if not active:
        yield None
        return
    from odoo.sql_db import Cursor

    profile = Profile()
    execute = Cursor.execute

    def counted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        profile.statements[_step_of_caller(), _shape(query)] += 1
        return execute(cursor, query, *args, **kwargs)

    profiler = cProfile.Profile()
    with patch.object(Cursor, "execute", counted):
        profiler.enable()
        try:
            yield profile
        finally:
            profiler.disable()
    _summarise(profile, pstats.Stats(profiler))


def _summarise(profile: Profile, stats: pstats.Stats) -> None:
    raw: dict[tuple[str, int, str], tuple[int, int, float, float, Any]]
    raw = stats.stats  # type: ignore[attr-defined]
    profile.total = stats.total_tt  # type: ignore[attr-defined]
    for title, (path, function) in STEPS.items():
        profile.seconds[title] = sum(
            cumulative
            for (file, _, name), (_, _, _, cumulative, _) in raw.items()
            if name == function and file.endswith(path)
        )
    own = [
        (own, calls, f"{file.rpartition('/')[2]}:{line} {name}")
        for (file, line, name), (_, calls, own, _, _) in raw.items()
    ]
    profile.functions = sorted(own, reverse=True)[:30]


def _step_of_caller() -> str:
    """The innermost step on the stack."""
    known = {place: title for title, place in STEPS.items() if title[:7] != "across:"}
    frame = sys._getframe(2)
    while frame := frame.f_back:  # type: ignore[assignment]
        for (path, function), title in known.items():
            code = frame.f_code
            if code.co_name == function and code.co_filename.endswith(path):
                return title.strip()
    return "elsewhere"


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
    return " ".join([verb, *words[1:2]])
