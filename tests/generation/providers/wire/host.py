"""A host on loopback that answers with exactly the bytes that it is given, however broken."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

Speak = Callable[[socket.socket, threading.Event], None]
"""Talks to a guest, until the event says that the host closes."""

Answer = bytes | Speak


@dataclass
class Asked:
    """One request as it came."""

    head: str
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@dataclass
class Host:
    """Gives each request the next of its answers, and then leaves."""

    url: str
    answers: list[Answer]
    requests: list[Asked] = field(default_factory=list)
    connections: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @classmethod
    @contextmanager
    def serving(cls, *answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Self]:
        with socket.create_server(("127.0.0.1", 0)) as door:
            door.settimeout(0.05)
            scheme = "https" if tls else "http"
            host = cls(f"{scheme}://127.0.0.1:{door.getsockname()[1]}", list(answers))
            thread = threading.Thread(target=host._serve, args=(door, tls), daemon=True)
            thread.start()
            try:
                yield host
            finally:
                host.done.set()
                thread.join(10)

    def _serve(self, door: socket.socket, tls: ssl.SSLContext | None) -> None:
        talks: list[threading.Thread] = []
        while not self.done.is_set():
            with suppress(TimeoutError):
                guest, _ = door.accept()
                self.connections += 1
                talks.append(threading.Thread(target=self._talk, args=(guest, tls), daemon=True))
                talks[-1].start()
        for talk in talks:
            talk.join(10)

    def _talk(self, guest: socket.socket, tls: ssl.SSLContext | None) -> None:
        guest.settimeout(5)
        with guest, suppress(OSError):
            if tls:
                guest = tls.wrap_socket(guest, server_side=True)
            with guest:
                while self.answers and (asked := self._listen(guest)):
                    self.requests.append(asked)
                    answer = self.answers.pop(0)
                    if callable(answer):
                        answer(guest, self.done)
                        break
                    guest.sendall(answer)

    def _listen(self, guest: socket.socket) -> Asked | None:
        """A whole request; None where the guest leaves."""
        guest.settimeout(0.1)
        came = b""
        while b"\r\n\r\n" not in came:
            try:
                piece = guest.recv(65536)
            except TimeoutError:
                if self.done.is_set():
                    return None
                continue
            if not piece:
                return None
            came += piece
        guest.settimeout(5)
        head, _, body = came.partition(b"\r\n\r\n")
        asked = Asked(head.decode("latin-1"), body)
        while len(asked.body) < int(asked.headers.get("content-length", "0")):
            if not (piece := guest.recv(65536)):
                return None
            asked.body += piece
        return asked


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer. Headers with _ for -."""
    own = {name.replace("_", "-"): text for name, text in headers.items()}
    given = {"Content-Length": str(len(body)), **own}
    lines = "".join(f"{name}: {text}\r\n" for name, text in given.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def trickle(begin: bytes, drop: bytes = b"x") -> Speak:
    """`begin`, and then for ever a byte now and then."""

    def speak(guest: socket.socket, done: threading.Event) -> None:
        guest.sendall(begin)
        while not done.wait(0.05):
            guest.sendall(drop)

    return speak


def endless(begin: bytes) -> Speak:
    """`begin`, and then more than anybody wants."""

    def speak(guest: socket.socket, done: threading.Event) -> None:
        guest.sendall(begin)
        while not done.is_set():
            guest.sendall(b"x" * 65536)

    return speak


def reset(begin: bytes = b"") -> Speak:
    """`begin`, and then the connection is reset."""

    def speak(guest: socket.socket, done: threading.Event) -> None:
        guest.sendall(begin)
        guest.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return speak
