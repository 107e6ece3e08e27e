"""The crop: exact pixels, around the subject, never through it."""

from io import BytesIO
from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageCms

from generation.imaging.ratios import MODEL_PIXELS
from generation.imaging.slot import Box
from review.publishing.renditions import SRGB, Unfit, cut, encode, window

CHANNELS = [(1080, 1080), (1080, 1350), (1080, 1920), (1200, 628), (1536, 1536), (970, 250)]
PICTURES = [sizes["2K"] for sizes in MODEL_PIXELS.values()]
ENDS = [(0.0, 0.2), (0.1, 0.9), (0.3, 0.5), (0.45, 0.55), (0.8, 1.0), (0.0, 1.0), (0.02, 0.6)]
BOXES = [Box(x0=x[0], x1=x[1], y0=y[0], y1=y[1]) for x, y in product(ENDS, ENDS)]


def picture(width: int = 400, height: int = 300) -> np.ndarray:
    """Red runs from 0 at the left to 255 at the right, green from 0 at the top to 255 below."""
    x, y = np.linspace(0, 255, width), np.linspace(0, 255, height)
    red, green = np.meshgrid(x, y)
    return np.dstack([red, green, np.full_like(red, 90)]).astype(np.uint8)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("size", PICTURES)
@pytest.mark.parametrize("wanted", CHANNELS)
def test_it_never_cuts_through_the_subject(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    held = 0
    for box in BOXES:
        try:
            x0, y0, x1, y1 = window(size, wanted, box)
        except Unfit:
            scale = min(size[0] / wanted[0], size[1] / wanted[1])
            too_wide = (box.x1 - box.x0) * size[0] > wanted[0] * scale
            too_high = (box.y1 - box.y0) * size[1] > wanted[1] * scale
            assert scale < 1 or too_wide or too_high, "refused without need"
            continue
        held += 1
        assert x0 <= box.x0 * size[0] + 1e-6
        assert y0 <= box.y0 * size[1] + 1e-6
        assert x1 >= box.x1 * size[0] - 1e-6
        assert y1 >= box.y1 * size[1] - 1e-6
        assert min(x0, y0) >= 0
        assert x1 <= size[0]
        assert y1 <= size[1]
        assert (x1 - x0) / (y1 - y0) == pytest.approx(wanted[0] / wanted[1], rel=1e-9)
        assert x1 - x0 >= wanted[0] - 1e-6, "enlarged"
    assert held or min(size[0] / wanted[0], size[1] / wanted[1]) < 1


def test_it_takes_the_largest_part_and_puts_the_subject_in_its_middle() -> None:
    small = Box(x0=0.4, y0=0.4, x1=0.5, y1=0.6)
    assert window((2000, 1000), (500, 500), small) == (400, 0, 1400, 1000)


def test_it_stops_at_the_edge_of_the_picture() -> None:
    at_the_right = Box(x0=0.9, y0=0.4, x1=1.0, y1=0.6)
    assert window((2000, 1000), (500, 500), at_the_right) == (1000, 0, 2000, 1000)


def test_it_takes_the_middle_where_nobody_knows_the_subject() -> None:
    assert window((2000, 1000), (500, 500), None) == (500, 0, 1500, 1000)


def test_it_refuses_a_crop_that_would_cut_the_subject() -> None:
    wide = Box(x0=0.1, y0=0.4, x1=0.9, y1=0.6)
    with pytest.raises(Unfit, match="No crop of this format's shape holds the whole subject"):
        window((2000, 1000), (500, 500), wide)


def test_it_refuses_to_enlarge() -> None:
    with pytest.raises(Unfit, match="has 1024 × 1024 pixels and the format needs 1080 × 1080"):
        window((1024, 1024), (1080, 1080), None)


@pytest.mark.parametrize(("file_type", "name"), [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_it_makes_the_exact_pixels_in_srgb_and_nothing_else(file_type: str, name: str) -> None:
    image = opened(encode(cut(picture(), (120, 63), None), file_type))
    assert (image.format, image.size, image.mode) == (name, (120, 63), "RGB")
    assert image.info["icc_profile"] == SRGB
    assert not image.getexif()
    assert not {"comment", "exif", "xmp", "XML:com.adobe.xmp", "dpi"} & set(image.info)


def test_it_keeps_the_colour_at_full_size_in_a_jpeg() -> None:
    image = opened(encode(cut(picture(), (120, 90), None), "jpg"))
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]  # JPEG's own


def test_it_shows_the_part_that_it_promised() -> None:
    box = Box(x0=0.7, y0=0.4, x1=0.8, y1=0.6)
    pixels = np.asarray(opened(encode(cut(picture(400, 200), (100, 100), box), "png"))).astype(float)
    # Around 0.75 of the width and half as wide as the picture: from 0.5 to 1.
    np.testing.assert_allclose(pixels[50, [0, 99], 0], [128, 255], atol=2)
    np.testing.assert_allclose(pixels[[0, 99], 50, 1], [0, 255], atol=2)


def test_it_does_not_touch_pixels_that_are_right_already() -> None:
    same = picture(120, 90)
    np.testing.assert_array_equal(np.asarray(opened(encode(cut(same, (120, 90), None), "png"))), same)


@pytest.mark.parametrize("file_type", ["jpg", "png", "webp"])
def test_it_gives_the_same_bytes_again(file_type: str) -> None:
    assert encode(cut(picture(), (80, 80), None), file_type) == encode(
        cut(picture(), (80, 80), None), file_type
    )


def test_it_names_a_real_srgb_profile() -> None:
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(SRGB)))
