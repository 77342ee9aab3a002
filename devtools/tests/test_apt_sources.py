"""Reading the machine's apt sources."""

from pathlib import Path

from devtools.apt_sources import Source, debian_mirror, parse_deb822, parse_list

DEB822 = """\
# by the installer
Types: deb deb-src
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF

Types: deb
URIs: https://other.example/debian
Suites: bookworm
Components: main
Enabled: no
"""


def test_one_line_entries() -> None:
    text = """
    # deb http://off.example/debian bookworm main
    deb-src http://src.example/debian bookworm main
    deb cdrom:[Debian]/ bookworm main
    deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main  # x
    """
    assert list(parse_list(text)) == [
        Source("http://mirror.example/debian", ("bookworm",), ("main",), "/k.gpg")
    ]


def test_deb822_keeps_an_inline_key_and_leaves_out_what_is_disabled() -> None:
    (source,) = parse_deb822(DEB822)
    assert source.suites == ("bookworm", "bookworm-updates")
    assert source.signed_by.splitlines()[-1] == " mQINBF"
    assert "Signed-By: \n -----BEGIN" in source.of_suite("unstable").as_deb822()


def test_the_mirror_is_debians_own_entry(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.list").write_text(
        "deb http://tools.example/apt tools-bookworm main\n"
        "deb http://docker.example/apt bookworm stable\n"
    )
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    mirror = debian_mirror("bookworm", tmp_path)
    assert mirror and mirror.uri == "https://mirror.example/debian"


def test_no_mirror(tmp_path: Path) -> None:
    assert debian_mirror("bookworm", tmp_path) is None
