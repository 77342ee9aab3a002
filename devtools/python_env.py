"""The Python packages of ``uv.lock`` in ``.dev/venv``.

The lock names versions and hashes, no hosts: uv exports it as hash-pinned
requirements, and each machine takes them from the index that its own pip or uv is
configured for.
"""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys

from devtools import locks
from devtools.console import Failure, step
from devtools.paths import DEV, PYTHON, ROOT, VENV
from devtools.processes import run_logged

UV_VERSION = "0.13.9"
UV_HOME = DEV / "uv"
UV = UV_HOME / "bin" / "uv"
LOCK = ROOT / "uv.lock"
STAMP = VENV / "complete.json"

# pip's setting → the variable by which uv takes the same.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def prepare(*groups: str) -> None:
    """Make sure that the dependency ``groups`` of pyproject.toml are installed."""
    key = _key()
    stamp = _read_stamp()
    present = set(stamp["groups"]) if stamp["key"] == key else set()
    if present >= set(groups):
        return
    wanted = sorted(present | set(groups))
    with step(f"Python packages ({', '.join(wanted)})") as detail:
        _prepare_uv()
        env = uv_environment()
        if not PYTHON.exists():
            locks.remove(VENV)
            run_logged(
                [UV, "venv", "--quiet", "--python", sys.executable, VENV],
                "python-venv",
                "The Python environment could not be made.",
                env=env,
            )
        STAMP.unlink(missing_ok=True)
        requirements = DEV / "requirements.txt"
        requirements.write_text(_export(wanted, env))
        run_logged(
            [UV, "pip", "sync", "--python", PYTHON, "--require-hashes", requirements],
            "python-packages",
            "The Python packages could not be installed; is a package index reachable"
            " and is there room on the disk?",
            env=env,
            watch=detail,
        )
        STAMP.write_text(json.dumps({"key": key, "groups": wanted}))


def relock() -> None:
    """Resolve pyproject.toml anew into ``uv.lock``, without the names of hosts."""
    _prepare_uv()
    LOCK.unlink(missing_ok=True)
    run_logged(
        [UV, "lock", "--upgrade"],
        "python-lock",
        "The Python packages could not be resolved.",
        env=uv_environment(),
    )
    LOCK.write_text(without_hosts(LOCK.read_text()))


def without_hosts(lock: str) -> str:
    """A uv lock in which each file is known by name and hash alone."""
    lock = re.sub(r'registry = "[^"]*"', 'registry = "."', lock)
    return re.sub(r'url = "[^"]*/([^/"]+)"', r'path = "\1"', lock)


def uv_environment() -> dict[str, str]:
    """The process environment with pip's configuration told to uv as well."""
    pip = subprocess.run(
        [UV_HOME / "bin" / "python", "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
    )
    # Hashes pin every file, so it is harmless to look into all indexes.
    return {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        **uv_settings(pip.stdout),
        **os.environ,
    }


def uv_settings(pip_configuration: str) -> dict[str, str]:
    """uv's variables for the output of ``pip config list``."""
    settings: dict[str, str] = {}
    for line in pip_configuration.splitlines():
        name, _, quoted = line.partition("=")
        variable = PIP_TO_UV.get(name.rpartition(".")[2])
        if variable:
            settings[variable] = " ".join(str(ast.literal_eval(quoted)).split())
    return settings


def _prepare_uv() -> None:
    if UV.exists() and (UV_HOME / UV_VERSION).exists():
        return
    locks.remove(UV_HOME)
    run_logged(
        [sys.executable, "-m", "venv", UV_HOME],
        "uv-venv",
        "Python could not make a virtual environment.",
    )
    run_logged(
        [UV_HOME / "bin" / "pip", "install", "--quiet", f"uv=={UV_VERSION}"],
        "uv",
        "pip could not install uv; is a package index reachable?",
    )
    (UV_HOME / UV_VERSION).touch()


def _export(groups: list[str], env: dict[str, str]) -> str:
    only = [part for group in groups for part in ("--only-group", group)]
    exported = subprocess.run(
        [UV, "export", "--frozen", "--quiet", "--no-emit-project", *only],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
    )
    if exported.returncode:
        raise Failure(f"uv could not read uv.lock: {exported.stderr.strip()}")
    return exported.stdout


def _key() -> str:
    parts = (LOCK.read_bytes(), VENV)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _read_stamp() -> dict[str, list[str] | str]:
    try:
        stamp: dict[str, list[str] | str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {"key": "", "groups": []}
    return stamp
