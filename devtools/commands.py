"""What ``./dev`` can be asked to do: a function a word, with its own arguments."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from devtools import (
    benchmarks,
    customer,
    environment,
    node_env,
    odoo,
    postgres,
    processes,
    python_env,
    running,
    testing,
)
from devtools import lang as translating
from devtools import lint as linting
from devtools import shell as odoo_shell
from devtools.console import Failure, say


def run(arguments: Sequence[str]) -> int:
    """[--reset] [--port N] – Odoo with demo data, mailboxes and an SMTP sink"""
    parser = _parser("run", run)
    parser.add_argument("--reset", action="store_true", help="start afresh")
    parser.add_argument("--port", type=int, default=running.PORT)
    asked = parser.parse_args(arguments)
    environment.prepare()
    return running.run(reset=asked.reset, port=asked.port)


def mail(arguments: Sequence[str]) -> int:
    """--from A --to B --subject S [TEXT] | --read A | --help – play a customer"""
    parser = _parser("mail", mail)
    parser.add_argument("--read", metavar="ADDRESS", help="show its newest mail")
    parser.add_argument("--from", dest="sender", default="erika@muster.example")
    parser.add_argument("--to", default="support@demo.example")
    parser.add_argument("--cc", default="")
    parser.add_argument("--subject", default="A question")
    parser.add_argument("--attach", type=Path, action="append", default=[])
    parser.add_argument("text", nargs="?", default="Hello,\n\nis anybody there?\n")
    asked = parser.parse_args(arguments)
    if asked.read:
        customer.read(asked.read)
    else:
        if missing := [str(file) for file in asked.attach if not file.is_file()]:
            raise Failure(f"There is no file {', '.join(missing)}.")
        customer.send(
            asked.sender,
            asked.to,
            asked.subject,
            asked.text,
            cc=asked.cc,
            files=asked.attach,
        )
    return 0


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


def lint(arguments: Sequence[str]) -> int:
    """[--fix] – style and types of everything; --fix formats first"""
    parser = _parser("lint", lint)
    parser.add_argument("--fix", action="store_true")
    asked = parser.parse_args(arguments)
    environment.prepare(groups=environment.LINT)
    node_env.prepare()
    return linting.run(fix=asked.fix)


def bench(arguments: Sequence[str]) -> int:
    """[NAME [arguments]] – the benchmarks of bench/"""
    environment.prepare(groups=environment.BENCH)
    return benchmarks.run(arguments[0] if arguments else None, arguments[1:])


def lang(arguments: Sequence[str]) -> int:
    """– export the terms, merge German, fail if one is missing"""
    _parser("lang", lang).parse_args(arguments)
    environment.prepare()
    return translating.run()


def lock(arguments: Sequence[str]) -> int:
    """– resolve the Python packages anew into uv.lock"""
    _parser("lock", lock).parse_args(arguments)
    python_env.relock()
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "mail": mail,
    "test": test,
    "lint": lint,
    "bench": bench,
    "shell": shell,
    "odoo": run_odoo,
    "lang": lang,
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
        status = COMMANDS[arguments[0]](arguments[1:])
        sys.stdout.flush()
        return status
    except Failure as failure:
        say(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads the output, like head, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _parser(
    name: str, function: Callable[[Sequence[str]], int]
) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./dev {name}", description=function.__doc__)
