"""Fetching pictures by addresses that a vendor's answer names."""

import gzip
import socket
import ssl
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from generation.providers.wire.fault import Fault
from generation.providers.wire.fetch import fetch
from tests.generation.providers.wire.certificate import certificate
from tests.generation.providers.wire.host import Answer, Host, answer, endless, reset, trickle

BASE = "https://models.example"
BEFORE = b"already there"


def refused(url: str, **more: Any) -> Fault:
    """What comes of fetching it; and that nothing of it is left."""
    sink = BytesIO(BEFORE)
    sink.seek(0, 2)
    with pytest.raises(Fault) as raised:
        fetch(url, sink=sink, **{"base": BASE, "seconds": 5, **more})
    assert sink.getvalue() == BEFORE
    assert sink.tell() == len(BEFORE)
    assert raised.value.may_be_paid is False
    return raised.value


def refused_from(*answers: Answer, **more: Any) -> Fault:
    """As `refused`, from the provider's own host."""
    with Host.serving(*answers) as host:
        return refused(f"{host.url}/1.png", base=host.url, **more)


def test_it_fetches_from_the_providers_own_host_without_any_key() -> None:
    sink = BytesIO()
    with Host.serving(answer(b"picture", Content_Type="image/png")) as host:
        fetched = fetch(f"{host.url}/out/1.png?sign=x%2F", sink=sink, base=f"{host.url}/api", seconds=5)
    assert fetched == 7
    assert sink.getvalue() == b"picture"
    (asked,) = host.requests
    assert asked.head.startswith("GET /out/1.png?sign=x%2F HTTP/1.1\r\n")
    assert not {"authorization", "x-goog-api-key", "cookie"} & set(asked.headers)


def test_it_fetches_from_hosts_that_the_operator_names() -> None:
    sink = BytesIO()
    with Host.serving(answer(b"picture")) as host:
        allowed = frozenset({f"127.0.0.1:{host.port}"})
        fetch(f"{host.url}/1.png", sink=sink, base=BASE, allow_hosts=allowed, seconds=5)
    assert sink.getvalue() == b"picture"


def test_a_named_host_is_meant_with_its_usual_ports() -> None:
    with Host.serving(answer()) as host:
        ended = refused(f"{host.url}/1.png", allow_hosts=frozenset({"127.0.0.1"}))
    assert (ended.kind, host.connections) == ("forbidden", 0)


def test_the_providers_host_is_meant_with_its_port() -> None:
    with Host.serving() as own, Host.serving(answer()) as other:
        ended = refused(f"{other.url}/1.png", base=own.url)
    assert (ended.kind, other.connections) == ("forbidden", 0)


PRIVATE = """
    127.0.0.1 127.1 2130706433 0x7f.0.0.1 0.0.0.0 localhost 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254
    100.64.0.1 [::1] [::ffff:127.0.0.1] [fd00::1] [fe80::1]
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_it_goes_nowhere_private(address: str, connects: list[Any]) -> None:
    assert refused(f"https://{address}/latest/meta-data").kind == "forbidden"
    assert connects == []


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1"])
def test_it_goes_nowhere_private_by_a_public_name(
    address: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert refused("https://pictures.example/1.png").kind == "forbidden"
    assert connects == []


def test_it_connects_to_the_address_that_it_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may mean another address at the second look."""
    looked: list[str] = []

    def look(host: str, *_: Any, **__: Any) -> Any:
        looked.append(host)
        if len(looked) > 1:
            raise socket.gaierror("the test ends here")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    assert refused("https://pictures.example/1.png").kind == "no_connection"
    assert looked == ["pictures.example", "93.184.216.34"]


NO_WEB = """
    http://pictures.example/1.png ftp://pictures.example/1 file:///etc/passwd data:image/png;base64,AA
    //pictures.example /1.png https:// https://me:pass@pictures.example/ https://[ https://pictures.example:99999/
    https://a..b/ javascript:alert(1) gopher://127.0.0.1:6379/_FLUSHALL
"""


@pytest.mark.parametrize("url", ["", "https://a b/", *NO_WEB.split()])
def test_it_takes_only_addresses_of_the_web(url: str, connects: list[Any]) -> None:
    assert refused(url).kind == "forbidden"
    assert connects == []


def test_it_follows_a_few_redirects() -> None:
    sink = BytesIO()
    hops = [answer(b"", f"{status} Moved", Location=f"/{status}") for status in (302, 303, 307)]
    with Host.serving(*hops, answer(b"picture")) as host:
        assert fetch(f"{host.url}/1.png", sink=sink, base=host.url, seconds=5) == 7
    assert [asked.head.split()[1] for asked in host.requests] == ["/1.png", "/302", "/303", "/307"]
    assert sink.getvalue() == b"picture"


def test_it_does_not_follow_for_ever() -> None:
    with Host.serving(*[answer(b"", "302 Found", Location="/1.png")] * 9) as host:
        assert refused(f"{host.url}/1.png", base=host.url).kind == "forbidden"
    assert len(host.requests) == 4


ELSEWHERE = """
    http://127.0.0.1:{port}/ https://127.0.0.1:{port}/ //127.0.0.1:{port}/ https://me:you@127.0.0.1:{port}/
    http://[ file:///etc/passwd https://169.254.169.254/latest http://pictures.example/
"""


@pytest.mark.parametrize("location", ELSEWHERE.split())
def test_it_checks_every_redirect(location: str) -> None:
    with Host.serving(answer(b"secret")) as inner:
        moved = answer(b"", "302 Found", Location=location.format(port=inner.port))
        assert refused_from(moved).kind == "forbidden"
    assert inner.connections == 0


@pytest.mark.parametrize("status", ["304 Not Modified", "403 Forbidden", "404 Not Found", "500 No"])
def test_it_tells_the_status_of_what_is_no_picture(status: str) -> None:
    ended = refused_from(answer(b"no", status))
    assert (ended.kind, ended.status) == ("bad_answer", int(status[:3]))


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (endless(b"HTTP/1.1 200 OK\r\n\r\n"), "too_large"),
        (answer(gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"), "too_large"),
        (answer(b"half", Content_Length="99"), "cut_off"),
        (reset(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), "cut_off"),
        (reset(), "cut_off"),
        (answer(b"no gzip", Content_Encoding="gzip"), "bad_answer"),
    ],
)
def test_it_leaves_nothing_of_what_breaks(answers: Answer, kind: str) -> None:
    assert refused_from(answers, most_bytes=10**6).kind == kind


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_it_ends_in_time(begin: bytes) -> None:
    began = time.monotonic()
    assert refused_from(trickle(begin), seconds=0.4).kind == "time_out"
    assert time.monotonic() - began < 3


def test_its_time_is_for_all_redirects_together() -> None:
    hops = [slow(answer(b"", "302 Found", Location="/1.png"))] * 3
    assert refused_from(*hops, answer(b"picture"), seconds=0.4).kind == "time_out"


def test_it_tells_that_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        base = f"http://127.0.0.1:{door.getsockname()[1]}"
    assert refused(f"{base}/1.png", base=base).kind == "no_connection"


def test_it_trusts_no_unknown_certificate(tmp_path: Path) -> None:
    with Host.serving(answer(b"picture"), tls=certificate(tmp_path)[0]) as host:
        assert refused(f"{host.url}/1.png", base=host.url).kind == "no_connection"
    assert host.requests == []


def test_it_fetches_in_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, path = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    assert isinstance(tls, ssl.SSLContext)
    sink = BytesIO()
    with Host.serving(answer(b"picture"), tls=tls) as host:
        fetch(f"{host.url}/1.png", sink=sink, base=host.url, seconds=5)
    assert sink.getvalue() == b"picture"


def slow(answered: bytes) -> Answer:
    def speak(guest: socket.socket, done: Any) -> None:
        done.wait(0.2)
        guest.sendall(answered)

    return speak


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where anybody tried to connect to; nobody gets there."""
    tried: list[Any] = []

    def connect(_: Any, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried
