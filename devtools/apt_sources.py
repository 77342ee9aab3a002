"""The machine's own apt sources: which mirror carries Debian, signed by whom."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Source:
    """One entry; ``signed_by`` is a keyring's path, a key block, or empty."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def of_suite(self, suite: str) -> "Source":
        return replace(self, suites=(suite,), components=("main",))

    def as_deb822(self) -> str:
        lines = [
            "Types: deb",
            f"URIs: {self.uri}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(lines) + "\n"


def debian_mirror(codename: str, etc: Path = Path("/etc/apt")) -> Source | None:
    """The entry that carries ``codename`` itself, as distinct from third parties."""
    names = {codename, "stable", "oldstable", "testing", "unstable", "sid"}
    for source in read(etc) if codename else ():
        if "main" in source.components and names & set(source.suites):
            if not source.signed_by and KEYRING.exists():
                return replace(source, signed_by=str(KEYRING))
            return source
    return None


def read(etc: Path) -> Iterator[Source]:
    """All enabled binary sources below ``etc``, both formats, in apt's order."""
    main = etc / "sources.list"
    if main.exists():
        yield from parse_list(main.read_text())
    for path in sorted((etc / "sources.list.d").glob("*")):
        if path.suffix == ".list":
            yield from parse_list(path.read_text())
        elif path.suffix == ".sources":
            yield from parse_deb822(path.read_text())


def parse_list(text: str) -> Iterator[Source]:
    """One-line entries: ``deb [signed-by=…] URI suite component …``."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        options, words = _options(words[1:])
        if len(words) >= 3 and not words[0].startswith("cdrom:"):
            yield Source(
                words[0], (words[1],), tuple(words[2:]), options.get("signed-by", "")
            )


def _options(words: list[str]) -> tuple[dict[str, str], list[str]]:
    if not words or not words[0].startswith("["):
        return {}, words
    text, _, rest = " ".join(words)[1:].partition("]")
    pairs = (word.partition("=") for word in text.split())
    return {name.lower(): value for name, _, value in pairs}, rest.split()


def parse_deb822(text: str) -> Iterator[Source]:
    """Stanzas of ``Field: value`` with continuation lines."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in "\n".join(lines).split("\n\n"):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            yield Source(
                uri,
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", ""),
            )


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace() and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
