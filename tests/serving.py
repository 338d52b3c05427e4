"""A server for tests, in a process of its own, and how to ask it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.conftest import ROOT

SECONDS = 2
PROGRAM = [sys.executable, "-c", "from kytkos.cli import main; main()"]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def type(self) -> str:
        return self.headers["content-type"].partition(";")[0]


@dataclass(frozen=True)
class Server:
    port: int

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            reply = connection.getresponse()
            held = {key.lower(): value for key, value in reply.getheaders()}
            return Reply(reply.status, held, reply.read().decode())
        finally:
            connection.close()

    def ask(self, query: str, accept: str = "", **more: str) -> Reply:
        headers = {"Accept": accept} if accept else {}
        return self.send("GET", "/sparql?" + urlencode({"query": query} | more), None, **headers)


@contextmanager
def serving() -> Iterator[Server]:
    """Serve Kanta-Häme with narrow limits, and leave by Ctrl-C."""
    command = [*PROGRAM, "--project", str(ROOT), "--lang", "fi", "serve", "--port", "0"]
    command += ["--timeout", str(SECONDS), "--max-rows", "3000", "--memory", "400"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                break
        else:
            raise AssertionError("the server did not start")
        yield Server(int(found.group(1)))
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
