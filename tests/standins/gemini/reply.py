"""An answer, and the manner in which it goes over the line."""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from threading import Event
from typing import Any

Manner = Callable[["Reply", "Line"], None]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One open connection. over: set when the server ends. go: set by a test that lets a held answer go."""

    handler: BaseHTTPRequestHandler
    over: Event
    go: Event

    @property
    def out(self) -> BufferedIOBase:
        return self.handler.wfile

    def reset(self) -> None:
        """Break the connection off with an RST, as a dying proxy does."""
        connection = self.handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.close_connection = True
        self.handler.rfile.close()
        connection.close()


def whole(reply: "Reply", line: Line) -> None:
    line.out.write(reply.head(len(reply.body)) + reply.body)


def held(reply: "Reply", line: Line) -> None:
    """Nothing until the test says go, then all of it."""
    while not (line.go.wait(0.01) or line.over.is_set()):
        continue
    whole(reply, line)


def chunked(reply: "Reply", line: Line) -> None:
    """Without a length, in chunks."""
    line.out.write(reply.head(None))
    for start in range(0, len(reply.body), 5000):
        line.out.write(_chunk(reply.body[start : start + 5000]))
    line.out.write(_chunk(b""))


def cut(reply: "Reply", line: Line) -> None:
    """Half the body, then the end, although a length was told."""
    line.out.write(reply.head(len(reply.body)) + reply.body[: len(reply.body) // 2])
    line.handler.close_connection = True


def cut_in_chunks(reply: "Reply", line: Line) -> None:
    """Half the body in chunks, and no last chunk."""
    line.out.write(reply.head(None) + _chunk(reply.body[: len(reply.body) // 2]))
    line.handler.close_connection = True


def cut_but_said_whole(reply: "Reply", line: Line) -> None:
    """Half the body, and a length that says that this is all of it."""
    half = reply.body[: len(reply.body) // 2]
    line.out.write(reply.head(len(half)) + half)


def reset_in_body(reply: "Reply", line: Line) -> None:
    line.out.write(reply.head(len(reply.body)) + reply.body[: len(reply.body) // 2])
    line.reset()


def reset_before(_: "Reply", line: Line) -> None:
    line.reset()


def closed_before(_: "Reply", line: Line) -> None:
    """An orderly end, without a word."""
    line.handler.close_connection = True


def silent(_: "Reply", line: Line) -> None:
    """Nothing at all, until the other side gives up or the server ends."""
    while not line.over.is_set() and _still_there(line.handler.connection):
        line.over.wait(0.02)
    line.handler.close_connection = True


def trickle(reply: "Reply", line: Line) -> None:
    """One byte of the body at a time, for ever."""
    line.out.write(reply.head(len(reply.body)))
    _dawdle(reply.body, line)


def trickle_in_head(reply: "Reply", line: Line) -> None:
    """One byte of the headers at a time, for ever."""
    _dawdle(reply.head(len(reply.body))[:-4] + b"\r\nX-Padding: " + b"x" * 100_000, line)


def _dawdle(text: bytes, line: Line) -> None:
    for at in range(len(text)):
        if line.over.wait(0.02):
            break
        line.out.write(text[at : at + 1])
    line.handler.close_connection = True


def _still_there(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A status, headers and a body. The manner sends it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = whole

    @classmethod
    def json(cls, document: Any, **more: Any) -> "Reply":
        headers = {"Content-Type": "application/json; charset=UTF-8", **more.pop("headers", {})}
        return cls(body=json.dumps(document).encode(), headers=headers, **more)

    def head(self, length: int | None) -> bytes:
        """The status line and headers. length: told as it is, or chunks are promised."""
        told = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
        lines = [f"{name}: {value}" for name, value in {**self.headers, **told}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} Told", *lines, "", ""]).encode()
