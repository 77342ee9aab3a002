"""pytest's side of ``./dev test``: see devtools/testing.py for its two runs."""

import json
import os
from pathlib import Path

import pytest
import pytest_odoo

ROOT = Path(__file__).parent
RESULTS = os.environ.get("TICKET_SYSTEM_TEST_RESULTS")
MORE_TO_COME = os.environ.get("TICKET_SYSTEM_MORE_TESTS")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")

# Under pytest-odoo, ODOO_RC is what makes it use a database.
if "ODOO_RC" not in os.environ:
    import odoo.addons

    odoo.addons.__path__.append(str(ROOT))
    pytest_odoo.support_subtest()
    pytest_odoo.disable_odoo_test_retry()
    pytest_odoo.monkey_patch_resolve_pkg_root_and_module_name()

    @pytest.fixture(scope="session", autouse=True)
    def load_registry() -> None:
        """Instead of pytest-odoo's: no registry without a database."""

    @pytest.fixture(scope="session", autouse=True)
    def load_http() -> None:
        """Instead of pytest-odoo's: no server without a database."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a skipped test is a failure: it proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Hand the first run's reports to the second, whose last line counts them all."""
    if not RESULTS:
        return
    stats = terminalreporter.stats
    kinds = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
    if MORE_TO_COME:
        data = {
            kind: [
                config.hook.pytest_report_to_serializable(config=config, report=report)
                for report in stats.get(kind, [])
            ]
            for kind in kinds
        }
        Path(RESULTS).write_text(json.dumps(data))
    elif Path(RESULTS).exists():
        for kind, reports in json.loads(Path(RESULTS).read_text()).items():
            for data in reports:
                report = config.hook.pytest_report_from_serializable(
                    config=config, data=data
                )
                if kind == "skipped":  # pytest wants back the tuple that JSON lost
                    report.longrepr = tuple(report.longrepr)
                stats.setdefault(kind, []).append(report)
