"""Run Odoo's own command line in this environment."""

from collections.abc import Callable
from pathlib import Path

from devtools import odoo_source, postgres
from devtools.console import Failure, step
from devtools.paths import DATA, ODOO_CONFIG, PYTHON, ROOT
from devtools.processes import run_logged


def environment() -> dict[str, str]:
    """Variables with which ``odoo``, the addon, ``bench`` and ``devtools`` import.

    Besides ``PYTHONPATH``: ``ODOO_RC`` (addons path, data folder, database) and libpq's
    ``PGHOST`` and ``PGUSER``.
    """
    source = odoo_source.locate()
    return {
        **postgres.environment(),
        "PYTHONPATH": f"{source.python_path}:{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "ODOO_RC": str(_configuration(source)),
        "TZ": "UTC",
    }


def command(*arguments: str | Path) -> list[str]:
    return [str(PYTHON), "-m", "odoo", *map(str, arguments)]


def install(database: str, modules: str, *, demo: bool, title: str) -> None:
    """Install ``modules`` (comma-separated) into ``database``, made if absent."""
    demo_option = "--with-demo" if demo else "--without-demo"
    arguments = [
        "-d",
        database,
        "-i",
        modules,
        demo_option,
        "--load-language=en_US,de_DE",
    ]
    with step(title) as detail:
        run_logged(
            command(
                *arguments, "--stop-after-init", "--no-http", "--max-cron-threads=0"
            ),
            "odoo-install",
            f"Odoo could not install {modules}.",
            env=environment(),
            watch=_module_counter(detail),
        )


def execute(database: str, program: str, *, failure: str) -> None:
    """Run a short program in Odoo's shell, ``env`` bound; it commits by itself."""
    run_logged(
        command("shell", "-d", database, "--no-http", "--log-level=warn"),
        "odoo-program",
        failure,
        env=environment(),
        program=program,
    )


def _module_counter(detail: Callable[[str], None]) -> Callable[[str], None]:
    def watch(line: str) -> None:
        _, found, rest = line.partition("Loading module ")
        if found:
            detail(rest)  # "project (41/60)"

    return watch


def _configuration(source: odoo_source.Source) -> Path:
    addons = ",".join(map(str, (*source.addons_paths, ROOT)))
    if "," in str(ROOT):
        raise Failure(f"Odoo cannot use a folder with a comma in its name: {ROOT}")
    ODOO_CONFIG.write_text(
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {DATA}\n"
        f"db_host = {postgres.socket_folder()}\n"
        f"db_user = {postgres.ROLE}\n"
        "http_interface = 127.0.0.1\n"
        "log_level = info\n"
    )
    return ODOO_CONFIG
