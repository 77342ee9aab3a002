"""TCP ports of this machine that nobody listens on."""

import itertools
import socket

HOST = "127.0.0.1"


def free() -> int:
    """Some free port."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def first_free(start: int) -> int:
    """``start`` or the next port above it that is free."""
    for port in itertools.count(start):
        try:
            with socket.create_server((HOST, port)):
                return port
        except OSError:
            continue
    raise AssertionError
