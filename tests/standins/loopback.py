"""Strict servers on loopback that stand in for vendors: ways to answer, to refuse and to break off."""

import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Bad(Exception):
    """A request is not as it should be: the status, code and words of the answer."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.document = {"error": {"code": code, "message": words, "type": "error", "param": None}}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came. headers: names in lower case. body: the parsed JSON, where there was any."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open from request to request."""

    protocol_version = "HTTP/1.1"
    timeout = 20
    server: "Server"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests read `seen`."""

    def handle_request(self) -> None:
        try:
            self.server.answer(self)
        except Bad as bad:
            self.say(bad.status, bad.document)

    do_GET = do_POST = handle_request  # noqa: N815 -- names of http.server

    def say(self, status: int, content: bytes | Mapping[str, Any], **headers: str) -> None:
        """A whole answer; a mapping is sent as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        kind = "text/html" if isinstance(content, bytes) else "application/json"
        self.begin(status, len(body), **{"Content_Type": kind, **headers})
        self.wfile.write(body)

    def begin(self, status: int, length: int, **headers: str) -> None:
        """Status and headers of an answer that will have so many bytes, or not."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def reset(self) -> None:
        """Break the connection with an RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def read_body(self) -> dict[str, Any]:
        """Raises Bad where its length or type is not told, or it is no JSON object."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise Bad(411, "length_required", "Content-Length is missing")
        content = self.rfile.read(int(length))
        if self.headers.get_content_type() != "application/json":
            raise Bad(415, "bad_type", "Content-Type must be application/json")
        try:
            body = json.loads(content)
        except ValueError as error:
            raise Bad(400, "bad_json", f"The body is no JSON: {error}") from error
        if not isinstance(body, dict):
            raise Bad(400, "bad_json", "The body is no object")
        return body


Fault = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """One host. Keeps what it saw; what goes wrong in it is raised when the `with` ends."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Seen] = []
        self.over = threading.Event()
        self._troubles: list[BaseException | None] = []
        self._lock = threading.Lock()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, handler: Handler) -> None:
        """Answer one request. Raises Bad."""
        raise NotImplementedError

    def see(self, handler: Handler, body: Mapping[str, Any] | None = None) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.seen.append(Seen(method=handler.command, path=handler.path, headers=headers, body=body or {}))

    def next_of(self, faults: list[Any]) -> Any:
        """The next fault that is due; None where all is to go well."""
        with self._lock:
            due = faults.pop(0) if faults else "ok"
        return None if due == "ok" else due

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no trouble; anything else is."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self._troubles.append(error)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        for trouble in self._troubles:
            raise AssertionError("The stand-in found something wrong.") from trouble


def error(status: int, code: str, words: str, **headers: str) -> Fault:
    """OpenAI's shape, which gateways use."""
    document = {"error": {"code": code, "message": words, "type": "error", "param": None}}
    return lambda handler: handler.say(status, document, **headers)


def page(status: int, words: str, **headers: str) -> Fault:
    """What proxies say."""
    content = f"<html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>"
    return lambda handler: handler.say(status, content.encode(), **headers)


def says(document: Mapping[str, Any]) -> Fault:
    return lambda handler: handler.say(200, document)


def redirect(place: str) -> Fault:
    return lambda handler: handler.say(302, b"", Location=place)


def _begin_and_stop(handler: Handler, *, reset: bool) -> None:
    """Some of a long answer, and no more of it."""
    handler.begin(200, 100_000, Content_Type="application/json")
    handler.wfile.write(b'{"request_id": "job-1", "outputs": [{"base64": "' + b"A" * 20_000)
    if reset:
        handler.reset()
    handler.close_connection = True


reset: Fault = Handler.reset
reset_in_body: Fault = partial(_begin_and_stop, reset=True)
cut_off: Fault = partial(_begin_and_stop, reset=False)


def silent(handler: Handler) -> None:
    """Nothing at all, until the client hangs up or the test is over."""
    handler.server.over.wait(20)
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """One byte at a time: no read ever times out, and there is no end."""
    handler.begin(200, 100_000, Content_Type="application/json")
    while not handler.server.over.wait(0.02):
        handler.wfile.write(b" ")
