"""``./dev lang``: the translation files, kept in step with the source."""

import subprocess

from devtools import database, odoo, postgres
from devtools.console import Failure, say, step
from devtools.paths import ADDON, PYTHON, ROOT
from devtools.processes import run_logged

TEMPLATE = ADDON / "i18n" / f"{ADDON.name}.pot"
LANGUAGE = ADDON / "i18n" / "de.po"


def run() -> int:
    """Export the template, merge it into German; raise Failure if terms are missing."""
    TEMPLATE.parent.mkdir(exist_ok=True)
    with postgres.running(), database.temporary("lang", demo=True) as name:
        what = ("-d", name, "-l", "pot", "-o", TEMPLATE, ADDON.name)
        with step("Exporting the terms"):
            run_logged(
                odoo.command("i18n", "export", *what),
                "lang-export",
                "Odoo could not export the terms.",
                env=odoo.environment(),
            )
    merged = subprocess.run(
        [PYTHON, "-m", "devtools.translations", TEMPLATE, LANGUAGE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    missing = merged.stdout.splitlines()
    if missing:
        shown = "".join(f"\n    {term}" for term in missing)
        raise Failure(f"{len(missing)} terms have no German in {LANGUAGE}:{shown}")
    say("  Every term is translated.")
    return 0
