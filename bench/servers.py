"""Odoo servers as in production: HTTP and cron workers, several on one database."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import requests

from bench import runner
from devtools.console import Failure
from devtools.paths import LOGS, PYTHON

PATIENCE = 120  # seconds for a server to answer
PASSWORD = "bench"
SCRIPT = Path(__file__).with_name("odoo_server.py")


class Agent:
    """A session of its own with the server, and the calls that a browser makes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def post(self, path: str, params: Any) -> Any:
        answer = self._session.post(
            self.url + path,
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=60,
        ).json()
        if "error" in answer:
            raise Failure(str(answer["error"]))
        return answer.get("result")


class Server:
    """A running server; `log` is its file."""

    def __init__(self, database: str, name: str, **options: Any) -> None:
        self.database = database
        self.port = _free_port()
        self.log = LOGS / f"bench-{name}.log"
        arguments = {
            "database": database,
            "http-port": self.port,
            "gevent-port": _free_port(),
            "addons-path": runner.addons_path(),
            "log-level": "warn",
            **options,
        }
        command = [PYTHON, SCRIPT, *(f"--{k}={v}" for k, v in arguments.items())]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=os.environ,
                start_new_session=True,
            )

    def wait(self) -> Self:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if requests.get(f"{self.url}/web/health", timeout=5).ok:
                    return self
            time.sleep(0.2)
        raise Failure(f"Odoo does not answer; see {self.log}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log_in(self, login: str) -> "Agent":
        agent = Agent(self.url)
        agent.post(
            "/web/session/authenticate",
            {"db": self.database, "login": login, "password": PASSWORD},
        )
        return agent

    def log_lines(self, *signs: str) -> list[str]:
        """The lines of the log that hold one of `signs`."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if any(sign in line for sign in signs)]

    def kill(self) -> None:
        """As when its host goes down: all processes at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory(self) -> int:
        """Resident bytes of the server's processes together."""
        total = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):  # it has ended meanwhile
                if os.getpgid(int(status.parent.name)) == self.process.pid:
                    resident = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
                    total += int(resident[1]) * 1024 if resident else 0
        return total


@contextmanager
def running(database: str, name: str, **options: Any) -> Iterator[Server]:
    server = Server(database, name, **options)
    try:
        yield server.wait()
    finally:
        server.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
