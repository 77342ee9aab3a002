"""Which pytest run gets which argument, and when a template is out of date."""

from pathlib import Path

import pytest

from devtools.database import addon_digest
from devtools.testing import plan


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "devtools/tests/test_a.py",
        "ticket_system/tests/test_mailflow_route.py",
        "ticket_system/tests/test_ticket.py",
        "ticket_system/models/ticket.py",
        "ticket_system/static/src/list.js",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def test_without_paths_everything_runs(root: Path) -> None:
    chosen = plan(["-x", "-k", "reply"], root)
    assert chosen.options == ("-x", "-k", "reply")
    assert chosen.plain == (
        "devtools/tests",
        "ticket_system/tests/test_mailflow_route.py",
    )
    assert chosen.odoo == ("ticket_system",)


def test_a_path_needs_its_own_run_only(root: Path) -> None:
    odoo_test = "ticket_system/tests/test_ticket.py::TestTicket::test_new"
    plain_test = "ticket_system/tests/test_mailflow_route.py"
    assert plan([odoo_test], root).plain == ()
    assert plan([odoo_test], root).odoo == (odoo_test,)
    assert plan([plain_test], root).odoo == ()
    assert plan(["ticket_system/tests"], root).plain == (plain_test,)


def test_an_options_value_is_no_path(root: Path) -> None:
    chosen = plan(["-k", "devtools", "ticket_system/tests/test_ticket.py"], root)
    assert chosen.options == ("-k", "devtools")
    assert chosen.plain == ()


def test_the_digest_follows_what_shapes_the_database(root: Path) -> None:
    addon = root / "ticket_system"
    before = addon_digest(addon)
    (addon / "static/src/list.js").write_text("changed")
    (addon / "tests/test_ticket.py").write_text("changed")
    assert addon_digest(addon) == before
    (addon / "models/ticket.py").write_text("changed")
    assert addon_digest(addon) != before
