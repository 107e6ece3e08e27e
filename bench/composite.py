"""How near composites come to the path-traced truth: the same subject, truly rendered in the same scene.

Run as `python -m bench.composite`. For each scene it prints the mean colour difference to `truth.png`
(CIE76, and CIEDE2000 beside it) within the subject's box grown by a third, relative to the exact cut-out
pasted plainly into the same box. Then the cut-out's overlap with the exact silhouette, and what an OCR reads
on the label at 2K. Ends with status 1 on a miss.
"""

import sys
from dataclasses import dataclass

import numpy as np

from generation.imaging.arrays import U8, Rect, ciede2000, crop, resize, span, to_lab
from generation.imaging.composite import composite
from generation.imaging.cutout import cut_out
from generation.imaging.slot import Slot
from tests import truth

EACH, AVERAGE, OVERLAP = 1.0, 0.92, 0.97
LABEL = ("BANANA", "CO")


@dataclass(frozen=True)
class Distance:
    """Mean colour difference to the truth."""

    cie76: float
    ciede2000: float

    def __truediv__(self, other: "Distance") -> "Distance":
        return Distance(self.cie76 / other.cie76, self.ciede2000 / other.ciede2000)


def aligned(rgba: U8, name: str) -> tuple[U8, Slot]:
    """The cut-out stretched to the proportions of the truth's silhouette, so that both fill the slot."""
    slot = truth.SLOTS[name]
    x0, y0, x1, y1 = slot.box.pixels(truth.SIZE, truth.SIZE)
    left, top, right, bottom = span(rgba[..., 3] > 127) or (0, 0, 1, 1)
    tall = (right - left) * (y1 - y0) / (x1 - x0) / (bottom - top)
    height, width = rgba.shape[:2]
    return resize(rgba, width, round(height * tall)), slot


def plain(scene: U8, rgba: U8, box: Rect) -> U8:
    """The cut-out laid over the scene, and nothing else."""
    subject = crop(rgba, span(rgba[..., 3] > 127) or (0, 0, 1, 1))
    x0, y0, x1, y1 = box
    sized = resize(subject, x1 - x0, y1 - y0).astype(np.float32)
    share = sized[..., 3:] / 255
    picture = scene.copy()
    part = crop(picture, box)
    part[:] = np.rint(part * (1 - share) + sized[..., :3] * share)
    return picture


def distance(one: U8, other: U8, box: Rect) -> Distance:
    """Over the box grown by a third."""
    x0, y0, x1, y1 = box
    dx, dy = (x1 - x0) // 6, (y1 - y0) // 6
    grown = (max(0, x0 - dx), max(0, y0 - dy), x1 + dx, y1 + dy)
    a, b = (to_lab(crop(picture, grown)) for picture in (one, other))
    return Distance(float(np.linalg.norm(a - b, axis=-1).mean()), ciede2000(a, b))


def score(name: str, ours: U8, exact: U8) -> Distance:
    """The composite's distance to the truth, that of the plain paste being 1."""
    scene, goal = truth.picture(f"{name}/scene"), truth.picture(f"{name}/truth")
    fitted, slot = aligned(ours, name)
    made = composite(scene=scene, cutout=fitted, slot=slot, width=truth.SIZE, height=truth.SIZE)
    box = made.subject_box.pixels(truth.SIZE, truth.SIZE)
    return distance(made.rgb, goal, box) / distance(plain(scene, exact, box), goal, box)


def read_label(name: str, ours: U8) -> list[str]:
    """The words that an OCR reads on the subject in a 2K picture."""
    from rapidocr import RapidOCR
    from rapidocr.utils.output import RapidOCROutput

    scene = truth.picture(f"{name}/scene")
    made = composite(scene=scene, cutout=ours, slot=truth.SLOTS[name], width=2048, height=2048)
    subject = crop(made.rgb, made.subject_box.pixels(2048, 2048))
    found = RapidOCR(params={"Global.log_level": "error"})(subject[..., ::-1])
    return [text.strip().upper() for text in found.txts or ()] if isinstance(found, RapidOCROutput) else []


def overlap(alpha: U8, exact: U8) -> float:
    """Intersection over union."""
    one, other = alpha > 127, exact > 127
    return float((one & other).sum() / (one | other).sum())


def main() -> int:
    photo, silhouette = truth.picture("subject/photo"), truth.mask("subject")
    ours, exact = cut_out(photo).rgba, np.dstack([photo, silhouette])
    met = [overlap(ours[..., 3], silhouette) >= OVERLAP]
    print(f"cut-out: IoU {overlap(ours[..., 3], silhouette):.4f} (goal at least {OVERLAP})")
    scores = {name: score(name, ours, exact) for name in truth.SCENES}
    for name, got in scores.items():
        met.append(got.cie76 < EACH)
        print(
            f"{name}: CIE76 {got.cie76:.3f}, CIEDE2000 {got.ciede2000:.3f} of a plain paste (goal < {EACH})"
        )
    average = float(np.mean([got.cie76 for got in scores.values()]))
    met.append(average <= AVERAGE)
    print(f"average: CIE76 {average:.3f} of a plain paste (goal at most {AVERAGE})")
    for name in truth.SCENES:
        words = read_label(name, ours)
        met.append(all(word in words for word in LABEL))
        print(f"{name}: the label reads {' '.join(words)}")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
