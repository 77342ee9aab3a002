"""``./dev`` as a part of a pipe."""

import subprocess
import sys

PRINTING = """
import sys
from devtools import commands

def mail(arguments):
    print("x" * 1_000_000)
    return 0

commands.COMMANDS["mail"] = mail
sys.exit(commands.main(["mail"]))
"""


def test_reader_leaves_early() -> None:
    """As with ``| head``: no traceback, and the status that shells give"""
    with subprocess.Popen(
        [sys.executable, "-c", PRINTING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141
