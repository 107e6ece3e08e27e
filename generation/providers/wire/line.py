"""One vendor's host: asks once, waits no longer than told, and hands back the answer.

No retries: whoever asks decides about money. No redirects: a key is for one host.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from generation.providers.wire.body import Body
from generation.providers.wire.clean import clean
from generation.providers.wire.fault import Fault
from generation.providers.wire.spill import Spilled, read_json
from generation.providers.wire.timed import Call, Sending, Session, TimedAdapter, kind_of, pieces

MOST_BYTES = 200 * 10**6
"""Bytes of an answer."""

MOST_ERROR_BYTES = 10**6
"""Bytes that are read of an answer that is an error."""

ERROR_SECONDS = 5
"""Seconds that its body may take: the status is there, and says most."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, whatever its status. Use it as a context manager: closing it frees the pictures.

    headers: names in lower case. document: the parsed JSON (long base64 as `Spilled`; read such leaves with
    `spill.spilled`); None where it is no JSON: then text holds the first 4,000 characters.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    text: str = ""
    bytes_received: int = 0
    pictures: tuple[Spilled, ...] = field(default=(), repr=False)

    def close(self) -> None:
        for picture in self.pictures:
            picture.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Line:
    """One vendor's host. base: http or https, no query. headers: go with every request, keys among them.

    Raises ValueError for a base that is no such address. Threads may share it; each has its own connection.
    """

    def __init__(self, *, base: str, headers: Mapping[str, str]) -> None:
        self.base = checked_base(base)
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        self._secrets = tuple(headers.values())
        self._mine = threading.local()

    def __repr__(self) -> str:
        return f"Line({self.base!r})"

    def post(self, path: str, *, body: Body, seconds: float) -> Reply:
        """Send `body` to base + path. seconds: for all of it, from the first byte sent to the last one read.

        Raises Fault. An answer of any status is a Reply. It goes over a fresh connection: a kept one may be
        closed by the other side at that very moment, and nobody would know whether a paid call had arrived.
        """
        session = self._session()
        session.close()
        return self._ask(session, "POST", path, body=body, call=Call(seconds))

    def get(self, path: str, *, seconds: float) -> Reply:
        """As `post`, without a body; it costs nothing."""
        return self._ask(self._session(), "GET", path, body=None, call=Call(seconds))

    def _session(self) -> Session:
        """This thread's."""
        if not hasattr(self._mine, "session"):
            self._mine.session = Session(TimedAdapter())
        session: Session = self._mine.session
        return session

    def _ask(self, session: Session, method: str, path: str, *, body: Body | None, call: Call) -> Reply:
        types = {"Content-Type": body.media_type} if body else {}
        try:
            with session.ask(
                call,
                method,
                self.base + path,
                headers={**self._headers, **types},
                data=Sending(body, call) if body else None,
            ) as response:
                return self._read(response, call)
        except (requests.RequestException, TimeoutError) as error:
            # What caused it holds the headers; nobody shall find a key in a trace.
            raise self._fault(error, call) from None

    def _read(self, response: requests.Response, call: Call) -> Reply:
        fine = 200 <= response.status_code < 300
        if response.status_code < 200:
            # 103, say: the answer comes after it, and http.client does not read on.
            words = f"HTTP {response.status_code} before the answer"
            raise Fault("bad_answer", words, may_be_paid=call.sent) from None
        if not fine:
            call.hurry(ERROR_SECONDS)
        chunks = pieces(response, MOST_BYTES if fine else MOST_ERROR_BYTES)
        try:
            parsed = read_json(chunks if fine else _as_far_as_it_goes(chunks))
            if fine and parsed.cut:
                raise Fault("cut_off", "the answer is the beginning of a JSON document")
        except (Fault, HTTPError) as error:
            fault = error if isinstance(error, Fault) else self._fault(error, call)
            fault.status, fault.bytes_received = response.status_code, response.raw.tell()
            fault.may_be_paid = fine and call.sent
            raise fault from None
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            document=parsed.document,
            text=parsed.text,
            bytes_received=response.raw.tell(),
            pictures=parsed.pictures,
        )

    def _fault(self, error: Exception, call: Call) -> Fault:
        words = clean(f"{type(error).__name__}: {error}", self._secrets)
        return Fault(kind_of(error, call), words, may_be_paid=call.sent)


def checked_base(base: str) -> str:
    """An address to hang paths on. Raises ValueError."""
    parts = urlsplit(base)
    _ = parts.port  # raises for what is no number
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("it must be an address such as https://api.example.com, without name and password.")
    if parts.query or parts.fragment:
        raise ValueError("it must be an address without a query.")
    return base.rstrip("/")


def _as_far_as_it_goes(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Of an answer that is an error, its status says most: never mind how it ends."""
    with suppress(Fault, HTTPError):
        yield from chunks
