"""Which part of the scene is shown, and where in it the subject stands."""

from dataclasses import dataclass

from generation.imaging.arrays import Rect
from generation.imaging.slot import Slot

LARGEST = 1.5
"""A subject is never enlarged beyond this: it would look soft."""

MARGIN = 0.04
"""Room between the subject and the picture's edge, as a share of the picture."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """view: the part of the scene that is shown, in its pixels. zoom: output pixels to one of the scene's.

    left, top, width, height: the subject's place in the output, in pixels.
    scale: output pixels to one of the photo's.
    """

    view: Rect
    zoom: float
    left: int
    top: int
    width: int
    height: int
    scale: float
    notes: tuple[str, ...]

    @property
    def foot(self) -> int:
        """The ground line: one past the subject's lowest row."""
        return self.top + self.height


def place(*, scene: tuple[int, int], subject: tuple[int, int], slot: Slot, width: int, height: int) -> Place:
    """Sizes are (width, height): of the whole scene, and of the subject cut to its own box."""
    view = _view(scene, slot, width / height)
    zoom = width / (view[2] - view[0])
    left, right = ((x * scene[0] - view[0]) * zoom for x in (slot.box.x0, slot.box.x1))
    top, ground = ((y * scene[1] - view[1]) * zoom for y in (slot.box.y0, slot.ground))
    notes: list[str] = []
    inner = (max(left, MARGIN * width), min(right, (1 - MARGIN) * width))
    if right - left > (1 - 2 * MARGIN) * width:
        notes.append("The slot is wider than this format: the subject stands smaller in it.")
    ground = min(ground, height - MARGIN * height)
    top = max(top, MARGIN * height)
    scale = min((inner[1] - inner[0]) / subject[0], (ground - top) / subject[1])
    if scale > LARGEST:
        notes.append(
            f"The photo is small: the subject is shown at {LARGEST} times its pixels, smaller than its slot."
        )
        scale = LARGEST
    # Whole pixels, rounded down: the slot and the limit hold to the pixel.
    size = max(1, int(subject[0] * scale + 1e-6)), max(1, int(subject[1] * scale + 1e-6))
    foot = max(size[1], round(ground))
    return Place(
        view=view,
        zoom=zoom,
        left=max(0, round((inner[0] + inner[1] - size[0]) / 2)),
        top=foot - size[1],
        width=size[0],
        height=size[1],
        scale=scale,
        notes=tuple(notes),
    )


def _view(scene: tuple[int, int], slot: Slot, ratio: float) -> Rect:
    """The largest part of the scene of that ratio; room on opposite sides of the slot shrinks alike."""
    wide, high = min(scene[0], scene[1] * ratio), min(scene[1], scene[0] / ratio)
    x0 = round((scene[0] - wide) * _before(slot.box.x0, slot.box.x1))
    y0 = round((scene[1] - high) * _before(slot.box.y0, max(slot.box.y1, slot.ground)))
    return x0, y0, min(scene[0], x0 + max(1, round(wide))), min(scene[1], y0 + max(1, round(high)))


def _before(low: float, high: float) -> float:
    """The share of the room around the slot that lies before it, on one axis."""
    return low / max(low + 1 - high, 1e-6)
