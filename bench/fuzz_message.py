"""Coverage-guided fuzzing of the mail parser, for a bounded time.

What makes it raise or hang is kept in ``.dev/fuzz`` and named in the output; the mails
of the test collection are where it starts from.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence

from devtools.paths import ADDON, DEV, ROOT

CORPUS = DEV / "fuzz" / "corpus"
FINDINGS = DEV / "fuzz" / "findings"
LONGEST = 16_384  # bytes of a mail
PATIENCE = 10  # seconds for one mail
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench fuzz_message")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--fuzz", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    for folder in (CORPUS, FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(FINDINGS.iterdir())
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from bench.fuzz_message import fuzz; fuzz()"),
            *(f"-max_total_time={asked.seconds}", f"-max_len={LONGEST}"),
            *(f"-timeout={PATIENCE}", f"-artifact_prefix={FINDINGS}/"),
            *("-print_final_stats=1", "-verbosity=1"),
            *(str(CORPUS), str(ADDON / "tests" / "mails")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    executed = EXECUTED.search(done.stderr)
    found = sorted(str(path) for path in set(FINDINGS.iterdir()) - before)
    ok = not found and executed is not None and done.returncode == 0
    if not ok:
        print(done.stdout[-2000:], done.stderr[-4000:], sep="\n")
    mails = int(executed[1]) if executed else 0
    print(
        json.dumps({"bench": "fuzz_message", "mails": mails, "found": found, "ok": ok})
    )
    return 0 if ok else 1


def fuzz() -> None:
    """The fuzzing process; libFuzzer's arguments are those of the command line."""
    import atheris

    with atheris.instrument_imports(include=["odoo.addons.ticket_system", "email"]):
        import odoo.addons

        odoo.addons.__path__.append(str(ROOT))
        from odoo.addons.ticket_system.mailflow import content, message, text_html

    def one(data: bytes) -> None:
        mail = message.parse(data)
        content.safe_html(mail.html)
        text_html.text_to_html(mail.text).encode()
        list(mail.headers())

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
