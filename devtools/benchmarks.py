"""``./dev bench``: each program of ``bench/`` on a fresh database of its own.

A benchmark is a module of ``bench`` with a ``__main__`` part. It is run from the
project's root as ``python -m bench.<name>`` and finds in its environment

- ``PYTHONPATH``, so that ``odoo``, ``bench`` and ``devtools`` import,
- ``ODOO_RC``, ``PGHOST``, ``PGUSER``: addons path, data folder, the cluster,
- ``TICKET_SYSTEM_DATABASE``: the addon installed, no demo data, dropped afterwards,
- ``TICKET_SYSTEM_MAIL_SERVERS``: Dovecot and the SMTP sink (devtools.mail_servers).
"""

from collections.abc import Sequence

from devtools import database, mail_process, odoo, postgres
from devtools.console import Failure, say
from devtools.paths import PYTHON, ROOT
from devtools.processes import run_in_foreground

DATABASE = "TICKET_SYSTEM_DATABASE"


def names() -> list[str]:
    """The benchmarks, in alphabetical order."""
    modules = sorted((ROOT / "bench").glob("*.py"))
    return [path.stem for path in modules if "__main__" in path.read_text()]


def run(name: str | None, arguments: Sequence[str]) -> int:
    """Run one or all; the worst exit status is the result."""
    known = names()
    if name and name not in known:
        raise Failure(f"There is no benchmark {name}; there are: {', '.join(known)}.")
    chosen = [name] if name else known
    statuses = []
    with postgres.running():
        for benchmark in chosen:
            say(f"bench {benchmark}")
            with (
                database.temporary("bench", demo=False) as fresh,
                mail_process.running(odoo.environment()) as env,
            ):
                command = (str(PYTHON), "-m", f"bench.{benchmark}", *arguments)
                env[DATABASE] = fresh
                statuses.append(run_in_foreground(command, env=env))
    return max(statuses)
