"""IMAP connections that a hostile or broken server cannot hold or fill.

imaplib waits for each piece of an answer, however long the whole takes, and believes
every size it is told. Here each command has so many seconds and bytes, and no more.
"""

from __future__ import annotations

import imaplib
import time

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

CHUNK = 2**18  # bytes
LINE_BYTES = 2**20
GREETING_SECONDS = 60.0
GREETING_BYTES = 2**16


class _Bounded(imaplib.IMAP4):
    """Reads by itself, so that time and size of an answer as a whole are bounded.

    What a socket has left over belongs to it: bytes sent before STARTTLS are not read
    as if they had come after it.
    """

    _read_from: object = None
    _buffer: bytearray
    _deadline = 0.0
    _bytes_left = 0

    def allow(self, seconds: float, size: int) -> None:
        """The next command may take this long and bring this many bytes."""
        self._deadline = time.monotonic() + seconds
        self._bytes_left = size

    def read(self, size: int) -> bytes:  # pylint: disable=method-required-super
        if size > len(self._pending()) + self._bytes_left:
            raise self.abort("the server sends more than was asked for")
        chunks = []
        while size:
            if not self._pending() and not self._receive():
                raise self.abort("the connection broke off")
            chunks.append(self._take(size))
            size -= len(chunks[-1])
        return b"".join(chunks)

    def readline(self) -> bytes:
        seen = 0
        while (end := self._pending().find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen > LINE_BYTES:
                raise self.abort("the server sends a line without end")
            if not self._receive():
                return self._take(seen)
        return self._take(end + 1)

    def _pending(self) -> bytearray:
        if self._read_from is None:
            self.allow(GREETING_SECONDS, GREETING_BYTES)
        if self._read_from is not self.sock:
            self._read_from, self._buffer = self.sock, bytearray()
        return self._buffer

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _receive(self) -> bool:
        """Wait for more; False at the end of the stream."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        timeout = self.sock.gettimeout()
        self.sock.settimeout(left if timeout is None else min(left, timeout))
        try:
            data = self.sock.recv(CHUNK)
        finally:
            self.sock.settimeout(timeout)
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise self.abort("the server sends more than was asked for")
        self._buffer += data
        return bool(data)


class _Plain(_Bounded, IMAP4WithTimeout):  # type: ignore[misc]
    pass


class _Tls(_Bounded, IMAP4_TLS):  # type: ignore[misc]
    pass


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient over such a connection."""

    def _create_IMAP4(self) -> imaplib.IMAP4:
        if self.ssl:
            return _Tls(  # type: ignore[call-arg]
                self.host, self.port, self.ssl_context, self._timeout.connect
            )
        return _Plain(self.host, self.port, self._timeout.connect)

    def allow(self, seconds: float, size: int) -> None:
        self._imap.allow(seconds, size)
