"""What ``./dev`` can be asked to do: one function a word, each with its own arguments."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from devtools import environment, odoo, postgres, processes, python_env, testing
from devtools import shell as odoo_shell
from devtools.console import Failure, say


def test(arguments: Sequence[str]) -> int:
    """[pytest arguments] – all tests: plain Python, Odoo, mail servers, browser"""
    environment.prepare(browser=True)
    return testing.run(arguments)


def shell(arguments: Sequence[str]) -> int:
    """[--db NAME | --fresh] [FILE] – Odoo's shell, or run a program in it"""
    parser = _parser("shell", shell)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--db", help="an existing database")
    which.add_argument("--fresh", action="store_true", help="a new one, dropped after")
    parser.add_argument("file", nargs="?", type=Path, help="default: standard input")
    asked = parser.parse_args(arguments)
    if asked.file and not asked.file.is_file():
        raise Failure(f"There is no file {asked.file}.")
    environment.prepare()
    return odoo_shell.run(asked.db, fresh=asked.fresh, file=asked.file)


def run_odoo(arguments: Sequence[str]) -> int:
    """… – Odoo's own command line in this environment"""
    environment.prepare()
    with postgres.running():
        command = odoo.command(*arguments)
        return processes.run_in_foreground(command, env=odoo.environment())


def lock(arguments: Sequence[str]) -> int:
    """– resolve the Python packages anew into uv.lock"""
    _parser("lock", lock).parse_args(arguments)
    python_env.relock()
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "test": test,
    "shell": shell,
    "odoo": run_odoo,
    "lock": lock,
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; the result is the exit status."""
    if not arguments or arguments[0] not in COMMANDS:
        for name, function in COMMANDS.items():
            say(f"./dev {name} {function.__doc__}")
        return 0 if arguments in ([], ["help"], ["--help"], ["-h"]) else 2
    processes.terminate_on_signals()
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except Failure as failure:
        say(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser(
    name: str, function: Callable[[Sequence[str]], int]
) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./dev {name}", description=function.__doc__)
