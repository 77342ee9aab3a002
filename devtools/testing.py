"""``./dev test``: first what needs no database, then Odoo's tests on a fresh one."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools import database, mail_process, odoo, postgres
from devtools.paths import ADDON, PYTHON, ROOT
from devtools.processes import run_in_foreground

PLAIN = "test_mailflow_*.py"  # of the addon's tests, those without a database
NOTHING_COLLECTED = 5  # pytest's exit status
# pytest's short options that take a value in the next word.
WITH_VALUE = frozenset("-k -m -p -o -c -n -W -r".split())


@dataclass(frozen=True, slots=True)
class Plan:
    """What each of the two pytest runs is called with; empty: that run is left out."""

    options: tuple[str, ...]
    plain: tuple[str, ...]
    odoo: tuple[str, ...]


def plan(arguments: Sequence[str], root: Path = ROOT) -> Plan:
    """Sort pytest's arguments: options for both runs, each path to its run."""
    options: list[str] = []
    paths: list[str] = []
    value_follows = False
    for word in arguments:
        is_path = not word.startswith("-") and (root / word.partition("::")[0]).exists()
        (paths if is_path and not value_follows else options).append(word)
        value_follows = word in WITH_VALUE
    if not paths:
        paths = ["devtools/tests", ADDON.name]
    plain: list[str] = []
    needing_odoo: list[str] = []
    for word in paths:
        path = root / word.partition("::")[0]
        if path.is_dir() and ADDON.name in path.relative_to(root).parts[:1]:
            plain += [str(test.relative_to(root)) for test in sorted(path.rglob(PLAIN))]
            needing_odoo.append(word)
        elif path.match(PLAIN) or path.is_relative_to(root / "devtools"):
            plain.append(word)
        else:
            needing_odoo.append(word)
    return Plan(tuple(options), tuple(plain), tuple(needing_odoo))


def run(arguments: Sequence[str]) -> int:
    """Run both parts of the plan; the worst exit status is the result."""
    chosen = plan(arguments)
    with (
        tempfile.TemporaryDirectory() as scratch,
        postgres.running(),
        mail_process.running(odoo.environment()) as env,
    ):
        env["TICKET_SYSTEM_TEST_RESULTS"] = f"{scratch}/plain.json"
        statuses = []
        if chosen.plain:
            statuses.append(_without_database(chosen, env))
        if chosen.odoo and statuses != [2]:  # 2: interrupted
            statuses.append(_with_database(chosen, env))
    ran = [status for status in statuses if status != NOTHING_COLLECTED]
    return max(ran, default=NOTHING_COLLECTED)


def _without_database(chosen: Plan, env: Mapping[str, str]) -> int:
    plain_env = {name: value for name, value in env.items() if name != "ODOO_RC"}
    plain_env["TICKET_SYSTEM_MORE_TESTS"] = "1" if chosen.odoo else ""
    return _pytest(*chosen.options, *chosen.plain, env=plain_env)


def _with_database(chosen: Plan, env: Mapping[str, str]) -> int:
    with database.temporary("test", demo=True) as name:
        return _pytest(
            f"--odoo-database={name}",
            "--odoo-http",
            "--odoo-log-level=warn",
            f"--ignore-glob=*/{PLAIN}",
            *chosen.options,
            *chosen.odoo,
            env=env,
        )


def _pytest(*arguments: str, env: Mapping[str, str]) -> int:
    return run_in_foreground([PYTHON, "-m", "pytest", "-rs", *arguments], env=env)
