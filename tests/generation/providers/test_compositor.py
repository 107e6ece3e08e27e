"""The embedded provider, called as the runner calls it."""

import hashlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from generation.imaging.arrays import U8
from generation.imaging.ratios import MODEL_PIXELS
from generation.imaging.slot import Box, Light, Slot
from generation.providers.base import Failed, Job, Made, Picture, PictureRequest
from generation.providers.compositor import Compositor

SLOT = Slot(
    box=Box(x0=0.3, y0=0.3, x1=0.7, y1=0.7),
    ground=0.7,
    light=Light(azimuth=60, height=50, softness=0.3),
    gloss=0.4,
)


def picture(role: str, pixels: U8 | bytes) -> Picture:
    data = pixels if isinstance(pixels, bytes) else _png(pixels)
    return Picture(
        role=role,
        data=data,
        media_type="image/png",
        width=1,
        height=1,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _png(pixels: U8) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def disc() -> U8:
    y, x = np.mgrid[-1:1:120j, -1:1:120j]
    rgba = np.zeros((120, 120, 4), np.uint8)
    rgba[x * x + y * y < 0.9] = (40, 90, 180, 255)
    return rgba


def request(
    *, cutout: U8 | bytes | None = None, scene: U8 | bytes | None = None, ratio: str = "1:1"
) -> PictureRequest:
    return PictureRequest(
        prompt="",
        subject=picture("subject", disc()[..., :3]),
        cutout=picture("cutout", disc() if cutout is None else cutout),
        scene=picture("scene", np.full((200, 200, 3), 140, np.uint8) if scene is None else scene),
        slot=SLOT,
        ratio=ratio,
        size="1K",
        parameters={},
    )


@pytest.fixture
def compositor() -> Compositor:
    return Compositor(alias="compositor", options={})


def test_it_writes_the_picture_and_tells_where_the_subject_is(compositor: Compositor) -> None:
    sink = BytesIO()
    answer = compositor.make(request(ratio="9:16"), sink, Job())
    assert isinstance(answer, Made)
    assert answer.model_version == "compositor-1"
    assert answer.cost == 0
    assert answer.subject_box is not None
    with Image.open(sink) as made:
        assert (made.format, made.mode, made.size) == ("PNG", "RGB", MODEL_PIXELS["9:16"]["1K"])
        x0, _, x1, foot = answer.subject_box.pixels(*made.size)
        red, _, blue = np.asarray(made)[foot - 20, (x0 + x1) // 2].astype(int)
    assert blue > red + 60


def test_it_hands_on_what_a_person_should_know(compositor: Compositor) -> None:
    answer = compositor.make(request(), BytesIO(), Job())
    assert isinstance(answer, Made)
    assert answer.notes == (
        "The photo is small: the subject is shown at 1.5 times its pixels, smaller than its slot.",
    )


def test_it_gives_the_same_bytes_for_the_same_request(compositor: Compositor) -> None:
    first, again = BytesIO(), BytesIO()
    compositor.make(request(), first, Job())
    Compositor(alias="another", options={}).make(request(), again, Job())
    assert len(first.getvalue()) > 1000
    assert first.getvalue() == again.getvalue()


def test_it_fails_with_words_on_an_empty_cut_out_and_writes_nothing(compositor: Compositor) -> None:
    sink = BytesIO()
    answer = compositor.make(request(cutout=np.zeros((50, 50, 4), np.uint8)), sink, Job())
    assert isinstance(answer, Failed)
    assert (answer.code, answer.step) == ("empty_cutout", "composite")
    assert "plainer background" in answer.words
    assert sink.getvalue() == b""


@pytest.mark.parametrize("broken", [b"", b"no picture", _png(disc())[:200]])
def test_it_fails_with_words_on_an_unreadable_picture_and_writes_nothing(
    compositor: Compositor, broken: bytes
) -> None:
    for wrong in (request(cutout=broken), request(scene=broken)):
        sink = BytesIO()
        answer = compositor.make(wrong, sink, Job())
        assert isinstance(answer, Failed)
        assert (answer.code, answer.step) == ("unreadable", "decode")
        assert sink.getvalue() == b""


def test_it_takes_grey_and_palette_scenes(compositor: Compositor) -> None:
    grey = np.full((200, 200), 140, np.uint8)
    palette = BytesIO()
    Image.fromarray(grey).convert("P").save(palette, "PNG")
    for scene in (grey, palette.getvalue()):
        assert isinstance(compositor.make(request(scene=scene), BytesIO(), Job()), Made)


def test_it_uses_no_prompt_and_costs_nothing() -> None:
    assert not Compositor.uses_prompt
    assert Compositor(alias="compositor", options={}).price(size="4K", pictures=2) == 0


def test_it_knows_no_options() -> None:
    with pytest.raises(ValueError, match="'strength'"):
        Compositor(alias="compositor", options={"strength": 2})
