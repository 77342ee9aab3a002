"""Where the environment keeps its things: all of it below ``.dev/``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "ticket_system"
DEV = ROOT / ".dev"

VENV = DEV / "venv"
PYTHON = VENV / "bin" / "python"
ODOO = DEV / "odoo"
ODOO_CONFIG = DEV / "odoo.conf"
DATA = DEV / "data"
LOGS = DEV / "logs"
LOCKS = DEV / "locks"
