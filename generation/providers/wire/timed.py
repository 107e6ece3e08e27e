"""HTTP calls that end in time, however slowly the other side takes or gives: by the byte, in head or body.

The time-outs of `requests` are for each wait; one byte a second outlasts them.
"""

import http.client
import io
import socket
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError

from generation.providers.wire.body import Body
from generation.providers.wire.fault import Fault, Kind

CONNECT_SECONDS = 10

PIECE = 2**18
"""Bytes that are read at once."""

# A model thinks for minutes, and what stands between forgets silent connections: a sign every 15 s.
KEEP_ALIVE = [
    (level, getattr(socket, option), value)
    for level, option, value in (
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
        (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 15),
    )
    if hasattr(socket, option)
]


class Call:
    """One call: when it must be over, and how far it came."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self.began = False  # something went out
        self.sent = False  # all of it did

    @property
    def over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self._ends

    def hurry(self, seconds: float) -> None:
        """Let it be over in so many seconds, if not before."""
        self._ends = min(self._ends, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds until it must be over. Raises TimeoutError where there are none."""
        if (left := self._ends - time.monotonic()) <= 0:
            raise TimeoutError("the time for the whole call is up")
        return left


class Sending:
    """A body on its way, for `requests`: it tells the call when all of it has gone out."""

    def __init__(self, body: Body, call: Call) -> None:
        self._body = body
        self._call = call

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._body
        self._call.sent = True


class TimedAdapter(HTTPAdapter):
    """Its connections look at `call` before each byte they wait for. One call at a time."""

    call: Call

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _TimedHTTPS if pool.scheme == "https" else _TimedHTTP
        pool.ConnectionCls = partial(kind, adapter=self)
        return pool


class Session(requests.Session):
    """Follows no redirect, as a key is for one host only; reads no ~/.netrc; keeps no cookies."""

    def __init__(self, adapter: TimedAdapter) -> None:
        super().__init__()
        self.auth = _as_it_is
        self.mount("http://", adapter)
        self.mount("https://", adapter)
        self._timed = adapter

    def ask(self, call: Call, method: str, url: str, **more: Any) -> requests.Response:
        """Ask once; the answer's body is still to be read. Raises requests.RequestException."""
        self._timed.call = call
        self.cookies.clear()
        times = (min(CONNECT_SECONDS, call.left()), call.left())
        return self.request(method, url, stream=True, allow_redirects=False, timeout=times, **more)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, whatever it says: `requests` would read the whole body, only to know where it would go."""


def pieces(response: requests.Response, most_bytes: int) -> Iterator[bytes]:
    """The body as it comes, unpacked if it is packed. Raises Fault, too_large, and urllib3's HTTPError."""
    size = 0
    while piece := response.raw.read1(PIECE, decode_content=True):
        size += len(piece)
        if size > most_bytes:
            raise Fault("too_large", f"the answer is larger than {most_bytes} bytes")
        yield piece


def kind_of(error: Exception, call: Call) -> Kind:
    """What an error of `requests` or urllib3 means, seen from how far the call came."""
    if not call.began:
        return "no_connection"
    if call.over or isinstance(error, requests.ReadTimeout):
        return "time_out"
    return "bad_answer" if isinstance(error, DecodeError) else "cut_off"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Timed:
    """What a connection does before it waits."""

    sock: socket.socket | None
    response_class: Any

    def __init__(self, *args: Any, adapter: TimedAdapter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._adapter = adapter
        self.response_class = self._response

    def send(self, data: Any) -> None:
        call = self._adapter.call
        if self.sock is not None:
            self.sock.settimeout(call.left())
        super().send(data)  # type: ignore[misc] # of the connection that it is mixed into
        call.began = True

    def _response(self, sock: socket.socket, **kwargs: Any) -> http.client.HTTPResponse:
        """Its answer, read through `_Reader`."""
        response = http.client.HTTPResponse(sock, **kwargs)
        response.fp = io.BufferedReader(_Reader(response.fp.detach(), sock, self._adapter.call))
        return response


class _TimedHTTP(_Timed, HTTPConnection):
    default_socket_options: ClassVar[Any] = [*HTTPConnection.default_socket_options, *KEEP_ALIVE]


class _TimedHTTPS(_Timed, HTTPSConnection):
    default_socket_options: ClassVar[Any] = _TimedHTTP.default_socket_options


class _Reader(io.RawIOBase):
    """A socket's bytes, until the call must be over."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, call: Call) -> None:
        self._raw = raw
        self._sock = sock
        self._call = call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
