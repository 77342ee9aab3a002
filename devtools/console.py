"""What the developer reads: progress of slow steps and errors with a remedy.

Everything goes to standard error; standard output belongs to the programs.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TICK = 0.5  # seconds between two repaints of a running step


class Failure(Exception):
    """Something the developer can mend; ``str`` is one sentence with the remedy."""


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


class Again(Exception):
    """A step did not succeed and is tried in another way: nothing has failed yet."""


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show that ``title`` is going on, and how long it took.

    On a terminal the line is repainted with the seconds and the detail passed to the
    yielded function; elsewhere one line is printed at the end.
    """
    detail = ""
    start = time.monotonic()
    ended = threading.Event()

    def set_detail(text: str) -> None:
        nonlocal detail
        detail = text

    def paint() -> None:
        while not ended.wait(TICK):
            seconds = int(time.monotonic() - start)
            line = f"  … {title}  {seconds} s  {detail}"
            print(f"\r\033[K{line[:110]}", end="", file=sys.stderr, flush=True)

    painter = threading.Thread(target=paint, daemon=True)
    if sys.stderr.isatty():
        painter.start()
    mark = "✗"
    try:
        yield set_detail
        mark = "✓"
    except Again:
        mark = "↻"
        raise
    finally:
        ended.set()
        if painter.ident:
            painter.join()
            print("\r\033[K", end="", file=sys.stderr)
        say(f"  {mark} {title} ({time.monotonic() - start:.1f} s)")
