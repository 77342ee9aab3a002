"""A fresh process with Odoo in it, and what a piece of work costs there."""

import gc
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from devtools import odoo_source
from devtools.console import Failure
from devtools.paths import DEV, ROOT

ADDONS = Path(__file__).parent / "addons"
FETCHED = (DEV / "helpdesk_mgmt" / "odoo" / "addons",)

P = ParamSpec("P")
T = TypeVar("T")


def in_fresh_process(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of ``work``, a function of some module, with picklable arguments.

    A new interpreter: caches, imports and peak memory of earlier work are not in it.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_deliver, args=(sender, work, args, kwargs))
    process.daemon = True  # ends with us
    process.start()
    sender.close()
    try:
        result: T = receiver.recv()
    except EOFError:
        raise Failure(f"{work.__qualname__} failed; its traceback is above.") from None
    finally:
        process.join()
    return result


def _deliver(
    sender: Connection, work: Callable[..., object], args: Any, kwargs: Any
) -> None:
    sender.send(work(*args, **kwargs))


@contextmanager
def environment(database: str) -> Iterator[Any]:
    """Odoo's ``env`` of the superuser on ``database``; ``ODOO_RC`` says where."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(
        [f"--addons-path={addons_path()}", "--log-level=warn"], setup_logging=True
    )
    threading.current_thread().dbname = database  # type: ignore[attr-defined]
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def addons_path() -> str:
    """Odoo's, the project's, the benchmarks' own and those fetched for them."""
    folders = [*odoo_source.locate().addons_paths, ROOT, ADDONS]
    folders += [folder for folder in FETCHED if folder.exists()]
    return ",".join(map(str, folders))


@dataclass
class Cost:
    """What the block of ``measured`` took."""

    seconds: float = 0
    cpu_seconds: float = 0  # of this process: neither PostgreSQL nor Dovecot
    sql: int = 0  # statements of all cursors, COMMIT not among them
    memory: int = 0  # bytes of peak resident memory above those at the start


@contextmanager
def measured() -> Iterator[Cost]:
    from odoo import sql_db

    cost = Cost()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak: man 5 proc
    memory, sql = _resident("VmRSS"), sql_db.sql_counter
    start, cpu_start = time.perf_counter(), time.process_time()
    yield cost
    cost.seconds = time.perf_counter() - start
    cost.cpu_seconds = time.process_time() - cpu_start
    cost.sql = sql_db.sql_counter - sql
    cost.memory = max(_resident("VmHWM") - memory, 0)


def _resident(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise LookupError(field)
