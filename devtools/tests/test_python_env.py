"""The lock names no host, and uv is told what pip is configured for."""

from devtools.paths import ROOT
from devtools.python_env import uv_settings, without_hosts

ENTRY = """\
[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.example/simple" }
wheels = [
    { url = "https://files.example/b7/six-1.17.0-py3-none-any.whl", hash = "sha256:1" },
]
"""


def test_hosts_are_taken_out() -> None:
    lock = without_hosts(ENTRY)
    assert 'registry = "."' in lock
    assert '{ path = "six-1.17.0-py3-none-any.whl", hash = "sha256:1" }' in lock


def test_the_lock_has_none() -> None:
    assert "://" not in (ROOT / "uv.lock").read_text()


def test_pips_settings_for_uv() -> None:
    listed = (
        "global.index-url='https://mirror.example/simple'\n"
        "install.extra-index-url='file:///a\\nfile:///b'\n"
        "global.timeout='60'\n"
    )
    assert uv_settings(listed) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "file:///a file:///b",
    }
