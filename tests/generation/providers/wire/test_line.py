"""Asking one host: what is sent, what comes back, and what goes wrong on the way."""

import base64
import gzip
import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from generation.providers.wire.body import Base64, Body, json_body
from generation.providers.wire.fault import Fault
from generation.providers.wire.line import MOST_ERROR_BYTES, Line
from generation.providers.wire.spill import Spilled
from tests.generation.providers.wire.certificate import certificate
from tests.generation.providers.wire.host import Answer, Host, Speak, answer, endless, reset, trickle

KEY = "wg-canary-1234"
BODY = json_body({"prompt": "a café", "data": Base64(b"picture")})
PICTURE = random.Random(2).randbytes(100_000)


def line(host: Host) -> Line:
    return Line(base=host.url, headers={"x-goog-api-key": KEY})


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.providers.wire.line.MOST_BYTES", 10**6)


def fault(*answers: Answer, seconds: float = 5) -> Fault:
    """What comes of posting to a host that answers so."""
    with Host.serving(*answers) as host, pytest.raises(Fault) as raised:
        line(host).post("/v1", body=BODY, seconds=seconds)
    assert KEY not in repr(raised.value)
    assert raised.value.__suppress_context__
    return raised.value


def test_it_sends_the_body_and_the_key() -> None:
    with Host.serving(answer(b'{"a": 1}', x_request_id="r1")) as host:
        reply = line(host).post("/v1beta/models/m-1:generateContent", body=BODY, seconds=5)
    assert (reply.status, reply.document, reply.text, reply.bytes_received) == (200, {"a": 1}, "", 8)
    assert reply.headers["x-request-id"] == "r1"
    (asked,) = host.requests
    assert asked.head.startswith("POST /v1beta/models/m-1:generateContent HTTP/1.1\r\n")
    assert json.loads(asked.body) == {"prompt": "a café", "data": base64.b64encode(b"picture").decode()}
    assert asked.headers["x-goog-api-key"] == KEY
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["content-length"] == str(len(BODY))
    assert asked.headers["accept-encoding"] == "identity"
    assert "transfer-encoding" not in asked.headers


def test_it_asks_without_a_body() -> None:
    with Host.serving(answer(b"[1]")) as host:
        assert line(host).get("/v1/jobs/7", seconds=5).document == [1]
    (asked,) = host.requests
    assert asked.head.startswith("GET /v1/jobs/7 HTTP/1.1\r\n")
    assert (asked.body, asked.headers["x-goog-api-key"]) == (b"", KEY)


def test_it_hangs_paths_below_the_base() -> None:
    with Host.serving(answer()) as host:
        Line(base=host.url + "/gateway/", headers={}).get("/v1", seconds=5)
    assert host.requests[0].head.startswith("GET /gateway/v1 ")


@pytest.mark.parametrize("chunked", [False, True])
def test_it_takes_pictures_out_of_the_answer(chunked: bool) -> None:
    whole = json.dumps({"data": base64.b64encode(PICTURE).decode()}).encode()
    pieces = [whole[at : at + 1000] for at in range(0, len(whole), 1000)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        Host.serving(head + body if chunked else answer(whole)) as host,
        line(host).post("/v1", body=BODY, seconds=5) as reply,
    ):
        picture, out = reply.document["data"], BytesIO()
        assert isinstance(picture, Spilled)
        assert picture.copy_to(out) == len(PICTURE)
    assert out.getvalue() == PICTURE
    assert reply.bytes_received >= len(whole)
    with pytest.raises(ValueError, match="closed file"):
        picture.copy_to(out)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "429 Too Many Requests", "503 No"])
def test_it_hands_back_errors_as_answers(status: str) -> None:
    with Host.serving(answer(b'{"error": {"message": "no"}}', status)) as host:
        reply = line(host).post("/v1", body=BODY, seconds=5)
    assert (reply.status, reply.document) == (int(status[:3]), {"error": {"message": "no"}})


def test_it_hands_back_the_text_of_a_page() -> None:
    with Host.serving(answer(b"<html>Bad gateway</html>", "502 Bad Gateway")) as host:
        reply = line(host).post("/v1", body=BODY, seconds=5)
    assert (reply.document, reply.text) == (None, "<html>Bad gateway</html>")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_follows_no_redirect(status: int) -> None:
    with Host.serving() as other:
        moved = answer(b"x" * 2 * MOST_ERROR_BYTES, f"{status} Moved", Location=f"{other.url}/v1")
        with Host.serving(moved) as host:
            reply = line(host).post("/v1", body=BODY, seconds=5)
    assert (reply.status, other.connections, len(host.requests)) == (status, 0, 1)
    assert reply.bytes_received < 2 * MOST_ERROR_BYTES


def test_it_stands_a_redirect_to_nowhere() -> None:
    with Host.serving(answer(b"", "302 Found", Location="http://[")) as host:
        assert line(host).post("/v1", body=BODY, seconds=5).status == 302


def test_it_tells_that_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Fault) as raised:
        Line(base=f"http://127.0.0.1:{port}", headers={"key": KEY}).post("/v1", body=BODY, seconds=5)
    assert (raised.value.kind, raised.value.may_be_paid, raised.value.status) == (
        "no_connection",
        False,
        None,
    )


def test_it_tells_that_the_name_is_unknown() -> None:
    with pytest.raises(Fault) as raised:
        Line(base="http://nowhere.invalid", headers={}).post("/v1", body=BODY, seconds=5)
    assert (raised.value.kind, raised.value.may_be_paid) == ("no_connection", False)


@pytest.mark.parametrize("answers", [reset(), b"", b"HTTP/1.1 ", b"nonsense\r\n\r\n"])
def test_it_does_not_know_what_became_of_a_call_without_an_answer(answers: Answer) -> None:
    ended = fault(answers)
    assert (ended.kind, ended.may_be_paid, ended.status) == ("cut_off", True, None)


def test_it_does_not_take_a_first_word_for_the_answer() -> None:
    ended = fault(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer())
    assert (ended.kind, ended.may_be_paid, ended.status) == ("bad_answer", True, None)


HALF = answer(b'{"data": "' + base64.b64encode(PICTURE) + b'"}')[:-50_000]


@pytest.mark.parametrize(
    "answers",
    [
        HALF,
        reset(HALF),
        b'HTTP/1.0 200 OK\r\n\r\n{"data": "abc',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
def test_it_tells_that_an_answer_is_cut_off(answers: Answer) -> None:
    ended = fault(answers)
    assert (ended.kind, ended.may_be_paid, ended.status) == ("cut_off", True, 200)


def test_it_counts_what_came_before_the_cut() -> None:
    assert fault(answer(b"{" + b" " * 999, Content_Length="5000")).bytes_received == 1000


def test_it_lets_an_error_end_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.providers.wire.line.ERROR_SECONDS", 0.3)
    short = answer(b'{"error": {"message": "busy"}}', "503 Busy", Content_Length="5000")
    with Host.serving(short, answer(b"", "429 Slow", Content_Length="9")) as host:
        reply = line(host).post("/v1", body=BODY, seconds=5)
        assert (reply.status, reply.document) == (503, {"error": {"message": "busy"}})
        assert line(host).post("/v1", body=BODY, seconds=5).status == 429


def test_it_does_not_wait_long_for_the_rest_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.providers.wire.line.ERROR_SECONDS", 0.2)
    began = time.monotonic()
    with Host.serving(trickle(b"HTTP/1.1 503 Busy\r\n\r\n")) as host:
        assert line(host).post("/v1", body=BODY, seconds=30).status == 503
    assert time.monotonic() - began < 5


def test_it_reads_of_an_endless_error_only_the_beginning() -> None:
    with Host.serving(endless(b"HTTP/1.1 500 No\r\n\r\n")) as host:
        reply = line(host).post("/v1", body=BODY, seconds=5)
    assert reply.status == 500
    assert reply.text == "x" * 4000


def test_it_takes_no_more_bytes_than_allowed() -> None:
    ended = fault(endless(b"HTTP/1.1 200 OK\r\n\r\n"))
    assert (ended.kind, ended.may_be_paid, ended.status) == ("too_large", True, 200)


def test_it_counts_what_packed_bytes_unfold_to() -> None:
    bomb = gzip.compress(b'{"a": "' + b" " * 50_000_000)
    ended = fault(answer(bomb, Content_Encoding="gzip"))
    assert (ended.kind, ended.status) == ("too_large", 200)
    assert ended.bytes_received < 100_000


def test_it_unpacks_what_it_did_not_ask_to_be_packed() -> None:
    with Host.serving(answer(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as host:
        assert line(host).post("/v1", body=BODY, seconds=5).document == {"a": 1}


def test_it_tells_that_packed_bytes_are_broken() -> None:
    ended = fault(answer(b"no gzip", Content_Encoding="gzip"))
    assert (ended.kind, ended.may_be_paid, ended.status) == ("bad_answer", True, 200)


TRICKLES = {
    "nothing": (b"", b""),
    "the head": (b"HTTP/1.1 200 OK\r\n", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "the body": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("what", TRICKLES)
def test_it_ends_in_time_however_slowly_something_comes(what: str) -> None:
    began = time.monotonic()
    ended = fault(trickle(*TRICKLES[what]), seconds=0.4)
    assert 0.35 < time.monotonic() - began < 3
    assert (ended.kind, ended.may_be_paid) == ("time_out", True)
    assert ended.status == (200 if TRICKLES[what][0].endswith(b"\r\n\r\n") else None)


def test_it_ends_in_time_where_nobody_takes_the_body() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        silent = Line(base=f"http://127.0.0.1:{door.getsockname()[1]}", headers={"key": KEY})
        with pytest.raises(Fault) as raised:
            silent.post("/v1", body=json_body({"data": Base64(bytes(30_000_000))}), seconds=0.4)
    assert (raised.value.kind, raised.value.may_be_paid) == ("time_out", False)


def test_it_owes_nothing_for_a_body_that_did_not_go_out() -> None:
    def breaks() -> Iterator[bytes]:
        yield b"x" * 10
        raise TimeoutError("in the middle")

    with Host.serving(answer()) as host, pytest.raises(Fault) as raised:
        line(host).post("/v1", body=Body(media_type="a/b", length=99, chunks=breaks), seconds=5)
    assert (raised.value.may_be_paid, host.requests) == (False, [])


def test_it_hears_an_answer_that_comes_before_all_was_sent() -> None:
    def hasty(guest: socket.socket) -> None:
        guest.sendall(answer(b"", "413 Too Large"))

    with early(hasty) as url:
        reply = Line(base=url, headers={}).post(
            "/v1", body=json_body({"data": Base64(bytes(20_000_000))}), seconds=5
        )
    assert reply.status == 413


def test_it_owes_nothing_for_a_question() -> None:
    with Host.serving(reset()) as host, pytest.raises(Fault) as raised:
        line(host).get("/v1", seconds=5)
    assert (raised.value.kind, raised.value.may_be_paid) == ("cut_off", False)


def test_it_keeps_a_connection_for_questions_and_opens_one_for_each_paid_call() -> None:
    with Host.serving(*[answer()] * 5) as host:
        asking = line(host)
        asking.post("/v1", body=BODY, seconds=5)
        asking.get("/v1", seconds=5)
        asking.get("/v1", seconds=5)
        assert host.connections == 1
        asking.post("/v1", body=BODY, seconds=5)
        assert host.connections == 2
        threads = threading.Thread(target=asking.get, args=("/v1",), kwargs={"seconds": 5})
        threads.start()
        threads.join()
        assert (host.connections, len(host.requests)) == (3, 5)


def test_it_gives_each_call_its_own_time() -> None:
    with Host.serving(answer(), late(0.5)) as host:
        asking = line(host)
        asking.get("/v1", seconds=0.4)
        assert asking.get("/v1", seconds=5).status == 200


def test_it_sends_no_cookies_and_no_password_of_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Host.serving(answer(Set_Cookie="a=b"), answer()) as host:
        asking = line(host)
        asking.get("/v1", seconds=5)
        asking.get("/v1", seconds=5)
    for asked in host.requests:
        assert not {"cookie", "authorization"} & set(asked.headers)


def test_it_goes_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Host.serving(answer(b"[]")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        assert Line(base="http://models.invalid", headers={}).get("/v1", seconds=5).document == []
    assert proxy.requests[0].head.startswith("GET http://models.invalid/v1 ")


def test_it_trusts_no_unknown_certificate(tmp_path: Path) -> None:
    with Host.serving(answer(), tls=certificate(tmp_path)[0]) as host, pytest.raises(Fault) as raised:
        line(host).post("/v1", body=BODY, seconds=5)
    assert (raised.value.kind, raised.value.may_be_paid, host.requests) == ("no_connection", False, [])


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A host's certificate that the environment says to trust."""
    context, path = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return context


def test_it_speaks_in_secret(trusted: ssl.SSLContext) -> None:
    whole = json.dumps([base64.b64encode(PICTURE).decode()]).encode()
    with (
        Host.serving(answer(whole), tls=trusted) as host,
        line(host).post("/v1", body=BODY, seconds=5) as reply,
    ):
        assert reply.document[0].size == len(PICTURE)
    assert host.requests[0].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize("what", ["the head", "the body"])
def test_it_ends_in_time_in_secret_too(trusted: ssl.SSLContext, what: str) -> None:
    with Host.serving(trickle(*TRICKLES[what]), tls=trusted) as host, pytest.raises(Fault) as raised:
        line(host).post("/v1", body=BODY, seconds=0.5)
    assert (raised.value.kind, raised.value.may_be_paid) == ("time_out", True)


NO_ADDRESSES = ("", "a.com", "ftp://a.com", "https://", "https://a:b@a.com", "https://a.com?x=1")


@pytest.mark.parametrize(
    "base", [*NO_ADDRESSES, "https://a.com#x", "https://a.com:port", "file:///etc/passwd"]
)
def test_it_wants_an_address(base: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Line(base=base, headers={})


def test_it_shows_no_key() -> None:
    assert repr(Line(base="https://example.com/", headers={"key": KEY})) == "Line('https://example.com')"


def late(seconds: float) -> Speak:
    def speak(guest: socket.socket, done: threading.Event) -> None:
        done.wait(seconds)
        guest.sendall(answer())

    return speak


class early:  # noqa: N801 - reads as a function
    """A host that speaks as soon as somebody knocks, and reads nothing."""

    def __init__(self, speak: Callable[[socket.socket], None]) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._speak = speak
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        guest, _ = self._door.accept()
        with guest:
            self._speak(guest)
            guest.recv(10)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __exit__(self, *error: object) -> None:
        self._thread.join(5)
        self._door.close()
