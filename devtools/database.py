"""Databases in seconds: clones of templates that are rebuilt when they are out of date.

Two layers: Odoo's own modules (rare to change, slow to install) and on top of them the
addon. A template's name carries a digest of everything that shapes it.
"""

import hashlib
import lzma
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools import locks, odoo, odoo_source, postgres
from devtools.console import step
from devtools.paths import ADDON, DATA

BASE_MODULES = "mail,project"
# The parts of the addon that end up in the database.
SHAPING = ("data", "demo", "i18n", "models", "report", "security", "views", "wizard")
FILESTORE = DATA / "filestore"


@contextmanager
def temporary(purpose: str, *, demo: bool) -> Iterator[str]:
    """A new database with the addon installed, dropped after the block."""
    name = f"ticket_{purpose}_{os.getpid()}"
    _drop_abandoned()
    clone(template(demo=demo), name)
    try:
        yield name
    finally:
        drop(name)


def template(*, demo: bool) -> str:
    """The name of the up-to-date template with the addon; built if need be."""
    kind = "demo" if demo else "plain"
    with locks.exclusive("templates"):
        base_key = _digest(odoo_source.locate().version, BASE_MODULES)
        base = f"template_base_{kind}_{base_key}"
        if base not in names():
            with _building(f"template_base_{kind}", base) as name:
                odoo.install(
                    name, BASE_MODULES, demo=demo, title=f"Odoo database ({kind})"
                )
        addon = f"template_addon_{kind}_{_digest(base, addon_digest(ADDON))}"
        if addon not in names():
            with _building(f"template_addon_{kind}", addon) as name:
                clone(base, name)
                title = f"Installing ticket_system ({kind})"
                odoo.install(name, "ticket_system", demo=demo, title=title)
                if demo:
                    _bundle_assets(name)
    return addon


def addon_digest(addon: Path) -> str:
    """Changes with every file of ``addon`` that shapes its database."""
    files = [*addon.glob("*.py"), *addon.glob("controllers/*.py")]
    for folder in SHAPING:
        files += (addon / folder).rglob("*")
    parts: list[str | bytes] = []
    for path in sorted(files):
        if path.is_file() and path.suffix != ".pyc":
            parts += [str(path.relative_to(addon)), path.read_bytes()]
    return _digest(*parts)


def names() -> list[str]:
    return postgres.execute("select datname from pg_database")


def clone(source: str, name: str) -> None:
    """Copy database and attachments; these are never rewritten, so links do.

    A comment on the copy names its ``origin``.
    """
    postgres.execute(f'create database "{name}" template "{source}" strategy file_copy')
    postgres.execute(f"comment on database \"{name}\" is '{source}'")
    locks.remove(FILESTORE / name)
    if (FILESTORE / source).exists():
        shutil.copytree(FILESTORE / source, FILESTORE / name, copy_function=os.link)


def origin(name: str) -> str:
    """The template that a database was cloned from, empty if there is none."""
    query = "select shobj_description(oid, 'pg_database') from pg_database"
    return "".join(postgres.execute(f"{query} where datname = '{name}'"))


def drop(name: str) -> None:
    postgres.execute(f'drop database if exists "{name}" with (force)')
    locks.remove(FILESTORE / name)


def save(name: str, file: Path) -> None:
    """Keep a database as compressed SQL; what lies in its filestore is not in it."""
    sql = re.sub(rb"(?m)^\\(un)?restrict .*\n", b"", postgres.dump(name))  # too new
    file.write_bytes(lzma.compress(sql, preset=9))


def restore(file: Path, name: str) -> None:
    """Make a database of what ``save`` has kept."""
    postgres.execute(f'create database "{name}"')
    postgres.execute(lzma.decompress(file.read_bytes()).decode(), name)


def _bundle_assets(name: str) -> None:
    """Make the web client's bundles once, not at the first page of every clone."""
    with step("Web client's assets"):
        program = "from devtools.assets import bundle; bundle(env)"
        odoo.execute(name, program, failure="The web client's assets are broken.")


@contextmanager
def _building(kind: str, name: str) -> Iterator[str]:
    """Yield the name to build under; it becomes ``name``, its elders are dropped."""
    unfinished = f"{kind}_unfinished"
    drop(unfinished)
    yield unfinished
    for elder in names():
        if elder.startswith(f"{kind}_") and elder != unfinished:
            drop(elder)
    locks.remove(FILESTORE / name)
    if (FILESTORE / unfinished).exists():
        (FILESTORE / unfinished).rename(FILESTORE / name)
    postgres.execute(f'alter database "{unfinished}" rename to "{name}"')


def _drop_abandoned() -> None:
    """Drop the temporary databases of commands that were killed."""
    for name in names():
        kind, _, pid = name.rpartition("_")
        temporary = kind.startswith("ticket_") and pid.isdigit()
        if temporary and not Path(f"/proc/{pid}").exists():
            drop(name)


def _digest(*parts: str | bytes) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
