"""The server: one thread a connection, kept alive; every request is written down."""

import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.standins.gemini.answers import answer
from tests.standins.gemini.errors import Refusal
from tests.standins.gemini.fault import Fault
from tests.standins.gemini.faults import FAULTS
from tests.standins.gemini.reply import Line, Reply
from tests.standins.gemini.rules import Asked, understand

PLAIN = Fault("All is well", answer)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request. asked: None where it broke a rule. told: what it was answered.

    headers: names in lower case. connection: the number of the connection that it came over.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    asked: Asked | None
    told: Reply = field(repr=False)
    connection: int


class GeminiServer(ThreadingHTTPServer):
    """Listens on a free port of the loopback from the moment it is made."""

    request_queue_size = 128

    def __init__(
        self, script: Sequence[str | Fault], *, key: str, models: Sequence[str], then: str | Fault = ""
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = key
        self.models = set(models)
        self.requests: list[Received] = []
        self.mistakes: list[BaseException] = []
        self.over = threading.Event()
        self.go = threading.Event()
        self.guard = threading.Lock()
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._script = [_named(step) for step in script]
        self._then = _named(then) if then else PLAIN
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[Asked]:
        """The requests that kept the rules."""
        return [received.asked for received in self.requests if received.asked]

    @property
    def script_left(self) -> int:
        """Steps that no request has come for."""
        return len(self._script)

    def receive(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, connection: int
    ) -> Reply:
        """Write the request down and say what it is answered."""
        asked: Asked | None = None
        try:
            asked = understand(path, headers, body, key=self.key, models=self.models)
            told = self._next().answer(asked)
        except Refusal as refusal:
            told = refusal.reply
        with self.guard:
            self.requests.append(
                Received(
                    method=method,
                    path=path,
                    headers=headers,
                    body=body,
                    asked=asked,
                    told=told,
                    connection=connection,
                )
            )
        return told

    def _next(self) -> Fault:
        with self.guard:
            return self._script.pop(0) if self._script else self._then

    def close(self) -> None:
        """End every connection and every thread."""
        self.over.set()
        self.shutdown()
        self._thread.join()
        with self.guard:
            for connection in self._open:
                _hang_up(connection)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.guard:
            self._open.add(request)
            self.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep a mistake of the stand-in's own for the test to see; called while it is being handled."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.mistakes.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GeminiServer

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.server.connections

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.server.receive(self.command, self.path, headers, body, connection=self.number)
        told.manner(told, Line(handler=self, over=self.server.over, go=self.server.go))

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 (the base's names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _named(step: str | Fault) -> Fault:
    return FAULTS[step] if isinstance(step, str) else step


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
