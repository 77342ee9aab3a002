"""IMAP servers that answer as told: see test_mailflow_mailbox."""

import socket
import threading
from contextlib import contextmanager, suppress

GREETING = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
CAPABILITY = b"* CAPABILITY IMAP4rev1\r\n"
SELECTED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] \r\n* OK [UIDNEXT 100] \r\n"


class HostileServer:
    """Answers each command by `answers[verb]`: bytes before the tagged OK, or a
    function (connection, tag) that says all there is to say."""

    def __init__(self, answers, greeting=GREETING):
        self.answers, self.greeting = answers, greeting
        self.heard = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        with suppress(OSError, ValueError):
            connection, _ = self._listener.accept()
            with connection:
                self._talk(connection)

    def _talk(self, connection):
        if callable(self.greeting):
            self.greeting(connection)
            return
        connection.sendall(self.greeting)
        for line in connection.makefile("rb"):
            self.heard.append(line)
            tag, verb, *rest = line.split()
            verb = rest[0] if verb.upper() == b"UID" else verb
            answer = self.answers.get(verb.decode().upper(), b"")
            if callable(answer):
                answer(connection, tag)
            else:
                connection.sendall(answer + tag + b" OK done\r\n")


@contextmanager
def hostile(answers=None, greeting=GREETING):
    server = HostileServer(
        {"CAPABILITY": CAPABILITY, "SELECT": SELECTED, **(answers or {})}, greeting
    )
    try:
        yield server
    finally:
        server.close()


def drip(connection, _tag=b""):
    """A byte every so often, for ever."""
    stop = threading.Event()
    with suppress(OSError):
        while not stop.wait(0.05):
            connection.sendall(b"x")


def flood(line):
    def send(connection, _tag=b""):
        with suppress(OSError):
            while True:
                connection.sendall(line * 1000)

    return send
