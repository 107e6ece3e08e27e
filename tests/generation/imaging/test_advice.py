"""Each piece of advice alone, on the truth pictures; and none where there is nothing to say."""

from typing import Any

import cv2
import numpy as np
import pytest

from generation.imaging.advice import Advice, advise
from generation.imaging.arrays import U8
from generation.imaging.cutout import Cutout
from generation.imaging.slot import Box
from tests import truth

PHOTO, MASK = truth.picture("subject/photo"), truth.mask("subject")
LITTLE = Advice(
    "too_little", "The product fills only 7 % of the photo. Go nearer or crop, until it fills 10 %."
)


def cut(rgb: U8, mask: U8, **told: Any) -> Cutout:
    facts = {"box": Box(x0=0.1, y0=0.1, x1=0.9, y1=0.9), "confidence": 0.9, "parts": 1, "touches_edge": False}
    return Cutout(rgba=np.dstack([rgb, mask]), **{**facts, **told})


def u8(picture: Any) -> U8:
    return np.asarray(picture, np.uint8)


def on(backdrop: U8) -> U8:
    alpha = MASK[..., None] / 255
    return (PHOTO * alpha + backdrop * (1 - alpha)).astype(np.uint8)


def test_it_has_nothing_to_say_about_a_good_photo() -> None:
    assert advise(PHOTO, cut(PHOTO, MASK)) == ()


@pytest.mark.parametrize(("scene", "share"), [("kitchen", 5), ("studio", 7), ("picnic", 4)])
def test_it_says_only_what_is_true_of_a_scene(scene: str, share: int) -> None:
    rgb, mask = truth.picture(f"{scene}/truth"), truth.mask(scene)
    words = f"The product fills only {share} % of the photo. Go nearer or crop, until it fills 10 %."
    assert advise(rgb, cut(rgb, mask)) == (Advice("too_little", words),)


def test_it_tells_when_the_photo_is_small() -> None:
    rgb, mask = u8(cv2.resize(PHOTO, (767, 767))), u8(cv2.resize(MASK, (767, 767)))
    words = (
        "The photo is 767 x 767 px; the product will look soft. Use one with a short side of at least 768 px."
    )
    assert advise(rgb, cut(rgb, mask)) == (Advice("too_small", words),)


def test_it_judges_the_size_of_the_file_that_came() -> None:
    assert advise(PHOTO, cut(PHOTO, MASK), original=(900, 767))[0].words.startswith(
        "The photo is 900 x 767 px"
    )
    rgb, mask = u8(cv2.resize(PHOTO, (500, 500))), u8(cv2.resize(MASK, (500, 500)))
    assert advise(rgb, cut(rgb, mask), original=(3100, 768)) == ()


@pytest.mark.parametrize("factor", [1, 3])
def test_it_tells_blur_at_any_size(factor: int) -> None:
    rgb = u8(cv2.resize(PHOTO, None, fx=factor, fy=factor, interpolation=cv2.INTER_LANCZOS4))
    mask = u8(cv2.resize(MASK, rgb.shape[:2]))
    words = "The product is blurred. Focus on it, hold still, and take the photo again."
    soft = u8(cv2.GaussianBlur(rgb, (0, 0), 3 * factor))
    assert advise(rgb, cut(rgb, mask)) == ()
    assert advise(soft, cut(soft, mask)) == (Advice("blurred", words),)


def test_it_tells_motion_blur() -> None:
    soft = u8(cv2.blur(PHOTO, (25, 25)))
    assert [advice.code for advice in advise(soft, cut(soft, MASK))] == ["blurred"]


def test_it_takes_a_blurred_background_for_what_it_is() -> None:
    soft = on(u8(cv2.GaussianBlur(truth.picture("kitchen/scene"), (0, 0), 8)))
    assert advise(soft, cut(soft, MASK)) == ()


def test_it_tells_what_the_cut_out_found() -> None:
    def said(**told: Any) -> tuple[Advice, ...]:
        return advise(PHOTO, cut(PHOTO, MASK, **told))

    edge = "The product touches the edge of the photo. Leave some room all around it."
    several = "There are 3 separate things in the photo. Show the product alone."
    assert said(touches_edge=True) == (Advice("touches_edge", edge),)
    assert said(parts=3) == (Advice("several_things", several),)


def test_it_says_only_that_it_is_unsure_of_a_doubtful_cut_out() -> None:
    words = (
        "It is hard to tell the product from its background. Check the cut-out; "
        "a plain background of another colour helps."
    )
    doubtful = cut(PHOTO, MASK, confidence=0.5, parts=3, touches_edge=True)
    assert advise(PHOTO, doubtful) == (Advice("unsure", words),)


def test_it_tells_a_busy_background() -> None:
    random = np.random.default_rng(7)
    colours = random.integers(0, 256, (60, 60, 3), np.uint8)
    things = u8(cv2.resize(colours, (768, 768), interpolation=cv2.INTER_AREA))
    words = "The background is busy. A plain one gives a cleaner cut-out."
    busy = on(things)
    assert advise(busy, cut(busy, MASK)) == (Advice("cluttered", words),)


def test_it_does_not_take_noise_for_a_busy_background() -> None:
    random = np.random.default_rng(7)
    noisy = np.clip(PHOTO + random.normal(0, 12, PHOTO.shape), 0, 255).astype(np.uint8)
    assert advise(noisy, cut(noisy, MASK)) == ()


@pytest.mark.parametrize("value", [0, 255])
def test_it_stands_a_cut_out_of_nothing_or_of_everything(value: int) -> None:
    rgb = np.zeros((800, 800, 3), np.uint8)
    codes = [advice.code for advice in advise(rgb, cut(rgb, np.full((800, 800), value, np.uint8)))]
    assert codes == (["too_little"] if value == 0 else [])
