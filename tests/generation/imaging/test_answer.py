"""A provider's answer is third-party input: what is taken, and what is not."""

import tempfile
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.imaging.answer import Answer, open_answer
from generation.imaging.unreadable import Unreadable


def picture(width: int = 2400, height: int = 1792, kind: str = "JPEG", **options: Any) -> bytes:
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.broadcast_to(ramp[None, :, None], (height, width, 3))
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes) -> Answer:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        return open_answer(file, size=len(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_opens_what_models_send(kind: str) -> None:
    answer = opened(picture(kind=kind))
    assert (answer.media_type, answer.width, answer.height) == (f"image/{kind.lower()}", 2400, 1792)
    sizes = [Image.open(BytesIO(data)).size for data in (answer.preview, answer.thumbnail)]
    assert sizes == [(1600, 1195), (512, 382)]


def test_it_enlarges_nothing() -> None:
    answer = opened(picture(300, 200))
    assert Image.open(BytesIO(answer.preview)).size == (300, 200)


def test_it_gives_the_same_copies_again() -> None:
    assert opened(picture()) == opened(picture())


@pytest.mark.parametrize(
    ("data", "step"),
    [
        (b"", "size"),
        (b"I am sorry.", "type"),
        (picture()[:5000], "decode"),
        (picture(20, 20), "header"),
    ],
    ids=["empty", "text", "truncated", "tiny"],
)
def test_it_refuses_what_is_no_picture(data: bytes, step: str) -> None:
    with pytest.raises(Unreadable) as refused:
        opened(data)
    assert refused.value.step == step


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_it_refuses_what_is_blank(colour: str) -> None:
    out = BytesIO()
    Image.new("RGB", (1024, 1024), colour).save(out, "JPEG")
    with pytest.raises(Unreadable, match="all of one colour") as refused:
        opened(out.getvalue())
    assert refused.value.step == "blank"
