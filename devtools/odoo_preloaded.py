"""To be imported by a fork server: the registry, and no connection to share."""

import os
import threading

from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

from devtools.odoo_processes import DATABASE

config.parse_config(["--log-level=critical"], setup_logging=True)
threading.current_thread().dbname = os.environ[DATABASE]  # type: ignore[attr-defined]
Registry(os.environ[DATABASE])
close_all()
