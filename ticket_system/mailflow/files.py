"""Files to import: the rows of a CSV export; the mails of an mbox, a ZIP or an eml.

All are read as streams, so that they may be larger than the memory.
"""

from __future__ import annotations

import codecs
import csv
import heapq
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from operator import itemgetter
from typing import IO, TypeVar

from . import headers
from .errors import MailflowError, Term, _lt
from .mailbox import BATCH_BYTES, MAIL_BYTES

BATCH_COUNT = 200
CHUNK = 2**20
FIELD_CHARACTERS = 2**26
MAIL_FILES = (".mbox", ".zip", ".eml")
SEPARATORS = ";,\t|"
# RFC 4155: a mail starts behind an empty line, or else its first line tells the time
SEPARATING = re.compile(rb"From .*\d:\d\d")
HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)
HEAD_END = re.compile(rb"\r?\n\r?\n")
DATE = re.compile(rb"^date[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
LINE = 2**16
# metadata that macOS puts beside each file of a ZIP
RESOURCE_FORKS = "__MACOSX/"
TOO_LARGE = _lt("The mail is too large.")
NO_MAIL = _lt("This is no mail: it does not begin with a header.")

csv.field_size_limit(FIELD_CHARACTERS)


class FileError(MailflowError):
    """The file cannot be read on."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Stands for a row or a mail that cannot be taken; the rest of the file can."""

    reason: Term


Row = Mapping[str, str]
Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Item:
    """A row by its columns, or a mail's bytes, and its place in the file."""

    number: int
    content: Row | bytes | Skipped
    file: object = None

    @property
    def size(self) -> int:
        """Bytes or characters."""
        if isinstance(self.content, bytes):
            return len(self.content)
        if isinstance(self.content, Skipped):
            return 0
        return sum(map(len, self.content.values()))


def opened(path: str) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as error:
        raise FileError(_lt("The file is not there any more.")) from error


def holds_mails(name: str) -> bool:
    return name.lower().endswith(MAIL_FILES)


def is_one_mail(name: str) -> bool:
    return name.lower().endswith(".eml")


def batches(
    items: Iterable[Item], max_count: int = BATCH_COUNT, max_bytes: int = BATCH_BYTES
) -> Iterator[list[Item]]:
    """Runs of at most `max_count` items and `max_bytes`, or one that is larger."""
    batch: list[Item] = []
    size = 0
    for item in items:
        if batch and (len(batch) == max_count or size + item.size > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch


# ----------------------------------------------------------------------
# CSV
# ----------------------------------------------------------------------


def header(stream: IO[bytes]) -> list[str]:
    return [name.strip() for name in next(_table(stream), [])]


def rows(stream: IO[bytes]) -> Iterator[Item]:
    """The rows below the header, numbered as a spreadsheet shows them; FileError where
    the file is no CSV any more."""
    table = _table(stream)
    columns = [name.strip() for name in next(table, [])]
    for number, row in enumerate(table, 2):
        if not row:
            continue
        if any(row[len(columns) :]):
            yield Item(number, Skipped(_lt("It has more columns than the header.")))
        else:
            yield Item(number, dict(zip(columns, row, strict=False)))


def _table(stream: IO[bytes]) -> Iterator[list[str]]:
    """The separator is found out by the first line, the encoding by the whole file."""
    encoding = _encoding(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    first = text.readline()
    reader = csv.reader(
        _without_nul(chain([first], text)),
        delimiter=max(SEPARATORS, key=first.count),
        strict=True,
    )
    try:
        yield from reader
    except csv.Error as error:
        raise FileError(
            _lt(
                "From line %(line)s on this is no proper CSV: %(reason)s.",
                line=reader.line_num,
                reason=error,
            )
        ) from error
    finally:
        text.detach()


def _encoding(stream: IO[bytes]) -> str:
    """UTF-8 if all of the file is, UTF-16 by its mark, or else Windows' code page."""
    stream.seek(0)
    if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise FileError(
                _lt("Line %(line)s holds NUL bytes: this is no text.", line=number)
            )
        yield line


# ----------------------------------------------------------------------
# Mails
# ----------------------------------------------------------------------


def mails(name: str, stream: IO[bytes], max_bytes: int = MAIL_BYTES) -> Iterator[Item]:
    """The mails of a file, of the kind that its name tells."""
    if name.lower().endswith(".zip"):
        found = _of_zip(stream, max_bytes)
    elif is_one_mail(name):
        found = iter([_bounded(stream, max_bytes)])
    else:
        found = _of_mbox(stream, max_bytes)
    for number, content in enumerate(found, 1):
        yield Item(number, content)


def in_order(streams: Iterable[Iterable[Item]]) -> Iterator[Item]:
    """The mails of several streams by their dates, each stream in its own order."""
    dated = (_dated(stream, _date_of_item) for stream in streams)
    return (item for _date, item in heapq.merge(*dated, key=itemgetter(0)))


def _dated(
    entries: Iterable[Entry], date_of_entry: Callable[[Entry], datetime | None]
) -> Iterator[tuple[datetime, Entry]]:
    """What has no date goes with what is before it."""
    last = datetime.min
    for entry in entries:
        last = date_of_entry(entry) or last
        yield last, entry


def _date_of_item(item: Item) -> datetime | None:
    return date_of(item.content) if isinstance(item.content, bytes) else None


def date_of(raw: bytes) -> datetime | None:
    """When a mail was written (naive UTC), by its header alone."""
    head = HEAD_END.split(headers.from_head(raw[:LINE]), maxsplit=1)[0]
    found = DATE.search(head)
    return headers.date(found[1].decode("ascii", "surrogateescape")) if found else None


def _bounded(stream: IO[bytes], max_bytes: int) -> bytes | Skipped:
    raw = stream.read(max_bytes + 1)
    if len(raw) > max_bytes:
        return Skipped(TOO_LARGE)
    start = headers.from_head(raw[:LINE]).lstrip()
    is_mail = start.startswith(b"From ") or HEADER.match(start)
    return raw if is_mail else Skipped(NO_MAIL)


def _of_zip(stream: IO[bytes], max_bytes: int) -> Iterator[bytes | Skipped]:
    """By their dates, for names tell nothing."""

    def date_of_entry(entry: zipfile.ZipInfo) -> datetime | None:
        if not _is_mail(entry):
            return None
        with archive.open(entry) as mail:
            return date_of(mail.read(LINE))

    with _zip_errors(), zipfile.ZipFile(stream) as archive:
        entries = _entries(archive)
        dated = sorted(_dated(entries, date_of_entry), key=itemgetter(0))
        for _date, entry in dated:
            if _is_mail(entry):
                with archive.open(entry) as mail:
                    content = _bounded(mail, max_bytes)
                yield _named(content, entry.filename)
            else:
                yield Skipped(_lt("“%(name)s” is no mail.", name=entry.filename))


def _named(content: bytes | Skipped, name: str) -> bytes | Skipped:
    """A ZIP's mails are in the order of their dates: their numbers lead nowhere."""
    if isinstance(content, Skipped):
        return Skipped(_lt("“%(name)s”: %(why)s", name=name, why=content.reason))
    return content


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in it by their names; FileError if one is encrypted."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    for entry in entries:
        if entry.flag_bits & 1:
            name = entry.filename
            raise FileError(_lt("“%(name)s” in it is encrypted.", name=name))
    return sorted(entries, key=lambda entry: entry.filename)


def _is_mail(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    return is_one_mail(name) and not name.startswith(RESOURCE_FORKS)


@contextmanager
def _zip_errors() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        raise FileError(
            _lt("The file is damaged: %(reason)s.", reason=error)
        ) from error


def _of_mbox(stream: IO[bytes], max_bytes: int) -> Iterator[bytes | Skipped]:
    """By their dates, for some programs write the newest first."""

    def date_of_place(place: tuple[int, int]) -> datetime | None:
        return date_of(_piece(stream, *place, LINE))

    places = list(_places(stream))
    for _date, place in sorted(_dated(places, date_of_place), key=itemgetter(0)):
        raw = _piece(stream, *place, max_bytes + 1)
        yield QUOTED_FROM.sub(b"", raw) if len(raw) <= max_bytes else Skipped(TOO_LARGE)


def _piece(stream: IO[bytes], begin: int, end: int, limit: int) -> bytes:
    stream.seek(begin)
    return stream.read(min(end - begin, limit))


def _places(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Begin and end of each mail, without the lines that separate them."""
    begin = position = 0
    is_empty, is_behind_empty_line = True, True
    for line, following in pairwise(chain(_lines(stream), [b""])):
        if _is_start(line, following, is_behind_empty_line):
            if not is_empty:
                yield begin, position
            begin, is_empty = position + len(line), True
        else:
            is_empty &= not line.strip()
        position += len(line)
        is_behind_empty_line = not line.strip()
    if not is_empty:
        yield begin, position


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines, the longest of them in pieces."""
    return iter(lambda: stream.readline(LINE), b"")


def _is_start(line: bytes, following: bytes, is_behind_empty_line: bool) -> bool:
    """Whether a mail begins; texts hold lines that start with "From " as well."""
    return (
        line.startswith(b"From ")
        and bool(HEADER.match(following))
        and (is_behind_empty_line or bool(SEPARATING.match(line)))
    )
