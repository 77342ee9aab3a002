"""A TCP proxy that breaks off: the network between Odoo and its mail server."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Proxy:
    """Used with ``with``; ``cut_after``: how many bytes of the server's come through
    before the connection is reset, None for all."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_after: int | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                for source, target, limit in (
                    (client, server, None),
                    (server, client, self.cut_after),
                ):
                    threading.Thread(
                        target=_pass_on, args=(source, target, limit), daemon=True
                    ).start()


def _pass_on(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    passed = 0
    with suppress(OSError):
        while data := source.recv(4096):
            if limit is not None:
                data = data[: limit - passed]
            target.sendall(data)
            passed += len(data)
            if limit is not None and passed >= limit:
                break
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
