"""Answers with pictures in them, as they come."""

import base64
import gc
import json
import random
import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from generation.providers.wire.fault import Fault
from generation.providers.wire.spill import (
    LONG,
    MOST_PICTURES,
    SURE,
    TEXT,
    Parsed,
    Spilled,
    read_json,
    spilled,
)

BYTES = random.Random(5).randbytes(200_000)
LETTERS = base64.b64encode(BYTES).decode()


def cut(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


def bytes_of(value: Any) -> bytes:
    out = BytesIO()
    picture = spilled(value)
    assert picture.error == ""
    assert picture.copy_to(out) == picture.size == len(out.getvalue())
    picture.close()
    return out.getvalue()


def parse(text: bytes | str, size: int = 65536) -> Parsed:
    return read_json(cut(text.encode() if isinstance(text, str) else text, size))


@pytest.mark.parametrize("size", [1000, 1001, 1002, 1003, 4096, 10**6])
@pytest.mark.parametrize("length", [LONG, 99_999, 100_000, 100_001])
def test_it_takes_pictures_out_whatever_the_pieces(length: int, size: int) -> None:
    text = json.dumps({"a": [1, {"data": base64.b64encode(BYTES[:length]).decode(), "b": 'é"\\'}], "c": None})
    parsed = parse(text, size)
    document = parsed.document
    assert isinstance(document["a"][1]["data"], Spilled)
    assert parsed.pictures == (document["a"][1]["data"],)
    assert bytes_of(document["a"][1].pop("data")) == BYTES[:length]
    assert document == {"a": [1, {"b": 'é"\\'}], "c": None}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_it_takes_pieces_of_a_few_bytes(size: int) -> None:
    data = BYTES[: LONG + 5]
    letters = SPELLINGS["signs as code points"](base64.b64encode(data).decode())
    (picture,) = parse(f'{{"\\"x\\\\": "{letters}"}}', size).pictures
    assert bytes_of(picture) == data


SPELLINGS: dict[str, Callable[[str], str]] = {
    "url-safe": lambda text: text.replace("+", "-").replace("/", "_"),
    "unpadded": lambda text: text.rstrip("="),
    "url-safe and unpadded": lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    "slashes escaped": lambda text: text.replace("/", "\\/"),
    "signs as code points": lambda text: (
        text.replace("=", "\\u003d").replace("+", "\\u002B").replace("/", "\\u002f")
    ),
    "in lines": lambda text: "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
    "in bare lines": lambda text: "\n".join(text[at : at + 76] for at in range(0, len(text), 76)) + "\n",
    "both alphabets": lambda text: text.replace("+", "-", 50),
}


@pytest.mark.parametrize("how", SPELLINGS)
@pytest.mark.parametrize("left_over", [0, 1, 2])
def test_it_reads_base64_however_it_is_spelt(how: str, left_over: int) -> None:
    data = BYTES[: 99_999 + left_over]
    text = SPELLINGS[how](base64.b64encode(data).decode())
    (picture,) = parse(f'["{text}"]', 4097).pictures
    assert bytes_of(picture) == data
    assert bytes_of(json.loads(f'"{text}"', strict=False)) == data


def test_it_leaves_long_words_as_words() -> None:
    words = 'A sentence, "quoted" \\ and / ünïcode.\n' * 1000
    assert parse(json.dumps({"text": words})).document == {"text": words}
    assert parse(json.dumps({"text": words}, ensure_ascii=False)).document == {"text": words}


def test_it_says_so_where_very_long_words_are_no_picture() -> None:
    (picture,) = parse(json.dumps(["A sentence. " * (SURE // 10), 1])).pictures
    assert picture.error.startswith("it is no base64")
    out = BytesIO()
    assert (picture.size, picture.copy_to(out), out.getvalue()) == (0, 0, b"")


@pytest.mark.parametrize("at", [0, 50_000, len(LETTERS) * 9])
def test_it_says_so_where_a_picture_is_broken(at: int) -> None:
    letters = LETTERS.rstrip("=") * 9 + "AA=="
    (picture,) = parse(json.dumps([letters[:at] + "*" + letters[at:]])).pictures
    assert picture.error.startswith("it is no base64")


@pytest.mark.parametrize("value", ["A", "AB==CD", "****", "A===", None, 3, {"a": 1}, "é", "AB==AB=="])
def test_it_never_takes_short_rubbish_for_a_picture(value: object) -> None:
    picture = spilled(value)
    assert picture.error
    assert picture.size == 0


def test_it_takes_half_a_padding_for_a_whole_one() -> None:
    assert bytes_of("AB=") == b"\0"


def test_it_takes_an_empty_string_for_no_bytes() -> None:
    assert (spilled("").size, spilled("").error) == (0, "")


def test_it_keeps_only_what_a_database_takes() -> None:
    text = (
        '{"a": NaN, "b": 1e999, "c": "x\\u0000y\\ud800z", "d": -Infinity, "e": 1.5, "f\\u0000": "\U0001f600"}'
    )
    assert parse(text).document == {"a": None, "b": None, "c": "xy?z", "d": None, "e": 1.5, "f": "\U0001f600"}


@pytest.mark.parametrize(
    "text",
    ["<html>no</html>", "error", "", 'it said "no', "{}{}", "{'a': 1}", '{"a": 1,}', '["x" "y"]', "\xff\xfe"],
)
def test_it_hands_back_the_text_of_what_is_no_json(text: str) -> None:
    parsed = parse(text)
    assert (parsed.document, parsed.text, parsed.cut, parsed.pictures) == (None, text, False, ())


def test_it_keeps_the_beginning_of_a_long_text() -> None:
    assert parse("<é>" * 10_000).text == ("<é>" * 10_000)[:TEXT]


def test_it_reads_json_with_a_byte_order_mark() -> None:
    assert parse(b'\xef\xbb\xbf{"a": 1}').document == {"a": 1}


def test_it_tells_where_json_is_cut_off() -> None:
    whole = json.dumps({"a": ["short", LETTERS[:20_000], {"b": 'x"\\'}], "c": 1.5})
    for end in [*range(1, 60), *range(20_000, len(whole))]:
        parsed = parse(whole[:end])
        assert (parsed.document, parsed.cut) == (None, True), end
    parsed = parse(whole)
    bytes_of(*parsed.pictures)
    assert parsed.cut is False


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000])
def test_it_stands_deep_nesting(text: str) -> None:
    assert parse(text).document is None


def test_it_stands_a_very_long_number() -> None:
    assert parse("[" + "9" * 10_000 + "]").document is None


def test_it_refuses_more_words_than_memory_should_hold() -> None:
    with pytest.raises(Fault) as refused:
        read_json(b'["words' + b" " * 4000 + b'"],' for _ in range(10_000))
    assert refused.value.kind == "too_large"


def test_it_refuses_more_pictures_than_it_can_hold_open() -> None:
    with pytest.raises(Fault) as refused:
        parse(json.dumps([LETTERS[:12_000]] * (MOST_PICTURES + 1)))
    assert refused.value.kind == "too_large"


def test_it_gives_files_back_where_the_answer_breaks_off() -> None:
    def breaks() -> Iterator[bytes]:
        yield json.dumps([LETTERS])[:-1].encode() + b', "' + LETTERS[:20_000].encode()
        raise Fault("cut_off")

    with pytest.raises(Fault):
        read_json(breaks())
    gc.collect()  # a file that is still open would be a warning, and so an error


def test_it_holds_no_picture_in_memory() -> None:
    letters = base64.b64encode(bytes(3 * 2**16))
    chunks = (b'{"a": "', *(letters for _ in range(100)), b'"}')
    tracemalloc.start()
    parsed = read_json(iter(chunks))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (picture,) = parsed.pictures
    assert picture.size == 300 * 2**16
    assert peak < 5 * 2**20
    picture.close()


def test_it_agrees_with_the_standard_parser_on_anything() -> None:
    chance = random.Random(11)
    for _ in range(400):
        document = something(chance, 4)
        text = json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1]))
        assert parse(text, chance.choice([1, 2, 3, 17, 4096])).document == document


def test_it_stands_any_bytes() -> None:
    chance = random.Random(13)
    for _ in range(400):
        text = bytearray(json.dumps(something(chance, 3)).encode())
        for _ in range(chance.randrange(1, 5)):
            if text:
                text[chance.randrange(len(text))] = chance.randrange(256)
        parsed = parse(bytes(text), chance.choice([1, 5, 4096]))
        assert parsed.pictures == ()


def something(chance: random.Random, depth: int) -> Any:
    match chance.randrange(6 if depth else 3):
        case 0:
            return chance.choice([None, True, -1, 0.5, 10**20])
        case 1 | 2:
            return "".join(chance.choice('abc"\\/é\n \U0001f600') for _ in range(chance.randrange(12)))
        case 3:
            return {str(number): something(chance, depth - 1) for number in range(chance.randrange(4))}
        case _:
            return [something(chance, depth - 1) for _ in range(chance.randrange(4))]
