"""Cutting a subject out of its photo."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from generation.imaging.arrays import U8
from generation.imaging.cutout import Cutout, cut_out, from_alpha, saliency
from tests import truth


@pytest.fixture(scope="module")
def photo() -> U8:
    return truth.picture("subject/photo")


@pytest.fixture(scope="module")
def banana(photo: U8) -> Cutout:
    return cut_out(photo)


def discs(*middles: tuple[int, int], radius: int = 40) -> U8:
    """Red discs on a light grey backdrop, 300 x 200."""
    picture = np.full((200, 300, 3), 225, np.uint8)
    for middle in middles:
        cv2.circle(picture, middle, radius, (190, 30, 40), -1, cv2.LINE_AA)
    return picture


def overlap(alpha: U8, exact: U8) -> float:
    one, other = alpha > 127, exact > 127
    return float((one & other).sum() / (one | other).sum())


def test_it_finds_the_exact_silhouette(banana: Cutout) -> None:
    assert banana.rgba.shape == (768, 768, 4)
    assert overlap(banana.rgba[..., 3], truth.mask("subject")) >= 0.985


def test_it_tells_where_and_how_sure(banana: Cutout) -> None:
    assert banana.box.as_tuple() == pytest.approx((119 / 768, 276 / 768, 642 / 768, 480 / 768), abs=2 / 768)
    assert banana.confidence > 0.9
    assert banana.parts == 1
    assert not banana.touches_edge


def test_it_leaves_the_inside_as_it_was(banana: Cutout, photo: U8) -> None:
    inside = banana.rgba[..., 3] == 255
    assert inside.sum() > 60_000
    assert (banana.rgba[inside][:, :3] == photo[inside]).all()


def test_it_frees_the_edge_of_the_old_backdrop(banana: Cutout, photo: U8) -> None:
    alpha = banana.rgba[..., 3]
    edge, inside = (alpha > 40) & (alpha < 200), alpha == 255

    def colourful(rgb: U8) -> float:
        return float((rgb.max(1).astype(int) - rgb.min(1)).mean())

    assert colourful(photo[edge]) < 0.65 * colourful(photo[inside])
    assert colourful(banana.rgba[edge][:, :3]) > 0.75 * colourful(photo[inside])


def test_it_hides_every_colour_of_what_is_gone(banana: Cutout) -> None:
    gone = banana.rgba[banana.rgba[..., 3] == 0]
    assert len(gone) > 400_000
    assert (gone == 0).all()


def test_it_gives_the_same_bytes_in_threads(banana: Cutout, photo: U8) -> None:
    with ThreadPoolExecutor(2) as pool:
        for again in pool.map(cut_out, [photo, photo]):
            assert again.rgba.tobytes() == banana.rgba.tobytes()


def test_it_sees_the_same_with_any_number_of_threads(photo: U8, monkeypatch: pytest.MonkeyPatch) -> None:
    file = saliency.weights()
    assert file

    def answer(threads: int) -> bytes:
        monkeypatch.setattr(saliency, "THREADS", threads)
        return saliency._ask(saliency._session.__wrapped__(str(file)), photo).tobytes()

    assert answer(1) == answer(3)


def test_it_falls_back_to_grabcut_without_the_network(photo: U8, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saliency, "weights", lambda: None)
    found = cut_out(photo)
    assert overlap(found.rgba[..., 3], truth.mask("subject")) >= 0.9
    assert found.confidence == 0.5


def test_it_counts_separate_things() -> None:
    assert cut_out(discs((80, 100), (220, 100))).parts == 2
    assert cut_out(discs((150, 100))).parts == 1


def test_it_notices_a_subject_that_goes_on_beyond_the_picture() -> None:
    assert cut_out(discs((300, 100), radius=70)).touches_edge
    assert not cut_out(discs((150, 100), radius=70)).touches_edge


def test_it_takes_all_of_a_picture_in_which_nothing_stands_out() -> None:
    found = cut_out(np.full((120, 90, 3), 128, np.uint8))
    assert found.confidence == 0
    assert found.box.as_tuple() == (0, 0, 1, 1)
    assert (found.rgba == np.array([128, 128, 128, 255])).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (7, 5)])
def test_it_takes_tiny_pictures(size: tuple[int, int]) -> None:
    assert cut_out(np.full((*size, 3), 200, np.uint8)).rgba.shape == (*size, 4)


def test_it_keeps_an_alpha_that_came_along() -> None:
    rgb = discs((150, 100))
    alpha = np.zeros((200, 300), np.uint8)
    alpha[60:140, 110:190] = 255
    alpha[60:140, 190] = 100
    found = from_alpha(rgb, alpha)
    assert (found.rgba[..., 3] == alpha).all()
    assert found.box.as_tuple() == pytest.approx((110 / 300, 0.3, 190 / 300, 0.7))
    assert found.confidence == 1


def test_it_takes_all_of_a_picture_whose_alpha_is_empty() -> None:
    found = from_alpha(discs((150, 100)), np.zeros((200, 300), np.uint8))
    assert found.confidence == 0
    assert (found.rgba[..., 3] == 255).all()


def test_it_refuses_an_alpha_of_another_size() -> None:
    with pytest.raises(ValueError, match="alpha is"):
        from_alpha(discs((150, 100)), np.zeros((200, 299), np.uint8))


@pytest.mark.parametrize(
    "wrong", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 9, 3), np.uint8)]
)
def test_it_refuses_what_is_not_an_rgb_picture(wrong: U8) -> None:
    with pytest.raises(ValueError, match="not an RGB picture"):
        cut_out(wrong)
