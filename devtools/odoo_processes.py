"""Processes with Odoo loaded, forked in milliseconds and free to be killed.

The first one loads the registry of the database that ``DATABASE`` names; each further
one is forked from it, with connections of its own. Only Python's forkserver knows how
to do that beside the threads of a test run.
"""

import importlib
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

DATABASE = "TICKET_SYSTEM_FORKED_DATABASE"


class OdooProcesses:
    """Starts functions ``module:name`` with an ``env`` as their first argument."""

    def __init__(self, database: str) -> None:
        os.environ[DATABASE] = database  # read by the server that all forks come from
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["devtools.odoo_preloaded"])

    def close(self) -> None:
        """End the server; forks that still run go on."""
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]

    def start(self, function: str, *arguments: Any) -> BaseProcess:
        process = self._context.Process(target=_run, args=(function, *arguments))
        process.start()
        return process

    def run(self, function: str, *arguments: Any) -> int | None:
        """Run to the end; the exit status, negative for a signal."""
        process = self.start(function, *arguments)
        process.join()
        return process.exitcode


@contextmanager
def environment(database: str) -> Iterator[Any]:
    """Odoo's ``env`` of the superuser, committed after the block."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def _run(function: str, *arguments: Any) -> None:
    module, _, name = function.partition(":")
    work = getattr(importlib.import_module(module), name)
    with environment(os.environ[DATABASE]) as env:
        work(env, *arguments)
