"""``./dev lint``: every check of style and types, all of them before it fails."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from devtools import node_env
from devtools.console import Failure, say
from devtools.paths import ADDON, ROOT, VENV
from devtools.processes import Command

PYTHON_SOURCES = (".", "dev")
FORMATTED = ("ticket_system/**/*.{xml,js,scss,css}", "*.mjs")
# Plain pylint's share of OCA's mandatory set; ruff covers the rest of it.
PYLINT = (
    "odoolint",
    "anomalous-backslash-in-string",
    "assignment-from-none",
    "dangerous-default-value",
    "duplicate-key",
    "pointless-statement",
    "pointless-string-statement",
    "reimported",
    "return-in-init",
    "unreachable",
)
# Optional in OCA's set: a long model is spread over files, the README is Markdown,
# and the plain tests import the addon by its full name.
PYLINT_OFF = (
    "consider-merging-classes-inherited",
    "missing-readme",
    "odoo-addons-relative-import",
)


@dataclass(frozen=True, slots=True)
class Check:
    """A tool that passes or fails, and perhaps its own way to mend what it finds."""

    name: str
    command: Command
    fix: Command = ()


def run(*, fix: bool) -> int:
    """Run all checks, mending first if asked; 1 if any fails."""
    env = node_env.environment()
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env['PATH']}"
    env["MYPYPATH"] = str(ROOT)
    checks = list(_checks())
    if fix:
        for check in checks:
            if check.fix:
                subprocess.run(check.fix, cwd=ROOT, env=env, capture_output=True)
    failed = [check.name for check in checks if not _passes(check, env)]
    if failed:
        raise Failure(f"Failed: {', '.join(failed)}. ./dev lint --fix may mend it.")
    return 0


def _passes(check: Check, env: dict[str, str]) -> bool:
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    say(f"  {'✗' if done.returncode else '✓'} {check.name}")
    if done.returncode:
        say(done.stdout.strip())
    return not done.returncode


def _checks() -> Iterator[Check]:
    addon = ADDON.name
    yield Check(
        "ruff check",
        ("ruff", "check", *PYTHON_SOURCES),
        ("ruff", "check", "--fix", *PYTHON_SOURCES),
    )
    yield Check(
        "ruff format",
        ("ruff", "format", "--check", *PYTHON_SOURCES),
        ("ruff", "format", *PYTHON_SOURCES),
    )
    yield Check("mypy", ("mypy", "devtools", f"{addon}/mailflow"))
    yield Check(
        "pylint-odoo",
        (
            "pylint",
            "--rcfile=pyproject.toml",
            "--disable=all",
            f"--enable={','.join(PYLINT)}",
            f"--disable={','.join(PYLINT_OFF)}",
            addon,
        ),
    )
    oca = ("oca-checks-odoo-module", "--disable=prefer-readme-rst")
    yield Check("OCA hooks, module", (*oca, addon), (*oca, "--fix", addon))
    translations = [str(path) for path in sorted(ADDON.glob("i18n/*.po*"))]
    if translations:
        # Its "pretty format" would empty the terms that are the same in German.
        oca = ("oca-checks-po", "--disable=po-pretty-format")
        yield Check("OCA hooks, translations", (*oca, *translations))
    prettier = ("node_modules/.bin/prettier", "--no-error-on-unmatched-pattern")
    yield Check(
        "prettier",
        (*prettier, "--check", *FORMATTED),
        (*prettier, "--write", *FORMATTED),
    )
    scripts = ("node_modules/.bin/eslint", "--no-warn-ignored", f"{addon}/static")
    if any(ADDON.glob("static/**/*.js")):
        yield Check("eslint", scripts, (*scripts, "--fix"))
