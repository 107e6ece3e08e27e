"""Setting a cut-out into a scene."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from generation.imaging.arrays import U8, ciede2000, crop, resize, span, to_lab
from generation.imaging.composite import Composite, NothingToPlace, composite
from generation.imaging.ratios import MODEL_PIXELS
from generation.imaging.slot import Box, Light, Slot
from tests import truth

SUN = Light(azimuth=90, height=45, softness=0)
SLOT = Slot(box=Box(x0=0.35, y0=0.3, x1=0.65, y1=0.7), ground=0.7, light=SUN)


def scene(size: int = 256, level: int = 150) -> U8:
    """An empty place without any colour or grain."""
    return np.full((size, size, 3), level, np.uint8)


def can(width: int = 60, height: int = 90, colour: tuple[int, int, int] = (170, 60, 50)) -> U8:
    """An upright block with clear room around it."""
    rgba = np.zeros((height + 20, width + 20, 4), np.uint8)
    rgba[10 : height + 10, 10 : width + 10] = (*colour, 255)
    return rgba


def make(
    cutout: U8, slot: Slot = SLOT, *, where: U8 | None = None, width: int = 256, height: int = 256
) -> Composite:
    return composite(
        scene=scene() if where is None else where, cutout=cutout, slot=slot, width=width, height=height
    )


def lost(made: Composite, *, level: int = 150) -> np.ndarray:
    """How much darker than the empty scene each pixel is, the subject left out."""
    grey = level - made.rgb.astype(int).mean(-1)
    x0, y0, x1, y1 = made.subject_box.pixels(made.rgb.shape[1], made.rgb.shape[0])
    grey[y0:y1, x0:x1] = 0
    return np.asarray(grey)


@pytest.fixture(scope="module")
def banana() -> U8:
    return np.dstack([truth.picture("subject/photo"), truth.mask("subject")])


@pytest.mark.parametrize("ratio", sorted(MODEL_PIXELS))
def test_it_makes_exactly_the_pixels_asked_for(ratio: str) -> None:
    width, height = (side // 4 for side in MODEL_PIXELS[ratio]["1K"])
    made = make(can(), width=width, height=height)
    assert made.rgb.shape == (height, width, 3)
    assert made.rgb.dtype == np.uint8


@pytest.mark.parametrize("ratio", sorted(MODEL_PIXELS))
@pytest.mark.parametrize("box", [(0.0, 0.1, 0.3, 0.5), (0.6, 0.55, 1.0, 0.95), (0.3, 0.35, 0.7, 0.7)])
def test_it_never_cuts_the_slot(ratio: str, box: tuple[float, float, float, float]) -> None:
    """Where the slot's four corners are marked in the scene, the marks are in the picture."""
    marked = scene(512)
    x0, y0, x1, y1 = (round(edge * 511) for edge in box)
    marked[[y0, y0, y1, y1], [x0, x1, x0, x1]] = (0, 255, 0)
    marked = np.asarray(cv2.dilate(marked, np.ones((3, 3), np.uint8)), np.uint8)
    slot = Slot(box=Box(x0=box[0], y0=box[1], x1=box[2], y1=box[3]), ground=box[3], light=SUN)
    width, height = (side // 2 for side in MODEL_PIXELS[ratio]["1K"])
    made = make(can(4, 4), slot, where=marked, width=width, height=height)
    green = (made.rgb[..., 1].astype(int) - made.rgb[..., 0]) > 40
    corners = cv2.connectedComponents(cv2.dilate(green.astype(np.uint8), np.ones((5, 5), np.uint8)))[0] - 1
    assert corners == 4


def test_it_stands_smaller_where_the_slot_is_wider_than_the_format() -> None:
    slot = replace(SLOT, box=Box(x0=0.1, y0=0.2, x1=0.9, y1=0.7))
    made = make(can(400, 100), slot, width=144, height=256)
    assert made.notes == ("The slot is wider than this format: the subject stands smaller in it.",)
    assert 0 < made.subject_box.x0 < made.subject_box.x1 < 1


@pytest.mark.parametrize(("width", "height"), [(256, 256), (144, 256), (256, 144), (200, 250)])
def test_it_stands_on_the_ground_line(width: int, height: int) -> None:
    """A line drawn in the scene at the slot's ground lies right under the subject."""
    lined = scene()
    lined[round(SLOT.ground * 256) :] = 200
    made = make(can(120, 160, (20, 20, 160)), where=lined, width=width, height=height)
    x0, _, _, foot = made.subject_box.pixels(width, height)
    ground = int(np.argmax(made.rgb[:, max(0, x0 - 8), 0] > 175))
    assert abs(foot - ground) <= 2
    blue = made.rgb[..., 2].astype(int) - made.rgb[..., 0] > 50
    box = span(blue)
    assert box is not None
    assert abs(box[3] - foot) <= 2


def test_it_tells_where_the_subject_is() -> None:
    made = make(can(40, 40, (20, 20, 200)))
    blue = span(made.rgb[..., 2].astype(int) - made.rgb[..., 0] > 60)
    assert blue is not None
    assert np.abs(np.subtract(blue, made.subject_box.pixels(256, 256))).max() <= 1


def test_it_keeps_the_subjects_proportions() -> None:
    x0, y0, x1, y1 = make(can(100, 50)).subject_box.pixels(256, 256)
    assert (x1 - x0) / (y1 - y0) == pytest.approx(2, abs=0.06)


def test_it_never_shows_a_photo_at_more_than_one_and_a_half_times_its_pixels() -> None:
    made = make(can(20, 30), width=1024, height=1024)
    x0, y0, x1, y1 = made.subject_box.pixels(1024, 1024)
    assert (x1 - x0, y1 - y0) == (30, 45)
    assert made.notes == (
        "The photo is small: the subject is shown at 1.5 times its pixels, smaller than its slot.",
    )


def test_it_fills_the_slot_where_the_photo_is_large_enough() -> None:
    made = make(can(300, 300))
    assert made.notes == ()
    assert made.subject_box.x1 - made.subject_box.x0 == pytest.approx(0.3, abs=2 / 256)


@pytest.mark.parametrize("name", truth.SCENES)
def test_it_keeps_the_products_colours(name: str, banana: U8) -> None:
    """Mean CIEDE2000 at most 5, and the hue stays."""
    made = composite(
        scene=truth.picture(f"{name}/scene"), cutout=banana, slot=truth.SLOTS[name], width=512, height=512
    )
    after = crop(made.rgb, made.subject_box.pixels(512, 512))
    box = span(banana[..., 3] > 127)
    assert box is not None
    before = resize(crop(banana, box), after.shape[1], after.shape[0])
    inside = cv2.erode(before[..., 3], np.ones((5, 5), np.uint8)) == 255
    one, other = (to_lab(rgb[inside]) for rgb in (before[..., :3], after))
    assert 0.5 < ciede2000(one, other) <= 5.2
    hues = [np.degrees(np.arctan2(*lab.mean(0)[[2, 1]])) for lab in (one, other)]
    assert abs(hues[0] - hues[1]) < 4


def test_it_makes_a_subject_brighter_in_a_bright_place_than_in_a_dark_one() -> None:
    slot = replace(SLOT, light=replace(SUN, softness=1.0))
    bright, dark = (make(can(colour=(120, 120, 120)), slot, where=scene(level=level)) for level in (220, 30))
    means = [crop(made.rgb, made.subject_box.pixels(256, 256)).mean() for made in (bright, dark)]
    assert means[0] > means[1] + 8


@pytest.mark.parametrize(("azimuth", "side"), [(90, "left"), (270, "right")])
def test_it_casts_the_shadow_away_from_the_light(azimuth: float, side: str) -> None:
    made = make(can(), replace(SLOT, light=replace(SUN, azimuth=azimuth)))
    dark = lost(made)
    middle = round((made.subject_box.x0 + made.subject_box.x1) / 2 * 256)
    left, right = float(dark[:, :middle].sum()), float(dark[:, middle:].sum())
    away, toward = (left, right) if side == "left" else (right, left)
    assert away > 3 * max(toward, 1)
    assert dark.max() > 30


def test_it_casts_the_shadow_forward_from_a_light_behind() -> None:
    behind, before = (
        lost(make(can(), replace(SLOT, light=replace(SUN, azimuth=azimuth)))) for azimuth in (180, 0)
    )
    foot = round(SLOT.ground * 256)
    assert behind[foot + 4 :].sum() > 3 * max(float(before[foot + 4 :].sum()), 1)


def test_it_casts_a_longer_shadow_from_a_lower_light() -> None:
    low, high = (
        np.flatnonzero(
            (lost(make(can(), replace(SLOT, light=replace(SUN, height=height)))) > 20).any(0)
        ).min()
        for height in (25, 65)
    )
    assert low < high - 15


def test_it_softens_the_shadow_with_the_light() -> None:
    steepest = []
    for softness in (0.0, 0.7):
        made = make(can(), replace(SLOT, light=replace(SUN, softness=softness)))
        beside = lost(made)[:, : round(made.subject_box.x0 * 256) - 10]
        steepest.append(np.abs(np.diff(beside, axis=1)).max() / beside.max())
    assert steepest[0] > 3 * steepest[1]


def test_it_is_darkest_where_the_subject_touches() -> None:
    made = make(can(), replace(SLOT, light=replace(SUN, softness=1.0)))
    x0, _, x1, foot = made.subject_box.pixels(256, 256)
    under = lost(made)[foot : foot + 20, x0:x1].mean(axis=1)
    assert under[0] > 12
    assert under[0] > 2 * under[8]
    assert under[8] >= under[16]


def test_it_leaves_everything_far_away_as_it_was() -> None:
    made = make(can(30, 40))
    assert (made.rgb[:40] == 150).all()
    assert (made.rgb[-30:] == 150).all()


def test_it_mirrors_the_subject_in_a_glossy_ground_only() -> None:
    dark = scene(level=25)
    foot = round(SLOT.ground * 256)
    matt, glossy = (
        make(can(60, 90, (235, 235, 235)), replace(SLOT, gloss=gloss), where=dark).rgb.astype(int)
        for gloss in (0.0, 1.0)
    )
    below = np.s_[foot + 8 : foot + 40, 110:146]
    assert matt[below].max() <= 25
    assert glossy[below].mean() > matt[below].mean() + 15
    assert (glossy[:, :60] == matt[:, :60]).all()


def test_it_takes_over_the_scenes_grain() -> None:
    noisy = (
        np.clip(np.random.default_rng(1).normal(150, 4, (256, 256, 1)), 0, 255).repeat(3, 2).astype(np.uint8)
    )
    slot = replace(SLOT, light=replace(SUN, softness=1.0))
    spread = []
    for where in (noisy, scene()):
        made = make(can(200, 300), slot, where=where)
        x0, y0, x1, y1 = made.subject_box.pixels(256, 256)
        middle = made.rgb[y0 + 10 : y1 - 10, x0 + 10 : x1 - 10, 0].astype(np.float32)
        spread.append(float((middle - cv2.blur(middle, (5, 5))).std()))
    assert 2 < spread[0] < 6
    assert spread[1] < 0.7


def test_it_gives_the_same_bytes_in_another_process_with_other_threads() -> None:
    code = (
        "import cv2, hashlib; cv2.setNumThreads(1)\n"
        "from tests.generation.imaging.test_composite import example\n"
        "print(hashlib.sha256(example()).hexdigest())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == hashlib.sha256(example()).hexdigest()


def example() -> bytes:
    """A composite with everything in it: soft light, gloss, grain."""
    noise = np.random.default_rng(5).integers(90, 130, (200, 200, 3), dtype=np.uint8)
    slot = replace(SLOT, gloss=0.6, light=Light(azimuth=300, height=40, softness=0.4))
    return make(
        can(), slot, where=np.asarray(cv2.blur(noise, (3, 3)), np.uint8), width=300, height=240
    ).rgb.tobytes()


def test_it_refuses_an_empty_cut_out() -> None:
    with pytest.raises(NothingToPlace, match="empty"):
        make(np.zeros((20, 20, 4), np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_it_takes_the_smallest_subjects(size: tuple[int, int]) -> None:
    assert make(np.full((*size, 4), 255, np.uint8), replace(SLOT, gloss=1.0)).rgb.shape == (256, 256, 3)


@pytest.mark.parametrize("azimuth", [0, 90, 180, 270, 359])
@pytest.mark.parametrize("height", [0, 90])
def test_it_takes_any_light(azimuth: float, height: float) -> None:
    slot = replace(SLOT, tilt=height, light=Light(azimuth=azimuth, height=height, softness=0.5))
    assert make(can(), slot).rgb.shape == (256, 256, 3)
