"""Fetches pictures by the addresses in answers, others' words: nothing private and nothing endless."""

from typing import BinaryIO
from urllib.parse import urljoin

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from generation.providers.wire.clean import clean
from generation.providers.wire.fault import Fault
from generation.providers.wire.timed import Call, Session, TimedAdapter, kind_of, pieces

MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORTS = {"http": 80, "https": 443}


class _PublicOnly(TimedAdapter, IPFilterAdapter):  # type: ignore[misc] # it has no types
    """Connects to the address that it checked; private ones, loopback and the like it refuses."""

    def __init__(self) -> None:
        IPFilterAdapter.__init__(self, is_https_proto=True)


def fetch(
    url: str,
    *,
    sink: BinaryIO,
    base: str,
    allow_hosts: frozenset[str] = frozenset(),
    seconds: float = 60,
    most_bytes: int = 100 * 10**6,
) -> int:
    """Write what is at `url` to `sink`; gives how many bytes came. No key is ever sent along.

    https to public addresses only, at most 3 redirects, each checked like the first. base, the provider's own
    address (its host and port), and allow_hosts ("host" for its usual ports, or "host:port"), the operator's
    word, may also be private and plain http. seconds: for all of it.

    Raises Fault, and the sink is as it was: forbidden for an address that is not allowed; with a status where
    the host answered. It costs nothing by itself; whoever asks knows what the picture cost.
    """
    own = parse_url(base)
    trusted = {*allow_hosts, f"{own.host}:{_port(own)}"}
    call, start = Call(seconds), sink.tell()
    try:
        with _follow(url, trusted, call) as response:
            return sum(sink.write(piece) for piece in pieces(response, most_bytes))
    except (Fault, requests.RequestException, HTTPError, TimeoutError) as error:
        sink.seek(start)
        sink.truncate()
        raise _fault(error, call) from None


def _follow(url: str, trusted: set[str], call: Call) -> requests.Response:
    """The answer at the end of the redirects, still to be read. Raises Fault."""
    for _ in range(MOST_REDIRECTS + 1):
        response = _ask(url, trusted, call)
        if response.status_code in REDIRECTS and "location" in response.headers:
            response.close()
            url = _joined(url, response.headers["location"])
        elif 200 <= response.status_code < 300:
            return response
        else:
            response.close()
            raise Fault("bad_answer", f"HTTP {response.status_code}", status=response.status_code)
    raise Fault("forbidden", f"more than {MOST_REDIRECTS} redirects")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Fault("forbidden", "a redirect leads to no address") from error


def _ask(url: str, trusted: set[str], call: Call) -> requests.Response:
    target = parse_url(url)
    if not target.host or target.auth or target.scheme not in PORTS:
        raise Fault("forbidden", "it is no address of the web")
    if _is_trusted(target, trusted):
        session = Session(TimedAdapter())
    elif target.scheme == "https":
        session = Session(_PublicOnly())
    else:
        raise Fault("forbidden", "it is not https")
    return session.ask(call, "GET", target.url, headers={"Accept-Encoding": "identity"})


def _is_trusted(target: Url, trusted: set[str]) -> bool:
    port = _port(target)
    return f"{target.host}:{port}" in trusted or (target.host in trusted and port in PORTS.values())


def _port(target: Url) -> int | None:
    return target.port or PORTS.get(target.scheme or "")


def _fault(error: Exception, call: Call) -> Fault:
    if isinstance(error, Fault):
        return error
    # What is no address at all is a ValueError, too.
    forbidden = isinstance(error, InvalidIPAddress | ValueError)
    return Fault(
        "forbidden" if forbidden else kind_of(error, call), clean(f"{type(error).__name__}: {error}")
    )
