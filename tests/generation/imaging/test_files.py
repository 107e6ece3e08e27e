"""Our own pictures to bytes and back."""

import io

import numpy as np
import pytest
from PIL import Image

from generation.imaging import files
from tests.generation.imaging.photos import gradient


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_it_keeps_every_pixel_of_a_png(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert np.array_equal(files.pixels(files.png(pixels)), pixels)


def test_it_makes_thumbnails_that_may_be_see_through() -> None:
    picture = gradient(2000, 900)
    picture.putalpha(100)
    with Image.open(io.BytesIO(files.thumbnail(picture))) as small:
        assert (small.format, small.mode, small.size) == ("WEBP", "RGBA", (512, 230))


def test_it_never_enlarges_and_never_loses_a_side() -> None:
    assert files.fit((300, 200), 512) == (300, 200)
    assert files.fit((16_384, 32), 512) == (512, 1)
    assert files.fit((10_000, 1), 512) == (512, 1)
