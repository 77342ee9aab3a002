"""Odoo 19: a checkout in ``$ODOO_HOME``, else the Debian package, unpacked.

The package is taken with the machine's own mirror and keyring through a private apt
configuration below ``.dev/apt``; nothing is installed into the system.
"""

import os
import platform
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtools import apt_sources, locks
from devtools.console import Failure, step
from devtools.paths import DEV, ODOO
from devtools.processes import run_logged

SERIES = "19"
PACKAGE = f"odoo-{SERIES}"
SUITES = ("testing", "unstable")
# What the package's symbolic links point to; Font Awesome 4.7 is in stable only.
COMPANIONS = (
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
STABLE_COMPANION = "fonts-font-awesome"
FRESH = 24 * 3600  # seconds for which the package lists are believed

APT = DEV / "apt"
CONFIGURATION = """\
Dir::State "{apt}/state";
Dir::State::status "{apt}/status";
Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "-";
Dir::Etc::sourceparts "{apt}/sources";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "";
"""

# Left out of the package for its licence; a console error without it fails every
# browser test. The camera blur that it would give is of no use here.
MISSING_ASSET = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True, slots=True)
class Source:
    """Where Odoo is imported from and which folders hold its addons."""

    python_path: Path
    addons_paths: tuple[Path, ...]
    version: str


def locate() -> Source:
    """Odoo as it stands; raises Failure if it is not Odoo 19."""
    home = os.environ.get("ODOO_HOME")
    if home:
        return _checkout(Path(home).resolve())
    path = ODOO / "usr/lib/python3/dist-packages"
    return Source(path, (path / "odoo" / "addons",), (ODOO / "version").read_text())


def prepare() -> None:
    """Make sure that Odoo's source is there."""
    if os.environ.get("ODOO_HOME"):
        locate()
        return
    if (ODOO / "version").exists():
        return
    with step(f"Odoo {SERIES} from the Debian archive") as detail:
        detail("package lists")
        suite = _suite(detail)
        detail("downloading")
        packages = [f"{name}/{suite}" for name in (PACKAGE, *COMPANIONS)]
        folder = _download([*packages, f"{STABLE_COMPANION}/{_codename()}"], detail)
        with locks.complete_or_absent(ODOO) as building:
            for package in sorted(folder.glob("*.deb")):
                detail(f"unpacking {package.name.partition('_')[0]}")
                _unpack(package, building)
            _supply_missing_asset(building)
            (building / "version").write_text(_package_version(folder))
        locks.remove(APT / "debs")


def _checkout(home: Path) -> Source:
    release = home / "odoo" / "release.py"
    match = release.exists() and re.search(
        r"version_info = \((\d+)", release.read_text()
    )
    if not match or match[1] != SERIES:
        raise Failure(
            f"ODOO_HOME={home} is no source checkout of Odoo {SERIES}; correct it, or"
            " unset it to use the Debian package."
        )
    addons = tuple(
        folder
        for folder in (home / "addons", home / "odoo" / "addons")
        if folder.is_dir()
    )
    revision = subprocess.run(
        ["git", "-C", home, "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    return Source(home, addons, revision or str(release.stat().st_mtime_ns))


def _codename() -> str:
    """The suite of this machine, empty if it is no Debian."""
    release = platform.freedesktop_os_release()
    return release.get("VERSION_CODENAME", "") if release["ID"] == "debian" else ""


def _suite(detail: Callable[[str], None]) -> str:
    """The first of SUITES that carries the package; its lists are then present."""
    codename = _codename()
    mirror = apt_sources.debian_mirror(codename)
    remedy = f"set ODOO_HOME to a source checkout of Odoo {SERIES}"
    if not mirror:
        raise Failure(
            f"There is no Debian mirror in the apt sources; add one, or {remedy}."
        )
    trouble = Failure(
        f"The mirror {mirror.uri} does not carry {PACKAGE} in {' or '.join(SUITES)};"
        f" {remedy}."
    )
    for suite in SUITES:
        detail(f"package lists of {suite}")
        try:
            if _has_package(mirror, codename, suite):
                return suite
        except Failure as failure:
            trouble = failure  # the next suite may do
    raise trouble


def _has_package(mirror: apt_sources.Source, codename: str, suite: str) -> bool:
    for folder in ("state/lists/partial", "cache/archives/partial", "sources"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    (APT / "status").touch()
    (APT / "apt.conf").write_text(CONFIGURATION.format(apt=APT))
    sources = [mirror.of_suite(name).as_deb822() for name in (codename, suite)]
    (APT / "sources" / "debian.sources").write_text("\n".join(sources))
    stamp = APT / f"lists-{suite}"
    if not stamp.exists() or time.time() - stamp.stat().st_mtime > FRESH:
        run_logged(
            ["apt-get", "update", "--error-on=any"],
            "odoo-lists",
            f"apt could not read the package lists of {suite}; is the mirror"
            f" {mirror.uri} reachable?",
            env=_environment(),
        )
        stamp.touch()
    shown = subprocess.run(
        ["apt-cache", "show", f"{PACKAGE}/{suite}"],
        capture_output=True,
        env=_environment(),
    )
    return shown.returncode == 0


def _download(packages: list[str], detail: Callable[[str], None]) -> Path:
    """Fetch and verify; apt continues what an earlier call left half done."""
    folder = APT / "debs"
    folder.mkdir(exist_ok=True)

    def watch(line: str) -> None:
        if line.startswith("Get:"):
            detail(f"downloading {' '.join(line.split()[4:5])}")

    run_logged(
        ["apt-get", "download", *packages],
        "odoo-download",
        "apt could not download Odoo; is the mirror reachable and is there room on the"
        " disk?",
        env=_environment(),
        cwd=folder,
        watch=watch,
    )
    return folder


def _unpack(package: Path, root: Path) -> None:
    run_logged(
        ["dpkg-deb", "-x", package, root],
        "odoo-unpack",
        f"{package.name} could not be unpacked; is there room on the disk (1.5 GB)?",
    )


def _supply_missing_asset(root: Path) -> None:
    path = root / "usr/lib/python3/dist-packages/odoo/addons" / MISSING_ASSET
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("// Not part of this environment.\n")


def _package_version(folder: Path) -> str:
    package = next(folder.glob(f"{PACKAGE}_*.deb"))
    return package.name.split("_")[1]


def _environment() -> dict[str, str]:
    return {**os.environ, "APT_CONFIG": str(APT / "apt.conf"), "LC_ALL": "C.UTF-8"}
