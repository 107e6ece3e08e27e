"""Where the subject stands in a scene, and the light that falls on it there."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle as fractions of a picture's width and height: 0, 0 is its upper left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (0 <= self.x0 < self.x1 <= 1 and 0 <= self.y0 < self.y1 <= 1):
            raise ValueError(f"not a box inside the picture: {self}")

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The same rectangle in whole pixels of a picture of that size: x0, y0, x1, y1."""
        return (
            round(self.x0 * width),
            round(self.y0 * height),
            round(self.x1 * width),
            round(self.y1 * height),
        )

    def as_tuple(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 as fractions."""
        return (self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True, kw_only=True)
class Light:
    """The scene's main light, as a curator sees it.

    azimuth: where it comes from, in degrees seen from above: 0 from the camera, 90 from the right,
        180 from behind the subject, 270 from the left.
    height: degrees above the ground, 0 to 90.
    softness: 0 is bare sun (a sharp shadow), a half a large window, 1 an overcast sky (hardly any shadow).
    """

    azimuth: float
    height: float
    softness: float

    def __post_init__(self) -> None:
        if not (0 <= self.azimuth < 360 and 0 <= self.height <= 90 and 0 <= self.softness <= 1):
            raise ValueError(f"not a light: {self}")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The place kept free for the subject.

    box: the subject fits inside it, in its own proportions.
    ground: height of the ground line, a fraction of the picture's height; the subject's foot stands on it.
    gloss: 0 is cloth, 1 is polished stone: how much of the subject the ground mirrors.
    tilt: degrees the camera looks down: 0 is level with the ground, 90 straight from above.
    """

    box: Box
    ground: float
    light: Light
    gloss: float = 0.0
    tilt: float = 15.0

    def __post_init__(self) -> None:
        if not (0 < self.ground <= 1 and 0 <= self.gloss <= 1 and 0 <= self.tilt <= 90):
            raise ValueError(f"not a slot: {self}")
        if self.ground <= self.box.y0:
            raise ValueError(f"the ground line must lie below the slot's upper edge: {self}")
