"""Words from outside, before anybody reads them."""

import base64
import random

import pytest

from generation.providers.wire.clean import MOST, clean

KEY = "wg+canary/8d2e=f31"


@pytest.mark.parametrize(
    "text",
    [
        f"bad key {KEY}.",
        "bad key wg%2Bcanary/8d2e%3Df31.",
        "bad key wg%2Bcanary%2F8d2e%3Df31.",
        "bad key wg%2bcanary%2f8d2e%3df31.",
        r"bad key wg\u002bcanary\/8d2e\u003Df31.",
        f"bad key {KEY[:9]}\n{KEY[9:]}.",
        f"bad key {KEY[:9]}\x00{KEY[9:]}.",
    ],
)
def test_it_strikes_out_a_secret_however_it_is_spelt(text: str) -> None:
    assert clean(text, [KEY]) == "bad key […]."


@pytest.mark.parametrize("kept", range(6, len(KEY)))
def test_it_strikes_out_a_secret_that_is_cut_off_at_the_end(kept: int) -> None:
    assert clean(f"bad key {KEY[:kept]}", [KEY]) == "bad key […]"


def test_it_has_no_trouble_with_an_empty_secret() -> None:
    assert clean("all well", ["", KEY]) == "all well"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abc.def-123 was sent", "[…] was sent"),
        ("a Bearer abc.def-123 was sent", "a […] was sent"),
        ("key AIzaSyA1234567890abc was sent", "key […] was sent"),
        ("Incorrect API key provided: sk-proj-abc12345.", "Incorrect API key provided: […]."),
        ('{"x-goog-api-key": "abcdef"}', '{"[…]"}'),
        ("x-goog-api-key=abcdef; x", "[…]; x"),
        ("GET /v1?key=abcdef HTTP", "GET /v1[…] HTTP"),
        ("see data:image/png;base64,iVBORw0KGgo= here", "see […] here"),
    ],
)
def test_it_strikes_out_what_looks_like_a_key_or_a_picture(text: str, left: str) -> None:
    assert clean(text) == left


@pytest.mark.parametrize(
    "words",
    [
        "Bearer authentication is required.",
        "Provided image is not valid.",
        "The model gemini-3-pro-image-preview is not found for API version v1beta.",
        "Quota exceeded for metric: generate_content_requests, limit: 250",
        "Ungültiges Bild: «Küche» 図",
    ],
)
def test_it_leaves_words_alone(words: str) -> None:
    assert clean(words, [KEY]) == words


@pytest.mark.parametrize("wrap", [0, 64, 76])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_strikes_out_base64(wrap: int, encode: object) -> None:
    letters = encode(random.Random(1).randbytes(3000)).decode()  # type: ignore[operator]
    lines = "\n".join(letters[at : at + wrap] for at in range(0, len(letters), wrap)) if wrap else letters
    left = clean(f"data {lines} end")
    assert left.startswith("data […]")
    assert left.endswith("end")
    assert len(left) < 40 + wrap


def test_it_strikes_out_base64_with_escaped_slashes() -> None:
    letters = base64.b64encode(random.Random(1).randbytes(3000)).decode().replace("/", "\\/")
    assert clean(letters) == "[…]"


def test_it_leaves_one_line_of_what_a_page_can_show() -> None:
    assert clean("a\r\n\tb\x00\x1b[31mc\u202ed\ud800e") == "a b [31mc d e"


def test_it_keeps_no_more_than_a_screen() -> None:
    left = clean("wörter " * 1000)
    assert len(left) == MOST
    assert left.endswith("…")


def test_it_stands_anything() -> None:
    chance = random.Random(7)
    for _ in range(300):
        text = "".join(
            chr(chance.choice([chance.randrange(128), chance.randrange(0x110000)])) for _ in range(200)
        )
        clean(text, [KEY]).encode()


@pytest.mark.timeout(5)
def test_it_is_quick_with_long_rubbish() -> None:
    for text in ("a" * 10**6, "Bearer " * 10**5, "data:" * 10**5, "\\/" * 10**6, "A" * 59 + " ", " " * 10**6):
        clean(text, [KEY])
